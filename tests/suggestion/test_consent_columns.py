"""Who must not be written to is blocked, or the column that says so is pointed out; yes and no are never exchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.reading import open_source
from importer.records import Outcome, Record
from importer.suggestion.consent.answers import answer_of
from importer.suggestion.consent.asking import Asked
from importer.suggestion.suggesting import Suggestion, suggest, suggest_from
from tests.suggestion.scoring import blocked, run


def of(header: str, *cells: str) -> Suggestion:
    return suggest_from((header,), [(cell,) for cell in cells])


def blocks(folder: Path, header: str, *cells: str) -> list[bool]:
    """Tell for each cell whether a run with the suggested mapping blocks its row."""
    path = folder / "list.csv"
    lines = [f'p{number}@example.com;"{cell}"' for number, cell in enumerate(cells)]
    path.write_text("\n".join([f'Email;"{header}"', *lines, ""]), encoding="utf-8")
    suggestion = suggest(open_source(path))
    assert header in suggestion.chosen(), suggestion.consents_left
    made = run(path, suggestion.to_yaml())
    assert all(isinstance(each, Record) for each in made), made
    return [blocked(each.fields) for each in made if isinstance(each, Record)]


@pytest.mark.parametrize(
    "header",
    [
        "Email blacklisted", "SMS suppressed", "unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced",
        "I do NOT want to receive emails", "Requests no e-mail", "No more newsletters", "Do not allow marketing emails",
        "Don't text", "Keine E-Mails", "Möchte keine Werbung", "Newsletter nicht erwünscht", "Newsletter abbestellt: abgemeldet",
        "Ne souhaite pas recevoir la newsletter", "Refuse les SMS", "No desea recibir publicidad", "No contactar",
        "Não deseja receber e-mails", "Descadastrado", "Non desidera ricevere la newsletter", "Disiscritto",
        "Wil geen nieuwsbrief", "Niet bellen", "Uitgeschreven", "Newsletter disabled", "SMS suspended", "Werbesperre", "Mailsperre",
        "Preferences: Do not call", "Vill inte ha nyhetsbrev", "Ønsker ikke SMS", "Avregistrerad", "Nie dzwonić telefonicznie",
        "Newsletter abbestellt", "Newsletter gekündigt", "Newsletter cancelled", "Résilié newsletter", "Newsletter cancelado", "Newsletter aus",
        "Consent withdrawn", "E-mail consent revoked", "Einwilligung zurückgezogen", "Consentimiento retirado", "Toestemming ingetrokken",
        "Samtycke återkallat", "Zgoda cofnięta", "SMS permission denied", "Excluded from mailings", "Werbung unerwünscht",
        "Mailing geblokkeerd", "Nega consenso e-mail", "Brak zgody na e-mail", "Ohne Einwilligung", "Sans consentement SMS", "Keine Telefonakquise",
        "Telefonwerbung untersagt", "Black Listed", "Un-subscribed", "CnBio_No_E-mail", "Ingen e-postutsendelser",
        "Widerspruch Direktwerbung per E-Mail",
    ],
)  # fmt: skip
def test_a_yes_below_a_refusal_blocks_and_a_no_says_nothing(header: str, tmp_path: Path) -> None:
    assert blocks(tmp_path, header, "yes", "no", "no", "yes") == [True, False, False, True]


@pytest.mark.parametrize(
    "header",
    [
        "I agree to receive marketing emails", "Newsletter?", "Newsletter", "Receives SMS", "OK to call", "Email consent",
        "I would like to get offers by text message", "Keep me posted about future events by email",
        "Werbung per E-Mail erlaubt", "Einwilligung Newsletter", "Accepte la newsletter", "Consentement SMS",
        "Acepta recibir correos", "Consentimiento SMS", "Aceita receber novidades por WhatsApp", "Consenso newsletter",
        "Nieuwsbrief", "Toestemming e-mail", "Boletín", "Sign-up form: Newsletter", "properties.newsletter", "TxtMsgOk",
        "Werbeeinwilligung E-Mail", "E-Mail-Werbeerlaubnis", "Lettre d'information", "Comunicazioni commerciali via SMS",
        "Nyhetsbrev", "SMS-utskick", "Samtykke e-post", "Zgoda na SMS", "Zgoda marketingowa e-mail", "E-Mail-Marketing erlaubt", "Newsletterversand erwünscht",
    ],
)  # fmt: skip
def test_a_no_below_a_permission_blocks_and_a_yes_says_nothing(header: str, tmp_path: Path) -> None:
    assert blocks(tmp_path, header, "yes", "no", "no", "yes") == [False, True, True, False]


@pytest.mark.parametrize(
    ("header", "refused", "others"),
    [
        ("Email Subscription Status", "unsubscribed", ("subscribed", "unknown", "subscribed")),
        ("Subscription", "unsubscribed", ("subscribed", "pending", "pending")),
        ("Status", "Unsubscribed", ("Active", "Unconfirmed", "Active")),
        ("Email status", "cleaned", ("subscribed", "never subscribed", "subscribed")),
        ("Subscriber State", "complained", ("subscribed", "subscribed", "pending")),
        ("Email marketing", "Do not allow", ("Allow", "Allow", "Allow")),
        ("SMS marketing", "Denied", ("Granted", "Granted", "Not asked")),
        ("status", "bounced", ("active", "active", "active")),
        ("Newsletter", "abgemeldet", ("angemeldet", "ausstehend", "angemeldet")),
        ("Newsletter", "désabonné", ("abonné", "en attente", "abonné")),
        ("Boletín", "dado de baja", ("suscrito", "pendiente", "suscrito")),
        ("Newsletter", "descadastrado", ("inscrito", "pendente", "inscrito")),
        ("Stato iscrizione newsletter", "disiscritto", ("iscritto", "in attesa", "iscritto")),
        ("Nieuwsbrief", "uitgeschreven", ("ingeschreven", "in afwachting", "ingeschreven")),
        ("Newsletter", "I do NOT want to receive it", ("I want to receive it", "Yes, please", "I want to receive it")),
        ("SMS", "Do not allow", ("Allow", "Granted", "pending")),
        ("Calls", "Denied", ("Granted", "not asked", "Allow")),
        ("Newsletter", "No, thanks", ("Yes, send it to me", "Yes, send it to me", "Yes, send it to me")),
    ],
)  # fmt: skip
def test_one_word_more_does_not_let_the_unsubscribed_through(
    header: str, refused: str, others: tuple[str, ...], tmp_path: Path
) -> None:
    assert blocks(tmp_path, header, refused, *others) == [True, False, False, False]


@pytest.mark.parametrize(
    "header", ["unsubscribed_at", "Opt-out date", "Date Unsubscribed", "Abgemeldet am", "UNSUB_TIME"]
)
def test_a_date_of_an_opt_out_blocks_and_a_blank_says_nothing(header: str, tmp_path: Path) -> None:
    cells = ("2023-05-01 10:00:00 UTC", "", "", "2023-07-01 10:00:00 UTC")
    assert blocks(tmp_path, header, *cells) == [True, False, False, True]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Marketing Allowed", ("yes", "no")),  # on which channel?
        ("Do not mail", ("yes", "no")),  # letters, or e-mails?
        ("Do not unsubscribe", ("yes", "no")),
        ("Do not sell my data", ("yes", "no")),
        ("SMS reminders", ("yes", "no")),
        ("Subscription cancelled", ("yes", "no")),  # of mails, or of a product?
        ("Newsletter xyzzy", ("yes", "no")),  # a word that may turn it round
        ("Kontakt erlaubt", ("ja", "nein")),
        ("OK to contact", ("Y", "N")),
        ("Accepte le démarchage", ("oui", "non")),
        ("Peut être contacté", ("oui", "non")),
        ("Einwilligung aus Formular", ("ja", "nein")),
        ("WhatsApp", ("sí", "no")),
        ("Newsletter", ("A", "B", "C")),
        ("Consent", ("level 1", "level 2")),
        ("Opt-out", ("maybe", "perhaps")),
    ],
)
def test_what_is_not_understood_is_pointed_out_above_all_else(header: str, cells: tuple[str, ...]) -> None:
    suggestion = of(header, *cells)
    assert suggestion.chosen() == {}
    assert suggestion.consents_left == (header,)
    assert any(header in sentence and "consent" in sentence for sentence in suggestion.concerns)
    text = suggestion.to_yaml()
    assert text.index("# Who may not be written to?") < text.index(f"#   {header}: looks like consent")


def test_a_second_column_that_refuses_on_the_same_channel_is_pointed_out() -> None:
    rows = [("yes", "no"), ("no", "yes"), ("no", "no")]
    suggestion = suggest_from(("Email opt out", "Has hard bounced"), rows)
    assert suggestion.chosen() == {"Email opt out": "dndSettings.Email"}
    assert suggestion.consents_left == ("Has hard bounced",)


def test_a_header_of_two_channels_sets_both() -> None:
    fields = {one.field for one in of("Opted out of Email and SMS", "yes", "no").fields}
    assert fields == {"dndSettings.Email", "dndSettings.SMS"}


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Opt-out reason", ("too many mails", "")),
        ("OPTIN_IP", ("192.0.2.1", "192.0.2.2")),
        ("OPTIN_TIME", ("2023-01-05 10:11:12", "2023-02-06 11:12:13")),
        ("Mailing City", ("Boston", "Salem")),
        ("Subscriber", ("ann@example.com", "bob@example.com")),
        ("Subscription plan", ("Basic", "Pro")),
        ("Spam score", ("0.1", "2.5")),
        ("Email verified", ("yes", "no")),
        ("Mobile no", ("(212) 555-0130", "(212) 555-0131")),
        ("SMS", ("(212) 555-0130", "(212) 555-0131")),
        ("Would you like a call?", ("yes", "no")),
        ("Status", ("Active", "Inactive")),
    ],
)
def test_what_is_not_about_consent_raises_no_alarm(header: str, cells: tuple[str, ...]) -> None:
    suggestion = of(header, *cells)
    assert suggestion.consents_left == ()
    assert not any(field.startswith("dnd") for field in suggestion.chosen().values())


def test_a_text_that_the_sample_lacks_fails_the_row_and_lets_nobody_through(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email,Newsletter\na@example.com,ja\nb@example.com,nein\n", encoding="utf-8")
    text = suggest(open_source(path)).to_yaml()
    path.write_text("Email,Newsletter\na@example.com,yes\nb@example.com,vielleicht\n", encoding="utf-8")
    agreed, unknown = run(path, text)
    assert isinstance(agreed, Record)
    assert not blocked(agreed.fields)
    assert isinstance(unknown, Outcome)
    assert unknown.code == "unmapped_value"


def test_a_longer_file_may_unsubscribe_where_the_sample_does_not(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email,Email status\na@example.com,unsubscribed\n", encoding="utf-8")
    text = suggest_from(("Email", "Subscriber status"), [("a@example.com", "subscribed")]).to_yaml()
    (left,) = run(path, text.replace("Subscriber status", "Email status"))
    assert isinstance(left, Record)
    assert blocked(left.fields)


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("Can we email you?", ("No thanks", "Yes please"), [True, False]),
        ("May we text you?", ("no", "yes"), [True, False]),
        ("D\u00fcrfen wir Ihnen mailen?", ("nein", "ja"), [True, False]),
        ("Robinsonliste", ("J", "N"), [True, False]),
        ("Flags", ("DNC", "VIP"), [True, False]),
        ("Member type", ("Gold", "unsubscribed", "Silver"), [False, True, False]),
        ("Remarks", ("Do not call", "gate code at the back"), [True, False]),
        ("Email Status", ("Single Opt-In", "Opted out", "Non-Marketable"), [False, True, True]),
        ("Email Status", ("valid", "hard bounce", "invalid", "unsubscribed"), [False, True, True, True]),
        ("SMS Status", ("Opted Out", "Opted In", "Never"), [True, False, False]),
    ],
)  # fmt: skip
def test_who_clearly_refuses_is_blocked_whatever_the_other_texts_mean(
    header: str, cells: tuple[str, ...], expected: list[bool], tmp_path: Path
) -> None:
    assert blocks(tmp_path, header, *cells) == expected


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Can we contact you?", ("0", "1")),
        ("\u00bfPodemos llamarte?", ("tal vez", "luego")),
        ("Stop mailing", ("x", "")),
        ("Status", ("active", "inactive", "blocked")),
        ("Email Opt-In Date", ("2024-01-01", "")),
        ("Newsletter", ("x", "")),
        ("SMS Status", ("Opted Out", "Opted In", "Never")),
        ("Flags", ("DNC", "VIP")),
    ],
)  # fmt: skip
def test_what_may_hide_a_refusal_is_pointed_out(header: str, cells: tuple[str, ...]) -> None:
    assert any(header in said for said in of(header, *cells).concerns)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Can we help you?", ("yes", "no")),
        ("Status", ("active", "inactive", "closed")),
        ("Newsletter", ("x", "x")),
        ("Email Opt-In Date", ("2024-01-01", "2024-01-02")),
    ],
)  # fmt: skip
def test_what_hides_none_is_not(header: str, cells: tuple[str, ...]) -> None:
    assert not of(header, *cells).concerns


def test_a_consent_s_date_beside_the_consent_itself_is_not_pointed_out() -> None:
    header = ("Email Opt-In", "Email Opt-In Date")
    assert not suggest_from(header, [("yes", "2024-01-01"), ("no", "")]).concerns


@pytest.mark.parametrize(
    "header", ["Voicemail Opt Out", "Do not call", "RVM Opt-Out", "Do not leave voicemail"]
)
def test_a_refusal_of_calls_or_of_voicemail_blocks_calls_alone(header: str) -> None:
    assert of(header, "yes", "no").chosen() == {header: "dndSettings.Call"}


@pytest.mark.parametrize(
    "header",
    [
        "Fax Opt Out", "HASOPTEDOUTOFFAX", "Direct Mail Opt Out", "Postal opt-out", "Push Notifications Unsubscribed",
        "Letter opt out", "Survey Opt Out", "Telegram opt-out", "Keine Briefe",
    ],
)  # fmt: skip
def test_a_refusal_on_a_channel_that_the_vendor_lacks_is_pointed_out_and_blocks_nothing(header: str) -> None:
    made = of(header, "yes", "no", "no")
    assert made.chosen() == {}
    assert made.consents_left == (header,)
    assert "HighLevel has no switch" in made.to_yaml()


def test_a_refusal_on_such_a_channel_and_on_one_of_the_vendors_blocks_that() -> None:
    assert of("Opted out of email and fax", "yes", "no").chosen() == {
        "Opted out of email and fax": "dndSettings.Email"
    }


@pytest.mark.parametrize(
    "header", ["I would like to hear about future events", "Would you like to hear from us?"]
)
def test_a_wish_on_no_channel_is_pointed_out(header: str) -> None:
    assert of(header, "Yes", "No", "Yes").consents_left == (header,)


@pytest.mark.parametrize(
    "note",
    [
        "DO NOT CONTACT per legal", "Please unsubscribe", "asked to be removed", "don't call before noon, or ever", "Bitte nicht mehr anrufen",
        "Ne plus contacter svp", "No llamar", "Niet bellen!",
    ],
)  # fmt: skip
def test_notes_that_ask_to_be_left_alone_are_pointed_out(note: str) -> None:
    made = suggest_from(("Email", "Notes"), [("a@example.com", "met at the fair"), ("b@example.com", note)])
    assert made.consents_left == ("Notes",)
    assert any("ask not to be contacted" in concern for concern in made.concerns)


@pytest.mark.parametrize(
    "note", ["will call back", "prefers e-mail", "no problem", "asked about removal of trees", "stopped by"]
)
def test_other_notes_are_none_of_these(note: str) -> None:
    assert suggest_from(("Email", "Notes"), [("a@example.com", note)]).concerns == ()


def test_who_cancelled_has_left_where_others_bounced(tmp_path: Path) -> None:
    assert blocks(tmp_path, "status", "active", "cancelled", "bounced") == [False, True, True]


def test_cancelled_orders_refuse_nothing() -> None:
    made = of("status", "active", "cancelled", "shipped")
    assert (made.chosen(), made.consents_left) == ({}, ())


# Languages of which no header is read: nobody can tell what a column asks, and one that may be consent is asked about.
@pytest.mark.parametrize(
    ("columns", "pointed_out"),
    [
        (("Izena", "Emaila", "Buletina jaso nahi dut"), ("Ane", "a@example.eus", ("Bai", "Ez"))),
        (("სახელი", "ელფოსტა", "სიახლეების მიღება"), ("ნინო", "n@example.ge", ("კი", "არა"))),
        (("नाम", "ईमेल", "समाचार चाहिए"), ("अनिल", "a@example.in", ("हाँ", "नहीं"))),
        (("Emri", "Email", "Dëshiron reklama me SMS"), ("Arben", "a@example.al", ("Po", "Jo"))),
        (("Nafn", "Netfang", "Má senda markpóst"), ("Jón", "j@example.is", ("1", "0"))),
        (("Ism", "Email", "Reklama olishga rozi"), ("Aziz", "a@example.uz", ("true", "false"))),
    ],
)
def test_what_may_be_consent_in_a_language_that_is_not_read_is_pointed_out(
    columns: tuple[str, ...], pointed_out: tuple[str, str, tuple[str, str]]
) -> None:
    name, email, (yes, no) = pointed_out
    made = suggest_from(columns, [(name, email, yes), (name, f"b{email}", no)])
    assert made.consents_left == columns[-1:]
    assert any(columns[-1] in concern and "consent (an opt-in" in concern for concern in made.concerns)


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        (
            ("Email", "First name", "Smoker"),
            (("a@example.com", "Ann", "yes"), ("b@example.com", "Bob", "no")),
        ),
        (
            ("Email", "Önkéntes"),
            (("a@example.hu", "igen"), ("b@example.hu", "nem")),
        ),  # Hungarian is read, and it asks nothing
        (
            ("E-Mail", "Vorname", "Straße", "PLZ", "Schlüssel da"),
            (("a@example.de", "Uwe", "Weg 1", "10115", "1"), ("b@example.de", "Ida", "Weg 2", "10117", "0")),
        ),
        (("Emaila", "Adina"), (("a@example.eus", "41"), ("b@example.eus", "33"))),
        (("Email", "Allergies"), (("a@example.com", "na"), ("b@example.com", "na"))),
    ],
)
def test_a_yes_or_no_that_is_understood_is_not(
    columns: tuple[str, ...], cells: tuple[tuple[str, ...], ...]
) -> None:
    assert suggest_from(columns, cells).consents_left == ()


# Yes, no, and headers, many of them written down before any rule for them: a yes below them refuses, permits, or is about something else.
REFUSING = {
    ("Yes", "No"): "Unsubscribe; Do Not Contact By Email; No Marketing Emails; Exclude From Mailings; Suppress Email; Mail Preference: No Email; Marketing Opt Out; SMS STOP; Text Stop; Emails Blocked; Never Email; Please do not call me; Refuses marketing; IsExcludedFromCampaigns; Marketing calls prohibited",
    ("TRUE", "FALSE"): "Is Unsubscribed",
    ("1", "0"): "Email Opt-Out Flag",
    ("Y", "N"): "Do Not Solicit",
    ("true", "false"): "Global Unsubscribe; Opted Out Of Email; Has Opted Out Of SMS",
    ("ja", "nein"): "Keine Werbung; Werbesperre E-Mail; Kein Kontakt; Nicht anrufen; Mailing-Sperre; Werbeverbot; Abmeldung Newsletter; Werbliche Anrufe untersagt; Werbung verboten",
    ("oui", "non"): "Ne pas contacter; Ne pas appeler; Opposition SMS; Désabonné newsletter",
    ("sí", "no"): "No molestar; No enviar publicidad; No contactar por teléfono; Baja de newsletter",
    ("sim", "não"): "Não perturbe; Não ligar; Não enviar SMS",
    ("sì", "no"): "Non disturbare; Non contattare; Revoca consenso",
    ("ja", "nee"): "Geen mailing; Geen reclame; Bel-me-niet; Afgemeld voor nieuwsbrief",
    ("ja", "nej"): "Ej reklam; Spärrad för utskick",
    ("ja", "nei"): "Ikke kontakt; Reservert mot reklame",
    ("tak", "nie"): "Nie kontaktować; Brak zgody na mailing; Sprzeciw marketingowy; Wypisany z newslettera",
    ("是", "否"): "拒绝营销; 不接收短信",
    ("はい", "いいえ"): "配信NG; DM不要",
    ("예", "아니오"): "광고 수신 거부",
    ("כן", "לא"): "הסר מרשימת תפוצה; אין לפנות; לא להתקשר",
    ("да", "нет"): "Не отправлять письма; Отказ от рассылки; Не беспокоить; Без рассылки",
    ("так", "ні"): "Відмова від розсилки",
    ("evet", "hayır"): "Aranmak istemiyor; E-posta reddi",
    ("ναι", "όχι"): "Μη ενοχλείτε",
    ("ano", "ne"): "Nechce newsletter; Nezasílat obchodní sdělení; Nesouhlas s marketingem",
    ("نعم", "لا"): "لا ترسل رسائل; عدم الاتصال",
    ("igen", "nem"): "Hírlevél tiltása; Hírlevélről leiratkozott; Nem kér hírlevelet; Telefonos hívás tiltva",
}  # fmt: skip
PERMITTING = {
    ("Yes", "No"): "GDPR Consent; Email Marketing Permission; Marketing Emails OK; Can Email; Can Text; Can Call; Can we text you?; Email OK?; Allow marketing texts; Send newsletter; Newsletter signup; Subscribe to newsletter; Add me to your mailing list; Sign me up for updates; Wants newsletter; Gets newsletter; On mailing list; In newsletter; Email subscriber; Yes, email me offers; TCPA Consent; CASL consent; Express consent; Promo emails",
    ("ja", "nein"): "Newsletter ja/nein; Newsletter erwünscht; Newsletter-Empfänger; Einwilligung E-Mail-Werbung; E-Mail-Kontakt erlaubt; DSGVO Einwilligung",
    ("oui", "non"): "Optin email; Accord mailing; Abonné à la newsletter; Consentement RGPD; Inscrit newsletter",
    ("sí", "no"): "Suscrito al boletín; Autoriza publicidad; Consentimiento RGPD; Permite WhatsApp; Quiere recibir ofertas",
    ("sim", "não"): "Deseja receber e-mails; Opt-in LGPD",
    ("sì", "no"): "Consenso privacy; Consenso commerciale; Iscrizione newsletter",
    ("ja", "nee"): "Nieuwsbrief ontvangen; Toestemming marketing; Mag gemaild worden; Mag gebeld worden; Telefonisch benaderen toegestaan",
    ("ja", "nej"): "Vill ha utskick; Samtycke till marknadsföring; Ønsker nyhedsbrev",
    ("ja", "nei"): "Samtykke til nyhetsbrev",
    ("tak", "nie"): "Zgoda na kontakt; Newsletter - zgoda",
    ("是", "否"): "允许发送邮件",
    ("はい", "いいえ"): "メール配信希望",
    ("예", "아니오"): "마케팅 동의 여부",
    ("כן", "לא"): "אישור דיוור",
    ("да", "нет"): "Получает рассылку",
    ("evet", "hayır"): "Reklam izni",
    ("ano", "ne"): "Přeje si novinky",
    ("igen", "nem"): "Hírlevél; Hírlevélre feliratkozott; Marketing hozzájárulás; Telefonon hívható",
}  # fmt: skip
NEITHER = {
    ("ja", "nein"): "Datenschutz akzeptiert; AGB akzeptiert",
    ("Yes", "No"): "Vip customer; Email verified; Phone is mobile; Newsletter sent; Called back; Wants a call back; Has email; Contact active; Subscription paid; Consent form signed; Photo consent",
}  # fmt: skip


def meant(header: str, yes: str, no: str) -> str:
    """Tell what a yes in the column is taken for; the column is pointed out where it is not."""
    rows = [("a@example.com", yes), ("b@example.com", no), ("c@example.com", yes), ("d@example.com", no)]
    suggestion = suggest_from(("Email", header), rows)
    (rule,) = (
        (one for one in suggestion.fields if header in one.headers)
        if header in suggestion.chosen()
        else (None,)
    )
    if rule is None:
        return "pointed out" if header in suggestion.consents_left else "nothing"
    return "permits" if (rule.map or {}).get(yes.lower()) == "" else "refuses"


@pytest.mark.parametrize(
    ("cells", "blocks"),
    [
        (("Aceitou receber", "Cancelou a inscrição"), [False, True]),
        (("I agreed", "Consent was withdrawn"), [False, True]),
        (("Accepte de recevoir", "Inscription annulée"), [False, True]),
    ],
)
def test_a_sentence_about_the_end_of_a_consent_refuses(cells: tuple[str, str], blocks: list[bool]) -> None:
    """ "Cancelou a inscrição" names the very thing that others agree to."""
    (rule,) = (
        one
        for one in suggest_from(
            ("Email", "Newsletter"), tuple(zip(("a@x.example", "b@x.example"), cells, strict=True))
        ).fields
        if "Newsletter" in one.headers
    )
    assert [(rule.map or {}).get(cell) == "yes" for cell in cells] == blocks


def test_two_negations_in_a_cell_are_not_taken_for_a_refusal() -> None:
    assert answer_of("not unsubscribed", Asked.TOPIC) is None
    assert answer_of("Yes, until revoked", Asked.PERMISSION) is None


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        (REFUSING, {"refuses", "pointed out"}),
        (PERMITTING, {"permits", "pointed out"}),
        (NEITHER, {"nothing"}),
    ],
    ids=["refusing", "permitting", "neither"],
)
def test_a_yes_is_never_turned_round_nor_passed_over(
    headers: dict[tuple[str, str], str], allowed: set[str]
) -> None:
    found = {
        header: meant(header, yes, no)
        for (yes, no), listed in headers.items()
        for header in listed.split("; ")
    }
    assert {header: said for header, said in found.items() if said not in allowed} == {}
