"""A mapping suggested from a file's headers and a sample of its values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import SourceError
from importer.highlevel.catalog import Catalog
from importer.records import value_type
from importer.settings import ReadingOptions
from importer.suggestion.choosing import guess
from importer.suggestion.customs import custom_guesses
from importer.suggestion.date_orders import date_order, with_layout
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column, columns
from importer.suggestion.guesses import Guess
from importer.suggestion.json_view import as_json
from importer.suggestion.postcodes import code_of
from importer.suggestion.proposal import Proposal
from importer.suggestion.regions import region, shown_country
from importer.suggestion.rendering import rendered
from importer.suggestion.sampling import sampled_rows
from importer.suggestion.synonyms import all_phrases
from importer.suggestion.validity import Home, with_doubts

if TYPE_CHECKING:
    from importer.reading import Source
    from importer.reading.corrections import Corrections
    from importer.records import Json

__all__ = ["Suggestion", "suggest", "suggest_file", "suggest_from"]

_DETECT_ALL: Final = ReadingOptions()


@value_type(frozen=True, slots=True, kw_only=True)
class Suggestion(Proposal):
    """Guessed rules, the defaults they need, and the columns that are left; it writes itself for people and for programs."""

    def to_yaml(self) -> str:
        """Write the mapping, each guess with its reason in a comment."""
        return rendered(self)

    def to_json(self) -> dict[str, Json]:
        """Write all of it for programs, as ``importer suggest --json`` does."""
        return as_json(self)


def suggest_file(
    path: str | os.PathLike[str], *, catalog: Catalog | None = None, options: ReadingOptions = _DETECT_ALL
) -> Suggestion:
    """Suggest a mapping for a file; of several sheets, the one whose headers look most like contacts is taken."""
    source, said = open_likely(path, options=options)
    return suggest(source, catalog=catalog, options=said)


def open_likely(
    path: str | os.PathLike[str],
    *,
    options: ReadingOptions = _DETECT_ALL,
    name: str | None = None,
    corrections: Corrections | None = None,
) -> tuple[Source, ReadingOptions]:
    """Open a file, of several sheets the one that looks most like contacts; give what an import has to be told as well."""
    from importer.reading import open_source

    _refuse_many(path)
    opened = partial(open_source, path, name=name, corrections=corrections)
    try:
        return opened(options=options), options
    except SourceError:
        if options.sheet is not None:
            raise
        try:
            source = opened(options=replace(options, wanted_headers=all_phrases()))
        except SourceError:
            source = None
        if source is None or source.detected.sheet is None:
            raise
    return source, replace(options, sheet=source.detected.sheet)


def _refuse_many(path: str | os.PathLike[str]) -> None:
    """Refuse what an import would take as many files: they may have as many headers."""
    from importer.sources.expanding import expand_sources

    text = os.fspath(path)
    try:
        what = (
            "a folder"
            if Path(text).is_dir()
            else "a pattern"
            if "*" in text and not Path(text).exists()
            else ""
        )
    except OSError:
        return  # whoever opens it says why it cannot be looked at
    if not what:
        return
    try:
        example = f", such as {expand_sources([text])[0]}"
    except SourceError:
        example = ""
    raise SourceError(f"{text} is {what}, and a mapping is suggested from one file. Name one{example}.")


def suggest(
    source: Source, *, catalog: Catalog | None = None, options: ReadingOptions = _DETECT_ALL
) -> Suggestion:
    """Suggest a mapping for an opened source; ``catalog`` lets columns become the location's custom fields."""
    sampled = suggest_from(source.header, sampled_rows(source), name=source.name, catalog=catalog)
    return replace(
        sampled,
        detected=tuple(source.detected.describe()),
        doubts=(*_sheets_left(source), *sampled.doubts),
        options=options,
    )


def _sheets_left(source: Source) -> tuple[Doubt, ...]:
    others = source.detected.sheets_left
    if not others:
        return ()
    said = f"The sheet {source.detected.sheet!r} is taken; other sheets with rows are left out: {', '.join(others)}"
    return (Doubt(code=DoubtCode.SHEETS_LEFT, sentence=said),)


def suggest_from(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    name: str = "the file",
    catalog: Catalog | None = None,
    today: date | None = None,
) -> Suggestion:
    """Suggest a mapping for a header and sampled rows."""
    sampled = columns(header, rows)
    guesses = guess(sampled)
    customs, left = custom_guesses(guesses.left, catalog.custom_fields if catalog else ())
    customs = tuple(with_layout(one) if "(DATE)" in one.reason else one for one in customs)
    named = {name: _of(guesses.fields, name) for name in ("country", "postalCode", "state")}
    # Of PLZ/Ort the code tells the country; with its town behind it, it would be no country's.
    named["postalCode"] = tuple(
        replace(column, values=tuple(map(code_of, column.values))) for column in named["postalCode"]
    )
    where = region(_of(guesses.fields, "phone"), named, sampled)
    country = where.value if where else shown_country(named, sampled)
    order = date_order(_dates(guesses.fields, customs), country, sampled)
    home = Home(
        today=today or datetime.now(UTC).date(),
        region=where.value if where else None,
        date_order=order.value if order else None,
    )
    return Suggestion(
        source_name=name,
        rows=sampled[0].rows if sampled else 0,
        fields=tuple(with_doubts(one, home) for one in guesses.fields),
        tags=guesses.tags,
        custom_fields=customs,
        left=left,
        region=where,
        date_order=order,
        doubts=(where.doubt,) if where and where.doubt else (),
    )


def _of(fields: Sequence[Guess], name: str) -> tuple[Column, ...]:
    return tuple(column for one in fields if one.field == name for column in one.columns)


def _dates(fields: Sequence[Guess], customs: Sequence[Guess]) -> tuple[Column, ...]:
    """Give the columns of dates whose order their own rule does not say."""
    dated = [one for one in fields if one.field == "dateOfBirth"]
    dated += [one for one in customs if "(DATE)" in one.reason]
    return tuple(column for one in dated if one.date_order is None for column in one.columns)
