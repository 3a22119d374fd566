"""What a report shows of groups, examples and counts: ready for the page, values masked unless details are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from importer.records import Counts, Remedy, Status, value_type
from importer.results.masking import mask, mask_sentence
from importer.results.tally import CodeGroup, Example

REMEDY_LABELS: Final = {
    Remedy.FIX_ROW: "Correct the row",
    Remedy.RUN_AGAIN: "Run again",
    Remedy.NONE: "Nothing to do",
}
STATUS_LABELS: Final = {
    Status.CREATED: "Created",
    Status.UPDATED: "Updated",
    Status.SKIPPED: "Skipped",
    Status.FAILED: "Failed",
    Status.PENDING: "Not reached",
}


@value_type(frozen=True, slots=True, kw_only=True)
class ShownExample:
    """One row to look at."""

    source: str
    row: int
    column: str
    value: str
    message: str


@value_type(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """One cause as the page shows it."""

    code: str
    title: str
    mend: str
    remedy: str
    rows: int
    share: float
    examples: tuple[ShownExample, ...]

    @property
    def said_once(self) -> str | None:
        """The sentence that all of the first rows share, when there is no value to show beside it."""
        sentences = {example.message for example in self.examples}
        same = len(sentences) == 1 and not any(example.value for example in self.examples)
        return sentences.pop() if same else None

    @property
    def has_values(self) -> bool:
        return any(example.value or example.column for example in self.examples)

    @property
    def places(self) -> str:
        """The first rows in a few words."""
        named = ", ".join(f"{example.row:,}" for example in self.examples[:5])
        return named + (" ..." if self.rows > 5 else "")


@value_type(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of the bar of outcomes."""

    name: str
    label: str
    count: int
    share: float


def segments(counts: Counts) -> tuple[Segment, ...]:
    """Cut the bar of outcomes; a status that no row has is left out, save those that everyone looks for."""
    whole = counts.read or 1
    parts = ((status, int(getattr(counts, status.value))) for status in Status)
    return tuple(
        Segment(name=status.value, label=STATUS_LABELS[status], count=count, share=count / whole)
        for status, count in parts
        if count or status is not Status.PENDING
    )


def shown_groups(
    groups: Iterable[CodeGroup], names: Sequence[str], *, details: bool
) -> tuple[ShownGroup, ...]:
    """Make groups ready for the page; ``names`` holds the name of each source."""
    return tuple(
        ShownGroup(
            code=group.code,
            title=group.title,
            mend=group.mend,
            remedy=REMEDY_LABELS[group.remedy],
            rows=group.rows,
            share=group.share,
            examples=tuple(_shown(example, names, details=details) for example in group.examples),
        )
        for group in groups
    )


def _shown(example: Example, names: Sequence[str], *, details: bool) -> ShownExample:
    value = example.value or ""
    return ShownExample(
        source=names[example.source] if len(names) > 1 else "",
        row=example.row,
        column=example.column or "",
        value=value if details else mask(value),
        message=example.message if details else mask_sentence(example.message, example.cells),
    )
