"""The lines of one address: a house number or the lines behind the first, joined to the street, as the vendor has one line."""

from __future__ import annotations

from collections.abc import Sequence

from importer.records import value_type
from importer.suggestion.named_columns import Candidate
from importer.suggestion.synonyms import HOUSE_NUMBERS, NUMBER_FIRST


@value_type(frozen=True, slots=True, kw_only=True)
class FurtherLines:
    """Columns that belong to a street, the template that joins them, and what they are in words."""

    lines: Sequence[Candidate]
    template: str
    what: str


def further_lines(street: str, seconds: Sequence[Candidate]) -> FurtherLines | None:
    """Find what is joined to the street; a house number goes before the lines."""
    ranked = sorted(seconds, key=lambda one: not _is_house_number(one))
    if not ranked or not ranked[0].column.filled or not _fits_a_template(street, ranked[0].header):
        return None
    if _is_house_number(ranked[0]):
        written = (street, ranked[0].header)
        first = " ".join(ranked[0].column.words) in NUMBER_FIRST
        template = " ".join(f"{{{header}}}" for header in (written[::-1] if first else written))
        return FurtherLines(lines=ranked[:1], template=template, what="house number")
    lines = _lines_of(ranked)
    template = ", ".join(f"{{{header}}}" for header in (street, *(one.header for one in lines)))
    return FurtherLines(
        lines=lines, template=template, what="second line" if len(lines) == 1 else "other lines"
    )


def _fits_a_template(*headers: str) -> bool:
    return not set("{}") & set("".join(headers))


def _lines_of(seconds: Sequence[Candidate]) -> Sequence[Candidate]:
    """Take the lines that are counted, by their numbers: what stands on a third one is part of the address too."""
    counted = [one for one in seconds if _is_counted(one) and one.place == seconds[0].place]
    return sorted(counted, key=lambda one: one.number) if seconds[0] in counted else seconds[:1]


def _is_counted(one: Candidate) -> bool:
    counted = one.number > 1 and one.column.words[-1:] == (str(one.number),)
    return counted and one.column.filled > 0 and _fits_a_template(one.header)


def _is_house_number(one: Candidate) -> bool:
    return " ".join(one.column.words) in HOUSE_NUMBERS
