"""A diff as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from importer.results.diff import DiffSide, DiffStatus, DiffSummary
from importer.results.wording import number, rows

_LABELS: Final = {
    DiffStatus.SAME: "same",
    DiffStatus.DIFFERING: "differing",
    DiffStatus.ONLY_A: "only in A",
    DiffStatus.ONLY_B: "only in B",
    DiffStatus.AMBIGUOUS: "ambiguous",
    DiffStatus.FAILED: "would fail",
    DiffStatus.SKIPPED: "skipped",
}
_ALWAYS: Final = frozenset({DiffStatus.SAME, DiffStatus.DIFFERING, DiffStatus.ONLY_A, DiffStatus.ONLY_B})


def render_diff(diff: DiffSummary) -> str:
    """Write a diff for people; several lines, no line break at the end."""
    return "\n".join(
        (
            f"A  {_side(diff.a)}",
            f"B  {_side(diff.b)}",
            "",
            *(
                f"  {_LABELS[status]:<12}{diff.count(status):>10,}"
                for status in DiffStatus
                if diff.count(status) or status in _ALWAYS
            ),
            *_fields(diff),
            *_unseen(diff),
            *([] if diff.path is None else ["", f"  differences   {diff.path}"]),
        )
    )


def _side(side: DiffSide) -> str:
    if side.rows is not None:
        return f"{side.name}: {rows(side.rows)}"
    moment = datetime.fromtimestamp(side.as_of or 0.0, UTC).astimezone()
    contacts = side.contacts or 0
    many = "1 contact" if contacts == 1 else f"{number(contacts)} contacts"
    return f"{side.name}: {many}, as of {moment:%Y-%m-%d %H:%M:%S}"


def _fields(diff: DiffSummary) -> Iterator[str]:
    if diff.fields:
        yield ""
        yield f"  {'field':<24}{'differing':>10}"
        for name, count in sorted(diff.fields.items(), key=lambda pair: (-pair[1], pair[0])):
            yield f"  {name:<24.24}{count:>10,}"


def _unseen(diff: DiffSummary) -> Iterator[str]:
    if diff.unseen:
        yield ""
        yield f"Not compared, since a search does not show it: {', '.join(diff.unseen)}."
