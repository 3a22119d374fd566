"""Columns that say who may not be written to or called: opt-outs and opt-ins, by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from importer.suggestion.evidence import Column, plain, reads_as_boolean

_CHANNELS: Final = {
    "Email": "email mail mails emails courriel correo newsletter",
    "SMS": "sms text texts texting",
    "Call": "call calls phone telephone anruf anrufe appel appels telefon llamadas llamar ligacoes chiamate bellen",
    "WhatsApp": "whatsapp",
    "FB": "facebook messenger fb",
    "GMB": "gmb",
}
_REFUSED: Final = (
    "optout", "unsubscribed", "unsubscribe", *(
        f"{no} {act}" for no in ("do not", "dont", "don t", "never")
        for act in ("contact", "disturb", "call", "email", "text", "sms", "phone", "solicit", "message", "market", "whatsapp")
    ), "no whatsapp", "no contact", "no marketing", "no texts", "no text", "no sms", "no email", "no emails", "no calls",
    "dnd", "dnc", "opted out of", "abgemeldet", "werbesperre", "keine werbung", "kontaktsperre",
    "desinscrit", "desabonne", "ne pas contacter", "ne pas appeler", "no contactar", "no llamar", "dado de baja", "baja",
    "descadastrado", "nao contatar", "nao contactar", "nao ligar", "disiscritto", "non contattare", "non chiamare", "uitgeschreven",
    "niet bellen", "niet contacteren", "afgemeld", "optedout",
)  # fmt: skip
_ALLOWED: Final = (
    "accepts", "optin", "consent", "subscribed", "einwilligung", "angemeldet", "consentement", "abonne", "inscrit", "acepta",
    "consentimiento", "suscrito", "aceita", "consentimento", "inscrito", "accetta", "consenso", "iscritto", "toestemming",
    "aangemeld", "ingeschreven", "ok to email", "ok to text", "ok to call", "permission to email", "marketing permission",
)  # fmt: skip
_EMAIL_BY_ITSELF: Final = frozenset(
    {
        "unsubscribed",
        "unsubscribe",
        "abgemeldet",
        "desinscrit",
        "desabonne",
        "descadastrado",
        "disiscritto",
        "uitgeschreven",
        "afgemeld",
    }
)
"""Words that mean e-mail when no channel is named."""

_SUBSCRIPTION: Final = {
    "unsubscribed": True, "optedout": True, "optout": True, "cleaned": True, "bounced": True, "non subscribed": True,
    "subscribed": False, "active": False, "confirmed": False, "optedin": False, "optin": False,
}  # fmt: skip

_LIFTS_NOTHING: Final = "no is left out, so that it lifts no block set in HighLevel"
_PAIRS: Final = (
    ("yes", "no"), ("true", "false"), ("1", "0"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("ja", "nee"), ("oui", "non"),
    ("s\u00ed", "no"), ("si", "no"), ("sim", "n\u00e3o"), ("s\u00ec", "no"), ("active", "inactive"), ("on", "off"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A column that sets do-not-disturb: the field, and what the texts mean that are not simply yes."""

    field: str
    column: Column
    reason: str
    map: Mapping[str, str]
    keep: bool = False
    """Texts that the map does not list are read as they stand."""


def consent(column: Column) -> Consent | None:
    """Read a column as an opt-out or, turned round, as an opt-in; None when it is neither."""
    if _says(column, _REFUSED):
        return _refusal(column)
    if _says(column, _ALLOWED):
        return _permission(column)
    return _subscription(column)


def _says(column: Column, phrases: tuple[str, ...]) -> bool:
    """Look for a phrase, also in a header of one word such as DONOTCALL."""
    text = f" {' '.join(column.words)} "
    if any(f" {phrase} " in text for phrase in phrases):
        return True
    one_word = column.words[0] if len(column.words) == 1 else ""
    return any(len(phrase) > 4 and phrase.replace(" ", "") in one_word for phrase in phrases)


def _refusal(column: Column) -> Consent | None:
    channel = _channel(column)
    if channel is None and set(column.words) & _EMAIL_BY_ITSELF:
        channel = "Email"
    if column.filled and column.booleans < 0.5:
        return None
    field = f"dndSettings.{channel}" if channel else "dnd"
    reason = f"its header speaks of an opt-out; {_LIFTS_NOTHING}"
    return Consent(field=field, column=column, reason=reason, map=_noes(column), keep=True)


def _noes(column: Column) -> Mapping[str, str]:
    """Let "no" say nothing: sent, it would lift a block that the contact has in HighLevel by now."""
    noes = sorted({value.lower() for value in column.values if reads_as_boolean(value) is False})
    return dict.fromkeys(noes or ["no"], "")


def _permission(column: Column) -> Consent | None:
    channel = _channel(column)
    if channel is None or not column.filled or column.booleans < 0.8:
        return None
    return Consent(
        field=f"dndSettings.{channel}",
        column=column,
        reason=f"an opt-in, turned round: no means do not disturb; {_LIFTS_NOTHING.replace('no', 'yes', 1)}",
        map=_turned(column),
    )


def _turned(column: Column) -> Mapping[str, str]:
    """Turn yes and no round, and list both even where the sample has one: an unlisted "no" would pass as it is."""
    seen = {value.lower() for value in column.values}
    agreed_in = [pair for pair in _PAIRS if pair[0] in seen]
    pairs = agreed_in or [pair for pair in _PAIRS if pair[1] in seen][:1] or [_PAIRS[0]]
    turned = {
        text: meaning for agreed, refused in pairs for text, meaning in ((agreed, ""), (refused, "yes"))
    }
    return turned | {text: "" if _agreed(text) else "yes" for text in sorted(seen - set(turned))}


def _agreed(text: str) -> bool:
    refused = _SUBSCRIPTION.get(plain(text))
    return bool(reads_as_boolean(text)) if refused is None else not refused


def _subscription(column: Column) -> Consent | None:
    """Read ``Email Marketing Status: unsubscribed`` and its like."""
    if not column.filled or not {"status", "subscription"} & set(column.words):
        return None
    if not {"email", "marketing", "subscription"} & set(column.words):
        return None
    meaning = {
        value: _SUBSCRIPTION.get(plain(value).replace("opted out", "optedout"))
        for value in set(column.values)
    }
    if None in meaning.values() or True not in meaning.values():
        return None
    turned = {value: "yes" if refused else "" for value, refused in sorted(meaning.items())}
    return Consent(
        field="dndSettings.Email", column=column, reason="its values tell who unsubscribed", map=turned
    )


def _channel(column: Column) -> str | None:
    found = [channel for channel, spoken in _CHANNELS.items() if _speaks_of(column, spoken.split())]
    return found[0] if len(found) == 1 else None


def _speaks_of(column: Column, spoken: list[str]) -> bool:
    if len(column.words) == 1:
        return any(len(word) > 2 and word in column.words[0] for word in spoken)
    return bool(set(column.words) & set(spoken))
