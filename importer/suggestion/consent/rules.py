"""The rules that consent makes: one for each channel, and a word for every column that is left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from importer.runtime.regex import regex
from importer.suggestion.consent.switches import ConsentUnclear, Switch
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column
from importer.suggestion.guesses import Guess, Left
from importer.suggestion.leaving import described
from importer.suggestion.named_columns import POSSIBLE, SURE


def switch_guesses(answers: Iterable[Switch | ConsentUnclear]) -> tuple[Guess, ...]:
    """Write one rule for each channel; an opt-out says it better than an opt-in, and many refusals than few."""
    switches = [one for one in answers if isinstance(one, Switch)]
    taken: dict[str, Guess] = {}
    for switch in sorted(switches, key=lambda one: (not one.refused, not one.explicit, -one.refused)):
        if any(name in taken for name in switch.fields):
            continue
        taken.update({name: _switch(switch, name) for name in switch.fields})
    return tuple(taken.values())


def _switch(switch: Switch, name: str) -> Guess:
    return Guess(
        field=name,
        columns=(switch.column,),
        reason=switch.reason,
        strength=POSSIBLE if switch.partly or switch.silent else SURE,
        doubts=tuple(_doubts(switch)),
        transforms=(*(("dated",) if switch.dated else ()), *(("only_yes",) if switch.keep else ())),
        map=switch.map or None,
        keep_unmapped=switch.keep,
    )


def _doubts(switch: Switch) -> Iterator[Doubt]:
    column = switch.column
    if switch.partly:
        said = f"of column {column.header!r} only the texts that clearly refuse block anybody: {switch.unknown} of {column.filled} cells are not understood and set nothing, see whether any of them refuses"
        yield Doubt(code=DoubtCode.CONSENT_OTHERS, sentence=said)
    elif switch.unknown:
        said = f"{switch.unknown} of {column.filled} cells are not understood: their rows fail until the map lists them"
        yield Doubt(code=DoubtCode.CONSENT_PARTLY, sentence=said)
    if switch.silent:
        said = f"column {column.header!r} says yes or nothing, and a blank cell sets nothing: if blank means no, block those contacts another way"
        yield Doubt(code=DoubtCode.CONSENT_OTHERS, sentence=said)


def consents_left(answers: Iterable[Switch | ConsentUnclear], taken: Sequence[Guess]) -> dict[int, Left]:
    """Point out each column about consent that no rule uses: who refused there would be written to."""
    used = {column.place: one.field for one in taken for column in one.columns}
    return {
        one.column.place: _consent_left(one, used.values()) for one in answers if one.column.place not in used
    }


def requests_left(columns: Iterable[Column]) -> dict[int, Left]:
    """Point out each column of notes in which somebody asks to be left alone; a rule can hardly read them."""
    why = "has cells that ask not to be contacted: see whose they are, and block those people, before you import"
    doubt = Doubt(code=DoubtCode.CONSENT_UNCLEAR, sentence=why)
    return {
        column.place: Left(column=column, note=f"{why}; {described(column)}", doubt=doubt)
        for column in columns
        if any(_REQUEST.search(text) for text in column.few)
    }


_REQUEST: Final = regex(
    r"\b(?:(?:do not|don'?t|never|stop|no more|please no)\s+(?:ever\s+)?(?:contact|call|e-?mail|text|phone|disturb|solicit)|(?:wants?|asked|wishes|requests?(?:ed)?)\s+(?:to be\s+)?(?:unsubscribed?|opted?[ -]out|removed)"
    r"|(?:please\s+)?unsubscribe|remove (?:me|him|her|them|from (?:the |our |all )?(?:mailing )?lists?)|opted[ -]out|no (?:e-?mails?|calls|texts) please"
    r"|nicht (?:mehr )?(?:kontaktieren|anrufen|anschreiben)|keine (?:werbung|e-?mails|anrufe)|ne (?:pas|plus) (?:contacter|appeler|relancer)"
    r"|no (?:contactar|llamar|molestar)|n[aã]o (?:contatar|ligar|contactar)|non (?:contattare|chiamare)|niet (?:meer )?(?:bellen|mailen|benaderen))\b",
    re.IGNORECASE,
)


def _consent_left(answer: Switch | ConsentUnclear, used: Collection[str]) -> Left:
    if isinstance(answer, ConsentUnclear):
        if answer.fields and set(answer.fields) <= set(used):
            return Left(
                column=answer.column, note=f"beside another column of consent; {described(answer.column)}"
            )
        looks = "may be consent" if answer.supposed else "looks like consent"
        why = f"{looks} (an opt-in or opt-out), and {answer.why}: decide what it sets before you import"
        return Left(
            column=answer.column,
            note=f"{why}; {described(answer.column)}",
            doubt=Doubt(code=DoubtCode.CONSENT_UNCLEAR, sentence=why),
        )
    there = " and ".join(name for name in answer.fields if name in set(used))
    why = f"says who opted out too, and another column sets {there}: see that nobody who refused here is written to"
    doubt = Doubt(code=DoubtCode.CONSENT_BESIDE, sentence=why)
    return Left(column=answer.column, note=why, doubt=doubt)
