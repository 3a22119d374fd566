"""What a run came to, as its last session counted it: kept beside the journal, which takes long to count a million rows in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from importer.records import Counts, Remedy, value_type
from importer.state.journal import Journal, SessionKind
from importer.state.remote import write_progress

FILE_NAME: Final = "ended.json"


class CauseKind(StrEnum):
    """What a cause does to its rows."""

    FAILED = "failed"
    SKIPPED = "skipped"
    WARNING = "warning"


@value_type(frozen=True, slots=True, kw_only=True)
class RunCause:
    """How many rows of a run ended by one code, or were warned by it."""

    kind: CauseKind
    code: str
    rows: int
    remedy: Remedy = Remedy.NONE


@value_type(frozen=True, slots=True, kw_only=True)
class Ended:
    """The counts of a run and their causes, the most frequent of a kind first."""

    counts: Counts
    causes: tuple[RunCause, ...]


def keep_ended(journal: Journal, ended: Ended) -> None:
    """Keep what a run came to with this session; where the disk refuses, whoever asks counts anew."""
    kept = {
        "sessions": _sessions(journal),
        "counts": asdict(ended.counts),
        "causes": [asdict(each) for each in ended.causes],
    }
    write_progress(journal.folder / FILE_NAME, kept, private=True)


def ended_of(journal: Journal) -> Ended:
    """Tell what a run at rest came to: as its last session counted it, or counted now where that one was cut off."""
    return _kept(journal) or _counted(journal)


def _kept(journal: Journal) -> Ended | None:
    try:
        kept = json.loads((journal.folder / FILE_NAME).read_text(encoding="utf-8"))
        if kept["sessions"] != _sessions(journal):  # a later session was killed before it could count
            return None
        return Ended(
            counts=Counts(**kept["counts"]),
            causes=tuple(
                RunCause(
                    kind=CauseKind(each["kind"]),
                    code=str(each["code"]),
                    rows=int(each["rows"]),
                    remedy=Remedy(each["remedy"]),
                )
                for each in kept["causes"]
            ),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _counted(journal: Journal) -> Ended:
    failed = (
        RunCause(kind=CauseKind.FAILED, code=each.code, rows=each.count, remedy=each.remedy)
        for each in journal.errors()
    )
    warned = (
        RunCause(kind=CauseKind.WARNING, code=each.code, rows=each.count) for each in journal.warnings()
    )
    skipped = (
        RunCause(kind=CauseKind.SKIPPED, code=code, rows=rows) for code, rows in journal.skips().items()
    )
    ended = Ended(counts=journal.counts(), causes=(*failed, *skipped, *warned))
    keep_ended(journal, ended)
    return ended


def _sessions(journal: Journal) -> int:
    """Count the sessions that may have settled rows; the one that is at work is among them."""
    kinds: Iterable[SessionKind] = (session.kind for session in journal.sessions())
    return sum(kind is not SessionKind.UNDO for kind in kinds)
