"""The summary as a terminal shows it: what happened, why rows failed, where the files are, what to type next."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from importer.records import Counts, Status
from importer.results.next_steps import next_steps
from importer.results.palette import Palette, palette_for
from importer.results.summary import SourceSummary, Summary
from importer.results.tally import CodeGroup, Example
from importer.results.wording import duration, number, percent, rows, shown_value, since_text
from importer.results.wrapping import width_of
from importer.runtime.counting import counted

_BAR: Final = 24
_CAUSES: Final = 8
_WIDTH: Final = 96


def render_summary(summary: Summary, palette: Palette | None = None) -> str:
    """Write the summary for people; several lines, no line break at the end. Colours are those of standard error."""
    colours = palette or palette_for(sys.stderr)
    return "\n".join(
        [
            colours.bold(headline(summary)),
            "",
            *_counts(summary.counts, colours),
            *causes(summary.errors, colours, title="Failed rows by cause", sources=summary.sources),
            *causes(summary.skip_groups, colours, title="Skipped rows by cause", sources=summary.sources),
            *causes(summary.warning_groups, colours, title="Warnings", sources=summary.sources),
            "",
            *_files(summary),
            *_notices(summary),
            *_next(summary, colours),
        ]
    )


def headline(summary: Summary) -> str:
    """Say in one sentence how the run ended."""
    there = summary.created + summary.updated
    done = f"{number(there)} of {rows(summary.rows_read)} imported in {duration(summary.seconds)}"
    if summary.repeated:
        again = "compare it anew and send what differs" if summary.commands.planned else "send it all again"
        return (
            f"Nothing was left to do, and nothing was sent: run {summary.run_id} finished this very import before "
            f"({done}). To {again}: {summary.commands.run_anew()}"
        )
    if summary.tried:
        return (
            f"Nothing was sent this time: the trial is done ({done}), {number(summary.pending)} still to do."
        )
    if summary.state == "stopped":
        reason = f" {summary.reason.rstrip('.')}." if summary.reason else ""
        due = next((group.rows for group in summary.warning_groups if group.code == "unfinished"), 0)
        finish = f" and {number(due)} to be finished" if due else ""
        return f"Stopped: {done}, {number(summary.pending)} still to do{finish}.{reason}"
    if summary.failed:
        return f"Finished, {rows(summary.failed)} failed: {done}."
    return f"Finished: {done}."


def _counts(counts: Counts, colours: Palette) -> Iterator[str]:
    whole = counts.read or 1
    yield f"  of {rows(counts.read)}"
    for status in Status:
        count: int = getattr(counts, status.value)
        if status is Status.PENDING and not count:
            continue
        bar = "#" * max(round(count / whole * _BAR), 1 if count else 0)
        line = f"  {status.value:<8}{count:>10,}  {percent(count / whole):>8}  {bar}".rstrip()
        yield colours.status(status, line) if count else line


def causes(
    groups: Iterable[CodeGroup],
    colours: Palette,
    *,
    title: str,
    sources: Sequence[SourceSummary] = (),
    examples: bool = False,
) -> Iterator[str]:
    """List causes, the largest first; ``examples``: with the first row of each, its column and value."""
    ranked = list(groups)
    if not ranked:
        return
    yield ""
    yield colours.bold(f"{title} (% of {number(sum(group.rows for group in ranked))})")
    for group in ranked[:_CAUSES]:
        places = ", ".join(_place(example, sources) for example in group.examples[:3])
        more = ", ..." if group.rows > 3 else ""
        word = "row" if group.rows == 1 else "rows"
        yield f"  {group.code:<24}{group.rows:>8,}  {percent(group.share):>8}  {word} {places}{more}"
        yield from (colours.dim(f"    {line}") for line in _explained(group))
        if examples and group.examples:
            yield f"    for example, {_example(group.examples[0], sources)}"
    if len(ranked) > _CAUSES:
        yield f"  and {counted(len(ranked) - _CAUSES, 'more cause')} in the report"


def _example(example: Example, sources: Sequence[SourceSummary]) -> str:
    where = f"row {_place(example, sources)}"
    if example.column is None or example.value is None:
        return f"{where}: {example.message}"
    value = shown_value(example.value)
    return f"{where}, column {example.column!r}: {value or 'blank'}"


def _explained(group: CodeGroup) -> list[str]:
    """Say what a code means: in lines of a fixed width, but in one for a terminal, which has its own."""
    text = f"{group.title}. {group.mend}"
    return [text] if width_of(sys.stderr) else textwrap.wrap(text, _WIDTH, break_long_words=False)


def _place(example: Example, sources: Sequence[SourceSummary]) -> str:
    """Name a row; with its source where there are several, since each of them has such a row."""
    return f"{sources[example.source].name} {example.row}" if len(sources) > 1 else str(example.row)


def _files(summary: Summary) -> Iterator[str]:
    yield f"  results      {summary.results}"
    if summary.failed or summary.pending:
        yield f"  failed rows  {summary.failed_workbook or summary.failed_rows}"
    if summary.missing:
        yield f"  missing      {summary.missing_file} ({number(summary.missing)} whom earlier files had)"
    if summary.same_contact.path is not None:
        yield f"  same contact {summary.same_contact.path}"
    yield f"  report       {summary.report}"


def _notices(summary: Summary) -> Iterator[str]:
    """Tell what somebody who looks at the sheet, the workbook or the folder would not see there."""
    if summary.follows:
        yield f"  these are rows of run {summary.follows}, corrected"
    if summary.beside:
        added = ", ".join(f"{name} {number(count)}" for name, count in summary.beside.items())
        yield f"  added beside the contacts: {added}"
    if summary.since:
        yield f"  {since_text(summary.since, summary.rows_read)} (by run {', '.join(summary.since.successors)})"
    yield from (f"  {sentence}" for sentence in summary.same_contact.sentences())
    for changed, written in summary.kept:
        yield f"  {changed.name} was changed since it was written and is kept; what holds now is in {written.name}"
    for source in summary.sources:
        if source.hidden:
            yield f"  {source.name} has {source.hidden}: read and imported like all others"
        yield from (f"  {source.name}: {doubt}" for doubt in source.doubts)
    if summary.cut_cells:
        cells = "cell is" if summary.cut_cells == 1 else "cells are"
        yield (
            f"  {number(summary.cut_cells)} {cells} longer than a workbook can hold and cut in "
            f"{summary.results.name}, where each says so; whole in:"
        )
        yield "    " + summary.commands.results(summary.run_id, "--results-format", "csv")


def _next(summary: Summary, colours: Palette) -> Iterator[str]:
    for step in next_steps(summary):
        yield ""
        yield step.sentence
        if step.command:
            yield "  " + colours.bold(step.command)
