"""Columns that say who may not be written to or called: opt-outs and opt-ins, by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final, TypeAlias

from importer.mapping.values.booleans import without_no
from importer.records import value_type
from importer.suggestion.consent import words as lexicon
from importer.suggestion.consent.answers import Answer, answer_of, is_yes
from importer.suggestion.consent.asking import Asked, asked_by, fields_of, says_more
from importer.suggestion.evidence import Column, is_date, plain
from importer.suggestion.further_languages import FURTHER
from importer.suggestion.synonyms import fields_of as named_fields

_UNDERSTOOD: Final = 0.8
"""Share of the cells that have to be understood before a column is used: the rows of the others fail, and say why."""
_MANY_STATES: Final = 50
"""Distinct texts; a column of states has fewer."""
_LIFTS_NOTHING: Final = "is left out, so that it lifts no block set in HighLevel"
_PAIRS: Final = (
    ("yes", "no"), ("true", "false"), ("1", "0"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("ja", "nee"), ("oui", "non"),
    ("s\u00ed", "no"), ("si", "no"), ("sim", "n\u00e3o"), ("s\u00ec", "no"), ("s", "n"), ("on", "off"),
    ("active", "inactive"), ("checked", "unchecked"), ("enabled", "disabled"),
    *(pair for said in FURTHER.values() for pair in zip(said["yes"].split(", "), said["no"].split(", "), strict=True)),
)  # fmt: skip
_Answers: TypeAlias = Mapping[str, Answer | None]


@value_type(frozen=True, slots=True, kw_only=True)
class Switch:
    """A column that sets do-not-disturb: the fields, and what the texts mean that are not simply yes."""

    fields: tuple[str, ...]
    column: Column
    reason: str
    map: Mapping[str, str] = field(repr=False)
    refused: int
    """Cells of the sample that refuse."""
    unknown: int
    """Cells that are not understood."""
    explicit: bool = True
    """It says who left; an opt-in says who never came as well."""
    keep: bool = False
    """Texts that the map does not list are read as they stand."""
    dated: bool = False
    """A date means yes."""
    partly: bool = False
    """Only the texts that clearly refuse set anything."""

    @property
    def silent(self) -> bool:
        """Whether an opt-in says yes or nothing at all: what a blank cell means, the file does not tell."""
        return not self.explicit and not self.refused and self.column.filled < self.column.rows


@value_type(frozen=True, slots=True, kw_only=True)
class ConsentUnclear:
    """A column that looks like consent and cannot be used; ``why`` is half a sentence."""

    column: Column
    why: str
    fields: tuple[str, ...] = ()
    """Where it is no matter as soon as another column sets these."""
    supposed: bool = False
    """Its header is not understood: it may ask something else."""


def consent(column: Column) -> Switch | ConsentUnclear | None:
    """Read a column as an opt-out or, turned round, as an opt-in; None when it is about something else."""
    match asked := asked_by(column):
        case Asked.UNCLEAR:
            return _unclear(column, "its header can be understood two ways")
        case Asked.ELSEWHERE:
            return _unclear(column, "it is about a channel for which HighLevel has no switch")
        case Asked.NOTHING:
            return _by_values(column)
        case Asked.REFUSAL:
            return _refusal(column)
        case Asked.PERMISSION | Asked.TOPIC:
            return _permission(column, asked)


def _unclear(column: Column, why: str) -> ConsentUnclear | None:
    return ConsentUnclear(column=column, why=why) if column.filled else None


def _answers(column: Column, asked: Asked) -> _Answers:
    return {text: answer_of(text, asked) for text in sorted(set(column.values))}


def _understood(column: Column, answers: _Answers) -> bool:
    good = sum(answers[text] is not None for text in column.values)
    return good >= _UNDERSTOOD * column.filled


def _count(column: Column, answers: _Answers, answer: Answer | None) -> int:
    return [answers[text] for text in column.values].count(answer)


def _refusal(column: Column) -> Switch | ConsentUnclear | None:
    answers = _answers(column, Asked.REFUSAL)
    fields = fields_of(column, Asked.REFUSAL)
    if not _understood(column, answers):
        return _partly(column, fields, answers) or _unclear(column, "its values are not understood")
    dated = any(is_date(text) for text in answers)
    every = " and of no channel, so that all are blocked" if fields == ("dnd",) else ""
    when = "; a date means that the person has left" if dated else ""
    return Switch(
        fields=fields,
        column=column,
        reason=f"its header speaks of an opt-out{every}{when}; no {_LIFTS_NOTHING}",
        map=_noes(answers),
        keep=True,
        dated=dated,
        refused=_count(column, answers, Answer.REFUSED),
        unknown=_count(column, answers, None),
    )


def _noes(answers: _Answers) -> Mapping[str, str]:
    """List the texts that neither a field nor the step that leaves out each no reads."""
    quiet = sorted(
        {text.lower() for text, said in answers.items() if said is Answer.NOT_REFUSED and without_no(text)}
    )
    worded = {text: "yes" for text, said in answers.items() if said is Answer.REFUSED and _needs_words(text)}
    return worded | dict.fromkeys(quiet, "")


def _needs_words(text: str) -> bool:
    """Tell a refusal that neither the field nor the step for dates reads."""
    return is_yes(text) is None and not is_date(text) and text.lower() != "permanent"


def _permission(column: Column, asked: Asked) -> Switch | ConsentUnclear | None:
    if max(column.dates, column.emails, column.urls) >= 0.5:
        return _dated_permission(column, asked)
    answers = _answers(column, asked)
    if not column.filled or not _understood(column, answers):
        if _only_counts(column):
            return None
        partly = _partly(column, fields_of(column, asked), answers)
        return partly or _unclear(column, "its values are not understood")
    return _answered(column, asked, answers)


def _answered(column: Column, asked: Asked, answers: _Answers) -> Switch | ConsentUnclear | None:
    states = {plain(text) for text in answers} & (lexicon.REFUSED | lexicon.AGREED)
    fields = fields_of(column, asked) or (("dndSettings.Email",) if states & _MAILED else ())
    if not fields:
        return _unclear(column, "it does not say on which channel")
    if states or all(is_yes(text) is None for text in answers):
        return _states(column, fields, answers)
    if asked is Asked.TOPIC and says_more(column):
        return _unclear(column, "its header says more than what it is about, so that a yes may refuse")
    return _opt_in(column, fields, answers)


def _dated_permission(column: Column, asked: Asked) -> ConsentUnclear | None:
    """Point out who has no date of consent: nobody tells whether they refused or were never asked."""
    if asked is not Asked.PERMISSION or column.dates < 0.5 or column.filled == column.rows:
        return None
    why = "it has a date where people agreed, and does not tell whether the others refused"
    return ConsentUnclear(column=column, why=why, fields=fields_of(column, asked))


def _partly(column: Column, fields: tuple[str, ...], answers: _Answers) -> Switch | None:
    """Map the texts that refuse whatever the others mean; None where none does, or no channel is known."""
    clear = {text: "yes" for text, said in answers.items() if said is Answer.REFUSED}
    if not clear or not fields or len(answers) > _MANY_STATES:
        return None
    return Switch(
        fields=fields,
        column=column,
        reason="some of its values tell who unsubscribed",
        map=clear | {text: "" for text in answers if text not in clear},
        refused=_count(column, answers, Answer.REFUSED),
        unknown=_count(column, answers, None),
        partly=True,
    )


def _only_counts(column: Column) -> bool:
    return column.numbers >= 0.8 and column.booleans < _UNDERSTOOD


_MAILED: Final = lexicon.STRONG | {"subscriber"}


def _opt_in(column: Column, fields: tuple[str, ...], answers: _Answers) -> Switch:
    return Switch(
        fields=fields,
        column=column,
        reason=f"an opt-in, turned round: no means do not disturb; yes {_LIFTS_NOTHING}",
        map=_turned(answers),
        explicit=False,
        refused=_count(column, answers, Answer.REFUSED),
        unknown=_count(column, answers, None),
    )


def _turned(answers: _Answers) -> Mapping[str, str]:
    """Turn yes and no round, and list both even where the sample has one: an unlisted "yes" would pass as it is."""
    seen = {text.lower() for text in answers}
    pairs = [pair for pair in _PAIRS if pair[0] in seen] or [pair for pair in _PAIRS if pair[1] in seen][:1]
    listed = {text: "" if text == yes else "yes" for yes, no in (*pairs, _PAIRS[0]) for text in (yes, no)}
    return listed | {text: said for text, said in _worded(answers).items() if text.lower() not in listed}


def _states(column: Column, fields: tuple[str, ...], answers: _Answers) -> Switch:
    undecided = sorted({plain(text) for text in answers} & lexicon.UNDECIDED)
    quiet = f", {', '.join(undecided)}" if undecided else ""
    return Switch(
        fields=fields,
        column=column,
        reason=f"its values tell who unsubscribed; the others{quiet} among them, are left as they are"
        if undecided
        else "its values tell who unsubscribed",
        map=_worded(answers) | _usual_states(answers),
        refused=_count(column, answers, Answer.REFUSED),
        unknown=_count(column, answers, None),
    )


def _worded(answers: _Answers) -> dict[str, str]:
    return {
        text: "yes" if said is Answer.REFUSED else "" for text, said in answers.items() if said is not None
    }


def _usual_states(answers: _Answers) -> dict[str, str]:
    """Give the two states that a longer file has for sure, where the sample lacks one of them."""
    seen = {plain(text) for text in answers}
    usual = {"unsubscribed": "yes", "subscribed": ""}
    return {text: meant for text, meant in usual.items() if text not in seen} if seen & set(usual) else {}


def _by_values(column: Column) -> Switch | ConsentUnclear | None:
    """Know a column by cells that subscribe or unsubscribe, whatever its header says."""
    texts = {plain(text) for text in set(column.values)}
    if len(texts) > _MANY_STATES:
        return None
    if _is_answer_below_a_channel(column, texts):
        return _states(column, fields_of(column, Asked.TOPIC), _answers(column, Asked.TOPIC))
    if not texts & (lexicon.STRONG | lexicon.RETURNED):
        barred = texts & lexicon.BARRED and set(column.words) & lexicon.STATUSES
        return (
            _unclear(column, "some of its values bar people, from mails or from an account")
            if barred
            else None
        )
    answers = _answers(column, Asked.NOTHING)
    if texts & lexicon.RETURNED:
        answers = {
            text: Answer.REFUSED if plain(text) in lexicon.CANCELLED else said
            for text, said in answers.items()
        }
    everywhere = ("dnd",) if texts & lexicon.EVERYWHERE else ("dndSettings.Email",)
    fields = fields_of(column, Asked.TOPIC) or everywhere
    if _understood(column, answers):
        return _states(column, fields, answers)
    partly = None if _is_of_tags(column) else _partly(column, fields, answers)
    return partly or _unclear(column, "some of its values are of subscribers, others are not understood")


def _is_answer_below_a_channel(column: Column, texts: set[str]) -> bool:
    """Tell "Do not allow" below a bare "SMS"."""
    channel = {word for word in column.words if not word.isdigit()}
    states = lexicon.REFUSED | lexicon.AGREED
    asked = bool(channel) and channel <= lexicon.EVERY_CHANNEL and bool(fields_of(column, Asked.TOPIC))
    return asked and bool(texts & states) and texts <= states | lexicon.UNDECIDED


def _is_of_tags(column: Column) -> bool:
    """Tell a column of labels, in which an opt-out is one of several."""
    return any(name == "tags" for name, _ in named_fields(" ".join(column.words)))
