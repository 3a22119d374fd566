"""What the header of a column about consent asks, and on which channels."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import Final

from importer.suggestion.consent import words as lexicon
from importer.suggestion.evidence import Column
from importer.suggestion.folding import headline, words
from importer.suggestion.headers import LITTLE, NOISE, PLACES

_LONGEST: Final = 24
"""Words of a header; what is longer is no question any more."""
_SURE: Final = 0.8


class Asked(Enum):
    """What a yes in the column means."""

    REFUSAL = "refusal"
    PERMISSION = "permission"
    TOPIC = "topic"
    """The header names what is consented to and nothing else: ``Newsletter``, ``Marketing``."""
    UNCLEAR = "unclear"
    """The header refuses twice, or letters may be meant."""
    ELSEWHERE = "elsewhere"
    """The header is about a channel for which the vendor has no switch, and about no other."""
    NOTHING = "nothing"


def asked_by(column: Column) -> Asked:
    """Understand the header; of one with the name of its group in front, the rest where it asks by itself."""
    title = headline(column.header)
    alone = _asked(split_up(words(title)), column) if title != column.header else Asked.NOTHING
    return _asked(split_up(column.words), column) if alone is Asked.NOTHING else alone


def _asked(parts: tuple[str, ...], column: Column) -> Asked:
    if len(parts) > _LONGEST or _is_beside_the_answer(parts):
        return Asked.NOTHING
    if _is_elsewhere(parts) and (_refuses_elsewhere(parts, column) or _permits(parts) is not Asked.NOTHING):
        return Asked.ELSEWHERE
    if (
        is_behind_negation(parts, lexicon.REFUSALS, within=1)
        or _means_letters(parts)
        or _may_end_a_contract(parts)
    ):
        return Asked.UNCLEAR
    if is_negated(parts) or _refuses(parts, column):
        return Asked.REFUSAL
    asked = _permits(parts)
    return Asked.UNCLEAR if asked is Asked.NOTHING and _looks_asked(parts, column) else asked


def _is_elsewhere(parts: tuple[str, ...]) -> bool:
    by_post = {pair for pair in pairwise(parts) if pair in lexicon.MAIL_BY_POST}
    rest = set(parts) - {word for pair in by_post for word in pair}
    return bool(by_post or rest & lexicon.ELSEWHERE) and not rest & lexicon.EVERY_CHANNEL


def _refuses_elsewhere(parts: Sequence[str], column: Column) -> bool:
    asked = lexicon.ASKABLE | lexicon.ELSEWHERE
    return is_behind_negation(parts, asked, within=3) or _refuses(parts, column)


def _looks_asked(parts: Sequence[str], column: Column) -> bool:
    """Tell a yes or no below messages of any kind, a wish to hear of something, or an order ("Do not sell my data")."""
    if column.booleans < _SURE or set(parts) & lexicon.DELIVERY:
        return False
    ordered = any(tuple(parts[: len(no)]) == no for no in lexicon.ORDERS)
    wished = bool(set(parts) & lexicon.WISHES) and bool(set(parts) & lexicon.PITCHES)
    return ordered or wished or bool(set(parts) & (_WRITTEN | lexicon.NOTICES))


def _refuses(parts: Sequence[str], column: Column) -> bool:
    spoken = set(parts)
    if spoken & lexicon.REFUSALS:
        return True
    if spoken & lexicon.REFUSES and (_is_topical(spoken) or spoken & (lexicon.PERMITS | _MAILING)):
        return True
    if _is_topical(spoken) and spoken & lexicon.SWITCHED_OFF and not spoken & lexicon.AGREES:
        return True
    if _is_ended(parts) and spoken & (lexicon.TOPICS | lexicon.PERMITS | _MAILING):
        return True
    return bool(spoken & lexicon.UNDELIVERABLE) and max(column.booleans, column.dates) >= _SURE


def _may_end_a_contract(parts: Sequence[str]) -> bool:
    """Tell "Subscription cancelled", which is about a product as often as about mails."""
    spoken = set(parts)
    asked = spoken & (lexicon.TOPICS | lexicon.PERMITS | lexicon.EVERY_CHANNEL)
    return _is_ended(parts) and bool(asked) and asked <= lexicon.SUBSCRIPTIONS


def _is_ended(parts: Sequence[str]) -> bool:
    return bool(set(parts) & lexicon.ENDS or set(parts[-1:]) & lexicon.SWITCHES)


def says_more(column: Column) -> bool:
    """Tell a topic beside a word that is not understood, and that may turn its yes round: "Newsletter xyz"."""
    topics = lexicon.TOPICS | lexicon.EVERY_CHANNEL | lexicon.NEUTRAL
    spoken = set(split_up(words(headline(column.header))))
    return any(not word.isdigit() for word in spoken - topics - NOISE - LITTLE - PLACES)


_MAILING: Final = frozenset(
    ["mailing", "campaigns", "broadcasts", "kampagnen", "campagnes", "campanas", "campanhas"]
)
"""No topic where nothing is refused: there are mailing addresses, and campaigns that somebody came from."""


def _permits(parts: Sequence[str]) -> Asked:
    spoken = set(parts)
    agrees = bool(spoken & lexicon.AGREES) and (
        _is_topical(spoken) or (spoken & _MAILING and len(spoken) < 4)
    )
    agrees = agrees or bool(
        spoken & lexicon.MAY and spoken & (lexicon.CONTACTS - lexicon.EVERY_CHANNEL | {"kontakt"})
    )
    stated = parts[:1] and parts[0] in lexicon.SPEAKERS and spoken & _WRITTEN
    wished = spoken & lexicon.WISHES and (stated or spoken & lexicon.TOPICS)
    if spoken & lexicon.PERMITS or agrees or wished or _asks_leave(parts):
        return Asked.PERMISSION
    return Asked.TOPIC if spoken & (lexicon.NEWSLETTERS | lexicon.MARKETING) else Asked.NOTHING


def _asks_leave(parts: Sequence[str]) -> bool:
    """Tell "Can we email you?" from "Can we help you?"."""
    asked = any(tuple(parts[: len(words)]) == words for words in lexicon.LEAVE)
    return asked and bool(set(parts) & (lexicon.CONTACTS | lexicon.REACHES | lexicon.TOPICS))


_WRITTEN: Final = lexicon.EVERY_CHANNEL - lexicon.CHANNELS["Call"]
"""A wish for a call is one for today; a wish for messages is one for good."""


def _is_topical(spoken: set[str]) -> bool:
    return bool(spoken & (lexicon.TOPICS | lexicon.EVERY_CHANNEL))


def _is_beside_the_answer(parts: Sequence[str]) -> bool:
    """Tell a column such as ``Opt-out reason``; long questions may hold any word."""
    return len(parts) < 6 and bool(set(parts) & lexicon.BESIDE_THE_ANSWER)


def is_negated(parts: Sequence[str]) -> bool:
    """Look for a negation right in front of what is asked: "Mobile no" and "No of calls" are no refusals."""
    return is_behind_negation(parts, lexicon.ASKABLE, within=3) or _is_lacking(parts)


def _is_lacking(parts: Sequence[str]) -> bool:
    """Tell "Brak zgody na e-mail" and "Ohne Einwilligung": a yes says that there is no consent."""
    return any(
        first in lexicon.LACKS and set(parts[place + 1 : place + 4]) & lexicon.PERMITS
        for place, first in enumerate(parts)
    )


def is_behind_negation(parts: Sequence[str], asked: frozenset[str], *, within: int) -> bool:
    """Look for one of the words right behind a negation."""
    behind = (
        parts[place + len(no) :][:within]
        for place in range(len(parts))
        for no in lexicon.NEGATIONS
        if tuple(parts[place : place + len(no)]) == no
    )
    return any(tuple(said[:1]) != ("of",) and bool(set(said) & asked) for said in behind)


def _means_letters(parts: Sequence[str]) -> bool:
    """Tell "Do not mail": letters to some, e-mails to others."""
    return parts[-1:] in {("mail",), ("mailing",)} and any(
        tuple(parts[: len(no)]) == no for no in lexicon.NEGATIONS
    )


def split_up(parts: Sequence[str]) -> tuple[str, ...]:
    """Take apart what is written in one word: DONOTCALL, HASOPTEDOUTOFEMAIL, Werbeeinwilligung."""
    parts = [piece for part in parts for piece in _compound(part)]
    if len(parts) != 1:
        return tuple(parts)
    (word,) = parts
    for squeezed, no in (("donot", ("do", "not")), ("dont", ("dont",)), ("no", ("no",))):
        if word.startswith(squeezed) and word.removeprefix(squeezed) in lexicon.CONTACTS:
            return (*no, word.removeprefix(squeezed))
    inside = [known for known in _INSIDE if known in word and known != word]
    asked = bool(set(inside) & lexicon.REFUSALS) or word.startswith(("accepts", "optin"))
    return (word, *inside) if asked else (word,)


def _compound(word: str) -> tuple[str, ...]:
    if word in lexicon.REFUSALS | lexicon.PERMITS:
        return (word,)
    for tail, meant in lexicon.TAILS.items():
        if word.endswith(tail) and word.removesuffix(tail) in lexicon.EVERY_CHANNEL | lexicon.TOPICS | {
            "direkt",
            "direct",
        }:
            return word.removesuffix(tail), meant
    ends = [end for end in lexicon.COMPOUNDED if word.endswith(end) and word != end]
    if not ends:
        return (word,)
    topic = word.removesuffix(ends[0]).rstrip("s-")
    return _TOPICS_OF_COMPOUNDS.get(topic, topic), ends[0]


_TOPICS_OF_COMPOUNDS: Final = {
    "werbe": "werbung",
    "werb": "werbung",
    "reclame": "reclame",
    "kontakt": "contact",
    "mail": "email",
}
"""What stands in front of such a word, as it is spelt alone."""

_INSIDE: Final = tuple(
    sorted(
        known
        for known in lexicon.REFUSALS | lexicon.EVERY_CHANNEL | lexicon.ELSEWHERE | lexicon.PERMITS
        if len(known) > 2
    )
)
"""Words looked for inside another; shorter ones stand in many."""


def fields_of(column: Column, asked: Asked) -> tuple[str, ...]:
    """Give the fields of the channels that the header names; an opt-out that names none is of all."""
    channels = _channels(column)
    spoken = set(split_up(column.words))
    if channels:
        return tuple(f"dndSettings.{channel}" for channel in channels)
    if asked is Asked.REFUSAL:
        return ("dndSettings.Email",) if spoken & lexicon.EMAIL_BY_ITSELF else ("dnd",)
    return ("dndSettings.Email",) if spoken & lexicon.SUBSCRIPTIONS else ()


def _channels(column: Column) -> tuple[str, ...]:
    spoken = set(split_up(column.words))
    found = [channel for channel, said in lexicon.CHANNELS.items() if spoken & said]
    if "SMS" in found and spoken & lexicon.CHANNELS["Call"] == {"phone"}:
        found.remove("Call")  # a text message to the phone
    return tuple(found)
