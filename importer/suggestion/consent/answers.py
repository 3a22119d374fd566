"""What the cells of a column about consent answer."""

from __future__ import annotations

from enum import Enum

from importer.suggestion.consent import words as lexicon
from importer.suggestion.consent.asking import Asked, is_behind_negation, is_negated
from importer.suggestion.evidence import is_date, plain, reads_as_boolean


class Answer(Enum):
    REFUSED = "refused"
    NOT_REFUSED = "not refused"
    """Agreed, or not decided: nothing is said to the vendor, so that no block of its own is lifted."""


def answer_of(text: str, asked: Asked) -> Answer | None:
    """Understand one cell; None where it is not understood."""
    word = plain(text)
    if asked is Asked.REFUSAL and (word in {"active", "permanent"} or is_date(text)):
        return Answer.REFUSED  # "active" is what the vendor calls a block
    if word in lexicon.REFUSED:
        return Answer.REFUSED
    if word in lexicon.AGREED | lexicon.UNDECIDED:
        return Answer.NOT_REFUSED
    if asked is Asked.NOTHING:
        return Answer.NOT_REFUSED if lexicon.ACTIVE.get(word) else None
    yes = is_yes(text)
    if yes is None:
        return _sentence(word.split(), asked)
    return Answer.REFUSED if yes is (asked is Asked.REFUSAL) else Answer.NOT_REFUSED


def is_yes(text: str) -> bool | None:
    """Read a yes or a no that means nothing without the header; None for all else."""
    word = plain(text)
    if word in lexicon.STATES:
        return None
    yes = reads_as_boolean(text)
    return lexicon.ACTIVE.get(word) if yes is None else yes


def _sentence(parts: list[str], asked: Asked) -> Answer | None:
    """Understand an answer in a sentence: "I do NOT want ...", "Yes, please send me ..."."""
    if len(parts) < 2:
        return None
    left = lexicon.REFUSALS | lexicon.REFUSES | lexicon.ENDS
    if is_behind_negation(parts, left, within=1):
        return None  # "not unsubscribed": who says no twice may say yes
    if set(parts) & left and parts[0] in lexicon.LEADING_YES:
        return None  # "Yes, until revoked"
    if is_negated(parts) or parts[0] in lexicon.LEADING_NO or set(parts) & left:
        # "No, keep me posted" below "Opt out?" agrees.
        return None if asked is Asked.REFUSAL and parts[0] in lexicon.LEADING_NO else Answer.REFUSED
    agreeing = parts[0] in lexicon.LEADING_YES or set(parts) & (lexicon.AGREES | lexicon.WISHES)
    return Answer.NOT_REFUSED if agreeing and asked is not Asked.REFUSAL else None
