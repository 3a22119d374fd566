"""The forecast as a terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from importer.records import RowObject, Status
from importer.results.forecast import Expected, Forecast
from importer.results.lifts import Lifts
from importer.results.next_steps import first_steps
from importer.results.palette import Palette, palette_for
from importer.results.summary_text import causes
from importer.results.wording import duration, number, percent, rows

_TRIGGERS: Final = {
    RowObject.CONTACT: "'contact created' or 'tag added'",
    RowObject.OPPORTUNITY: "'opportunity created'",
    RowObject.NOTE: "'note added'",
    RowObject.TASK: "'task added'",
}
_TAGS: Final = 5


def render_forecast(forecast: Forecast, report: Path | None = None, palette: Palette | None = None) -> str:
    """Write the forecast for people; several lines, no line break at the end. Colours are those of standard error."""
    colours = palette or palette_for(sys.stderr)
    return "\n".join(
        [
            colours.bold(_headline(forecast)),
            "",
            *_counts(forecast, colours),
            "",
            *_needs(forecast),
            *causes(
                forecast.errors,
                colours,
                title="Rows that would fail, by cause",
                sources=forecast.sources,
                examples=True,
            ),
            *causes(
                forecast.skip_groups,
                colours,
                title="Rows that would be skipped, by cause",
                sources=forecast.sources,
                examples=True,
            ),
            *causes(
                forecast.warning_groups, colours, title="Warnings", sources=forecast.sources, examples=True
            ),
            *_sentences(forecast.overlooked, colours, title="Look before you import"),
            *_sentences(forecast.unchecked, colours, title="Not checked"),
            *_files(forecast, report),
            *_next(forecast, colours),
        ]
    )


def _headline(forecast: Forecast) -> str:
    if not forecast.failed:
        return f"{rows(forecast.rows_read)}, and none would fail; nothing was sent."
    return f"{rows(forecast.failed)} of {number(forecast.rows_read)} would fail; nothing was sent."


def _counts(forecast: Forecast, colours: Palette) -> Iterator[str]:
    parts = (
        ("to send", forecast.ready, Status.CREATED),
        ("to skip", forecast.skipped, Status.SKIPPED),
        ("would fail", forecast.failed, Status.FAILED),
    )
    for name, count, status in parts:
        line = f"  {name:<10}{count:>10,}"
        yield colours.status(status, line) if count else line


def _needs(forecast: Forecast) -> Iterator[str]:
    if forecast.days > 1:
        yield (
            f"  time         {forecast.days} days, as each day's quota allows no more: about "
            f"{duration(forecast.seconds)} of sending in all"
        )
    else:
        yield f"  time         about {duration(forecast.seconds)} at the vendor's quota"
    yield f"  requests     {number(forecast.requests)}, {percent(forecast.daily_share)} of a day's quota"
    for source in forecast.sources:
        if source.hidden:
            yield f"  hidden       {source.name} has {source.hidden}: read like all others"
        yield from (f"  doubt        {source.name}: {doubt}" for doubt in source.doubts)
    yield from (f"  same contact {sentence}" for sentence in forecast.same_contact.sentences())
    if forecast.similar is not None:
        yield from (f"  similar      {sentence}" for sentence in forecast.similar.sentences())
    if forecast.ready and (triggers := _TRIGGERS.get(forecast.row_object)):
        yield f"  workflows    up to {rows(forecast.ready)} may start those that wait for {triggers} in the location"
    if forecast.lifts.rows:
        yield f"  lifts        {_lifts(forecast.lifts)}"
    if forecast.new_tags:
        yield f"  new tags     {_new_tags(forecast.new_tags)}"
    if forecast.expected is not None:
        yield from _expected(forecast, forecast.expected)


def people_notes(forecast: Forecast) -> Iterator[str]:
    """Say which rows are one person's, and whom rows may let be written to again."""
    yield from forecast.same_contact.sentences()
    if forecast.lifts.rows:
        yield _lifts(forecast.lifts)


def _expected(forecast: Forecast, expected: Expected) -> Iterator[str]:
    asked = f"asked for {rows(expected.asked)}"
    if forecast.row_object.beside:
        yield f"  contacts     {percent(1 - expected.updated_share)} of the rows find none in the location, and would fail ({asked})"
    elif expected.asked:
        updated = forecast.expected_updates / (forecast.ready or 1)
        yield f"  expected     {percent(1 - updated)} created, {percent(updated)} updated ({asked})"


def _lifts(lifts: Lifts) -> str:
    """Say who would be written to again that said no; a row's blank cell never lifts anything."""
    if not lifts.asked:
        return (
            f"{rows(lifts.rows)} may lift somebody's do-not-disturb: they switch it off, also for whoever said no in "
            "HighLevel meanwhile (with a token, the location is asked)"
        )
    return (
        f"{number(lifts.lifting)} of {rows(lifts.rows)} that {'switches' if lifts.rows == 1 else 'switch'} do-not-disturb off would lift it for somebody who said no"
        + (f" (asked about {number(lifts.asked)})" if lifts.asked < lifts.rows else "")
    )


def _new_tags(new_tags: Mapping[str, int]) -> str:
    shown = ", ".join(f"{tag!r} ({rows(count)})" for tag, count in list(new_tags.items())[:_TAGS])
    more = f" and {number(len(new_tags) - _TAGS)} more" if len(new_tags) > _TAGS else ""
    they, them = ("it is", "it") if len(new_tags) == 1 else ("they are", "them")
    return f"{shown}{more}: {they} not in the location yet, a run makes {them}"


def _sentences(found: Sequence[str], colours: Palette, *, title: str) -> Iterator[str]:
    if found:
        yield ""
        yield colours.bold(title)
    for sentence in found:
        yield f"  {sentence}"


def _files(forecast: Forecast, report: Path | None) -> Iterator[str]:
    listed = forecast.same_contact.path
    similar = None if forecast.similar is None else forecast.similar.path
    if report is not None or listed is not None or similar is not None:
        yield ""
    if similar is not None:
        yield f"  similar      {similar}"
    if listed is not None:
        yield f"  same contact {listed}"
    if report is not None:
        yield f"  report       {report}"


def _next(forecast: Forecast, colours: Palette) -> Iterator[str]:
    for step in first_steps(forecast):
        yield ""
        yield step.sentence
        if step.command:
            yield "  " + colours.bold(step.command)
