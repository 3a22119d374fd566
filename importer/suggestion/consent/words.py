"""The words of consent in eleven languages: what a header asks, and what a cell answers.

Written as ``headers.words`` leaves them: lower case, no accents, ``opt out`` and ``opt in`` in one word.
"""

from __future__ import annotations

from typing import Final

from importer.suggestion.folding import further, further_phrases, word_set

CHANNELS: Final = {
    "Email": further("by email")
    | word_set(
        "email emails mail mails mailen emailing courriel courriels correo correos newsletter newsletters mailings mailinglist "
        "infolettre boletin boletim nieuwsbrief rundbrief rundschreiben werbemails nyhetsbrev nyhetsbrevet nyhedsbrev nyhedsbrevet epost "
        "epostutskick epostmarkedsforing mailowe mailowa mailowych"
    ),
    "SMS": further("by SMS") | word_set("sms smsutskick text texts texting txt"),
    "Call": further("by call")
    | word_set(
        "voicemail voicemails rvm call calls calling phone telephone anruf anrufe anrufen angerufen appel appels appeler telefon telefonisch "
        "telephonique llamadas llamar telefonico ligacoes ligar chiamate chiamare bellen samtal ringa ringe opkald telefoniczny telefoniczna"
    ),
    "WhatsApp": word_set("whatsapp"),
    "FB": word_set("facebook messenger fb"),
    "GMB": word_set("gmb"),
}

ELSEWHERE: Final = word_set(
    "fax faxes faxen telefax postal post letter letters brief briefe briefpost courrier correspondance carta cartas lettere push telegram viber "
    "linkedin survey surveys umfrage umfragen enquete enquetes encuesta encuestas"
)
"""Ways to reach people for which the vendor has no switch: who wants no fax has not refused e-mails."""
MAIL_BY_POST: Final = (
    ("direct", "mail"),
    ("postal", "mail"),
    ("physical", "mail"),
    ("direct", "mailing"),
    ("direct", "mailings"),
)

NEWSLETTERS: Final = further("newsletters") | word_set(
    "newsletter newsletters mailings mailinglist emailing infolettre boletin boletim nieuwsbrief rundbrief "
    "rundschreiben nyhetsbrev nyhetsbrevet nyhedsbrev nyhedsbrevet utskick smsutskick epostutskick"
)
"""Words that ask for consent to e-mail by themselves."""

MARKETING: Final = further("marketing") | word_set(
    "marketing promotional promotions solicit solicitation communications communication comunicacion comunicacao comunicazione werbung werbemails publicidad "
    "publicite publicidade pubblicita reclame comunicaciones comunicacoes comunicazioni comerciales comerciais commerciali "
    "commerciales promociones promocoes promozioni prospection gdpr dsgvo rgpd avg rodo reklam reklame "
    "demarchage marknadsforing markedsforing marketingowa marketingowe marketingowy marketingowych handlowe handlowych reklamy"
)
"""Words that ask for consent, and do not say on which channel."""

TOPICS: Final = (
    NEWSLETTERS
    | MARKETING
    | word_set(
        "news updates offers posted informed informiert informe informee informado informada informato informata geinformeerd "
        "novedades novidades novita nouvelles angebote offres ofertas offerte "
        "aanbiedingen neuigkeiten infos informationen"
    )
)
"""What people are asked whether they want it."""

CONTACTS: Final = further("contacts") | word_set(
    "contact contacted disturb email emails text texts sms phone call calls calling solicit message messages market "
    "whatsapp mails contacter contacte appeler appele contactar contactado llamar ligar contattare contattato chiamare "
    "bellen gebeld contacteren anrufen angerufen kontaktieren kontaktiert anschreiben angeschrieben telefonieren "
    "solliciter sollicite demarcher molestar disturbare importunare storen belastigen "
    "appels anrufe llamadas ligacoes chiamate courriels correos "
    "gemaild gecontacteerd benaderd geappt kontakt voicemail voicemails kontaktas kontakta kontaktes kontakte ringa ringe mejla dzwonic kontaktowac wysylac"
)
"""What is not to be done, behind a negation. "mail" is not among them: English for letters as well."""

REFUSALS: Final = further("optouts") | word_set(
    "optout optedout unsubscribed unsubscribe unsubscribes unsub blacklisted blacklist blocklisted blocklist suppressed "
    "suppression dnd dnc robinson robinsonliste robinsonlijst bloctel nixtelefon sperrvermerk abgemeldet abmeldung werbesperre kontaktsperre sperrliste werbewiderspruch werbeverbot kontaktverbot anrufverbot belmeniet desinscrit "
    "desinscrite desinscription desabonne desabonnee desabonnement descadastrado descadastro disiscritto disiscrizione "
    "uitgeschreven uitschrijving afgemeld avanmald avregistrerad avprenumererad afmeldt frameldt avmeldt wypisany wypisana wypisano rezygnacja"
)
"""Words whose yes, and whose date, means that the person has left."""

REFUSES: Final = further("refuses") | word_set(
    "refuse refuses refused refusal withhold withholds withheld nega negato negata niega denegado denegada nekar afviser avslar odmawia refus rechazo rifiuto ablehnung weigering declined declines denied denies revoked withdrawn objects objection widerspruch "
    "widersprochen widerrufen verweigert lehnt ablehnt gesperrt sperre blocked rechaza rechazado bloqueado recusa recusado "
    "rifiuta rifiutato bloccato weigert geweigerd geblokkeerd baja opposition "
    "prohibited forbidden disallowed untersagt verboten interdit interdite prohibido prohibida proibido proibida vietato vietata forbjudet forbudt zabroniony zabronione"
)
"""Words that refuse only beside what is refused; a membership may be blocked or end as well."""

ENDS: Final = further("ends") | word_set(
    "withdrawn withdraw withdrew revoked revoke ended expired cancelled canceled cancel cancellation terminated removed remove excluded exclude exclusion "
    "stopped stop ban banned unwanted abbestellt abbestellen gekundigt kundigung storniert beendet ausgeschlossen ausschluss unerwunscht zuruckgezogen "
    "widerrufen retire retiree annule annulee resilie resiliee revoque arrete exclu retirado retirada anulado anulada cancelado cancelada cancelacion "
    "revocado revocada revogado excluido annullato annullata revocato revocata ritirato ritirata disdetta disdetto escluso ingetrokken opgezegd "
    "geannuleerd gestopt beeindigd uitgesloten aterkallat aterkallad avslutad avslutat uppsagd stoppat tilbagekaldt tilbagetrukket trukket "
    "afsluttet opsagt cancelou revogou retirou cancelo revoco retiro anulo cofnieta cofniete cofnieto wycofana wycofane wycofano anulowana anulowano wykluczony"
)
"""Words for the end of what stands beside them: of "Newsletter abbestellt" and "Consent withdrawn" a yes refuses."""

SWITCHES: Final = word_set("off aus uit")
"""Words that end what they stand behind, and mean something else in front of a word: "Newsletter aus", "Newsletter aus Formular"."""

UNDELIVERABLE: Final = word_set("bounced bounce bounces hardbounced spam complained complaint complaints")
"""Words about e-mails that came back; not about consent unless a yes or a date stands below them."""

NOTICES: Final = word_set(
    "notification notifications notify alerts reminders messages announcements benachrichtigung benachrichtigungen erinnerungen "
    "nachrichten notifications rappels alertes notificacion notificaciones avisos recordatorios mensajes notificacao notificacoes "
    "lembretes mensagens notifica notifiche promemoria messaggi meldingen herinneringen berichten"
)
"""Words for messages that may be about an order as well as about offers."""

COMPOUNDED: Final = word_set(
    "einwilligung zustimmung erlaubnis abmeldung sperre verbot widerspruch toestemming uitschrijving lupa kielto suostumus"
)
"""Words in front of which German, Dutch and Finnish put what is consented to: Werbeeinwilligung, Kontaktsperre."""

TAILS: Final = {
    **{tail: tail for tail in ("werbung", "marketing", "reclame", "reklame", "reklam", "markkinointi")},
    "akquise": "werbung",
    "versand": "newsletter",
    "verteiler": "newsletter",
}
"""What stands behind a channel in one word, as in Telefonwerbung, and what it means there."""

SWITCHED_OFF: Final = word_set(
    "disabled deactivated suspended stopped paused muted silenced deaktiviert desactive desactivado desativado disattivato "
    "uitgeschakeld"
)
"""Words for messages that somebody turned off; beside a channel or topic alone, as accounts are disabled too."""

PERMITS: Final = further("permits") | word_set(
    "optin optedin consent consents consented subscribed subscribe subscription subscriber permission permissions "
    "einwilligung eingewilligt zustimmung consentement abonne abonnee abonnement consentimiento suscrito suscrita "
    "suscripcion consentimento consenso toestemming samtycke samtykke godkannande zgoda zgody prenumererar tilmeldt"
)
"""Words that ask for consent alone."""

AGREES: Final = further("agrees") | word_set(
    "accepts accept accepted accepting agree agrees agreed allow allows allowed enabled activated ok okay receive receives receiving "
    "angemeldet aangemeld ingeschreven inscription inscrito inscricao iscritto iscrizione einverstanden zugestimmt erlaubt erlaubnis erwunscht gewunscht erhalten bekommen "
    "darf durfen akzeptiert inscrit inscrite accepte accord souhaite souhaitez autorise autorisation recevoir "
    "acepta acepto autoriza autorizo autorizado desea deseo quiere quiero recibir aceita aceito deseja desejo quer quero "
    "receber accetta accetto acconsente acconsento autorizza desidera desidero vuole ricevere akkoord wil wenst "
    "ontvangen ontvangt tackar onskar onsker toegestaan permitted permitido permitida gestattet zugelassen tillatet tilladt dozwolony dozwolone ta emot mottage motta otrzymywanie otrzymywac zapisany zapisana"
)
"""Words that ask for consent beside a topic or a channel."""

WISHES: Final = word_set(
    "sign want wants wish wishes like get keep send mochte mochten voudrais gustaria gostaria vorrei graag"
)
"""Words that agree beside a topic alone: who wants no call today has not refused all calls."""

MAY: Final = AGREES | word_set("may can puede peut pode puo mag kan far moze")
"""Words that leave to contact somebody is given by."""

NEUTRAL: Final = word_set(
    "status state statut estado stato by per via par por list yes no subscriber weekly monthly daily quarterly wochentlich monatlich hebdomadaire mensuel "
    "mensual semanal mensal mensile settimanale wekelijks maandelijks signup sign up form checkout code abonniert recebe recibe riceve recoit krijgt anmeldung"
)
"""Words beside a topic that leave its yes a yes."""

PITCHES: Final = word_set(
    "hear events upcoming future exclusive special deals discounts promos announcements invitations invites tips catalogue catalog "
    "veranstaltungen veranstaltungstipps evenements eventos eventi evenementen"
)
"""What somebody may wish to get or hear of, and may ask about as well: a yes or a no below it is told to a person."""

SPEAKERS: Final = word_set("i ich je ik yo eu")
"""First words of a statement that a form asks to tick; in messages it is consent without a topic too."""

NEGATIONS: Final = (
    ("do", "not"), ("does", "not"), ("don", "t"), ("dont",), ("never",), ("not",), ("no",), ("ej",), ("inte",), ("ikke",), ("ingen",), ("nie",), ("kein",), ("keine",), ("keinen",),
    ("nicht",), ("pas",), ("ne",), ("non",), ("nao",), ("geen",), ("niet",), ("without",), ("stop",),
    *((word,) for word in sorted(further("negations"))),
)  # fmt: skip

LACKS: Final = word_set(
    "brak ohne fehlt fehlende sans absence senza manca mancanza sin falta ausencia sem zonder ontbreekt utan uden uten lack lacks lacking bez hianyzik"
)
"""Words that say of a consent behind them that there is none."""

DELIVERY: Final = word_set(
    "verified valid validated confirmed has exists sent delivered opened replied answered checked found"
)
"""Words of a yes that is about an address, not about its owner's will."""

ORDERS: Final = (("do", "not"), ("dont",), ("don", "t"), ("ne", "pas"), ("nicht",), ("niet",), ("nao",))
"""Negations that begin an order."""

BESIDE_THE_ANSWER: Final = word_set(
    "source reason reasons ip method form page url link history id campaign count counts sent title version proof "
    "frequency total opened opens clicked clicks open click rate token browser user quelle grund motif raison motivo reden "
    "paid type category score track tracking photo foto fotos plan tier level product amount price renewal"
)
"""Words of columns that stand beside the answer: where from, why, how often."""

DATES: Final = word_set(
    "date time at on timestamp datum fecha data zeitpunkt am le dt since seit depuis desde dal sinds"
)

REFUSED: Final = further_phrases("refused") | word_set(
    "unsubscribed, unsubscribe, unsub, optedout, optout, globally unsubscribed, cleaned, bounced, hard bounced, hard bounce, "
    "soft bounced, invalid, undeliverable, complained, complaint, complainer, spam, spam complaint, marked as spam, reported spam, "
    "blacklisted, blacklist, blocklisted, blocked, suppressed, removed, do not allow, dont allow, not allowed, disallow, "
    "disallowed, denied, deny, refused, declined, rejected, revoked, withdrawn, objected, do not contact, do not email, "
    "do not call, do not text, dnd, dnc, no consent, not consented, non subscribed, not subscribed, nonsubscribed, "
    "non marketable, not marketable, unmarketable, unengaged non marketable, reported as spam, unsubscribed by admin, "
    "not optedin, non optedin, no permission, no marketing, no emails, left, "
    "abgemeldet, ausgetragen, gesperrt, widerrufen, widersprochen, abgelehnt, nicht erlaubt, nicht einverstanden, "
    "nicht angemeldet, nicht erwunscht, keine einwilligung, "
    "desabonne, desabonnee, desinscrit, desinscrite, refuse, bloque, bloquee, plainte, non abonne, non inscrit, "
    "dado de baja, de baja, baja, no suscrito, rechazado, bloqueado, no acepta, denegado, revocado, "
    "descadastrado, recusado, nao inscrito, nao aceita, revogado, "
    "disiscritto, non iscritto, bloccato, rifiutato, non acconsente, revocato, "
    "uitgeschreven, afgemeld, geblokkeerd, geweigerd, niet ingeschreven, ingetrokken, geen toestemming, "
    "avanmald, avregistrerad, avprenumererad, afmeldt, frameldt, avmeldt, sparrad, wypisany, wypisana, brak zgody, zgoda cofnieta, odmowa", ", "
)  # fmt: skip
"""Cells that refuse, whatever the header asks."""

AGREED: Final = further_phrases("agreed") | word_set(
    "subscribed, subscriber, subscribe, optedin, optin, double optin, single optin, confirmed, confirmed optin, allow, allowed, "
    "accepted, accepts, grant, grants, granted, agreed, agree, consented, consent, consent given, permission granted, express, implied, "
    "explicit, active subscriber, marketing, marketable, unengaged marketable, given, provided, "
    "angemeldet, eingewilligt, erlaubt, einverstanden, zugestimmt, bestatigt, erwunscht, abonniert, "
    "abonne, abonnee, inscrit, inscrite, accepte, acceptee, confirme, autorise, "
    "suscrito, suscrita, acepta, aceptado, confirmado, autorizado, inscrito, aceito, aceita, "
    "iscritto, iscritta, accettato, confermato, acconsente, aangemeld, ingeschreven, akkoord, bevestigd, geabonneerd, "
    "anmald, prenumererar, tilmeldt, pameldt, zapisany, zapisana, zgoda, wyrazona", ", "
)  # fmt: skip
"""Cells that agree, whatever the header asks."""

UNDECIDED: Final = word_set(
    "unknown, pending, unconfirmed, never subscribed, not asked, not specified, not set, unspecified, undefined, undecided, none, "
    "valid, deliverable, verified, risky, catch all, accept all, na, n a, waiting, awaiting confirmation, pending confirmation, invited, not confirmed, optin pending, transactional, new, "
    "unbekannt, ausstehend, unbestatigt, offen, keine angabe, inconnu, en attente, non confirme, non renseigne, "
    "desconocido, pendiente, no confirmado, sin confirmar, desconhecido, pendente, nao confirmado, aguardando, "
    "sconosciuto, in attesa, non confermato, onbekend, in afwachting, niet bevestigd, wachtend", ", "
)  # fmt: skip
"""Cells that neither refuse nor agree: they say nothing to the vendor."""

STRONG: Final = word_set(
    "unsubscribed, optedout, optout, abgemeldet, desabonne, desabonnee, desinscrit, desinscrite, dado de baja, descadastrado, "
    "disiscritto, uitgeschreven, afgemeld, subscribed, never subscribed, cleaned, complained, blacklisted, do not contact, do not email, no consent, "
    "dnc, dnd, do not call, do not text, unsub, robinson, robinsonliste", ", "
)  # fmt: skip
"""Cells that are about consent even where the header does not speak of it."""

RETURNED: Final = word_set(
    "bounced, hard bounced, hard bounce, soft bounced, cleaned, complained, complaint, marked as spam, spam complaint",
    ", ",
)
"""Cells of a status of e-mails that came back; beside them, who cancelled has left."""
CANCELLED: Final = word_set("cancelled canceled")

EVERYWHERE: Final = word_set(
    "dnc, dnd, do not contact, blacklisted, robinson, robinsonliste, werbesperre, kontaktsperre", ", "
)
"""Cells that refuse on every channel."""

BARRED: Final = word_set(
    "blocked, barred, banned, suppressed, gesperrt, bloque, bloquee, bloqueado, bloccato, geblokkeerd", ", "
)
"""Cells of a status that may be about consent, or about an account."""

STATUSES: Final = word_set("status state statut estado stato kontaktstatus")

LEAVE: Final = (
    ("can", "call"), ("can", "email"), ("can", "text"), ("can", "sms"), ("can", "contact"), ("can", "we"), ("may", "we"), ("could", "we"), ("can", "i"), ("may", "i"), ("durfen", "wir"), ("pouvons", "nous"), ("peut", "on"),
    ("podemos",), ("possiamo",), ("mogen", "we"), ("mogen", "wij"),
)  # fmt: skip
"""Beginnings of a question for leave."""

REACHES: Final = word_set(
    "mail mailing write message contacting reach contactarte contactarle contactarlo llamarte llamarle escribirte contatar "
    "contactalo ligar contattarla contattarti chiamarla scriverle kontaktieren anschreiben anrufen joindre ecrire benaderen mailen"
)
"""Further words for what leave is asked for."""

SUBSCRIPTIONS: Final = word_set(
    "subscribed subscribe subscription subscriber abonne abonnee abonnement suscrito suscrita suscripcion"
)
"""Words of consent that mean e-mail when no channel is named."""

EMAIL_BY_ITSELF: Final = UNDELIVERABLE | (
    REFUSALS
    - word_set(
        "optout optedout dnd dnc blacklisted blacklist blocklisted blocklist suppressed suppression werbesperre "
        "kontaktsperre sperrliste werbewiderspruch robinson robinsonliste robinsonlijst bloctel sperrvermerk"
    )
)
"""Refusals that mean e-mail when no channel is named: one unsubscribes from mailings."""

EVERY_CHANNEL: Final = frozenset().union(*CHANNELS.values())
ASKABLE: Final = TOPICS | CONTACTS | PERMITS | AGREES | WISHES
"""What a negation can stand in front of."""

STATES: Final = REFUSED | AGREED | UNDECIDED

ACTIVE: Final = {
    **dict.fromkeys(("active", "aktiv", "actif", "activo", "ativo", "attivo", "actief"), True),
    **dict.fromkeys(("inactive", "inaktiv", "inactif", "inactivo", "inativo", "inattivo", "inactief"), False),
}

LEADING_YES: Final = word_set("yes ja oui si sim ok sure i agree accept tak")
LEADING_NO: Final = word_set("no nein non nao nee nej nei nie never")
