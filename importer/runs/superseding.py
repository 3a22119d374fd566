"""What goes on with a run must not put an older row of a person over a newer one that got through meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from importer.highlevel.payload import match_keys
from importer.records import Intent, Landed, Outcome, Record, RowId, Status, number_of
from importer.runs.intake import Mapped
from importer.state.journal import Journal
from importer.state.lineage import taken_home

_ARRIVED = frozenset({Status.CREATED, Status.UPDATED})


def superseded(journal: Journal, pieces: Iterable[Mapped]) -> list[Outcome]:
    """Say of each row open for a retry whose person a later row of the file created or updated already that it is skipped.

    Row 5 failed, row 9 of the same person with newer values got through: sending row 5 now would undo row 9.
    """
    return [
        Outcome(
            row=row,
            status=Status.SKIPPED,
            location_id=later.location_id,
            contact_id=later.contact_id,
            code="superseded",
            message=f"Row {number_of(later.row)} of the same person was imported after this one had failed; "
            "sending this row now would put its older values over the newer ones.",
        )
        for row, later in _overtaken(journal, pieces)
    ]


def settle_taken_home(journal: Journal) -> None:
    """Skip each row that is still to be sent while a later run has imported it, corrected, from the failed rows."""
    skipped = [
        Outcome(
            row=row,
            status=Status.SKIPPED,
            code="superseded",
            message=f"Run {run_id} took this row up from the failed rows; sending it now would put its older values "
            "over the corrected ones.",
        )
        for row, run_id in taken_home(journal.folder).items()
        if _unsent(journal, row)
    ]
    journal.settle(skipped)


def _unsent(journal: Journal, row: RowId) -> bool:
    """Tell a row that would be sent anew; one that may be stored already is settled by evidence, as ever."""
    row_state = journal.row_states(row, row).get(row)
    return row_state is None or (journal.retrying and isinstance(row_state, Intent))


def _overtaken(journal: Journal, pieces: Iterable[Mapped]) -> Iterator[tuple[RowId, Outcome]]:
    waiting: dict[tuple[str, str], set[RowId]] = {}
    for record, row_state in _known(journal, pieces):
        keys = [(record.location_id, key) for key in match_keys(record)]
        if isinstance(row_state, Outcome):
            if row_state.status in _ARRIVED:
                for row in {row for key in keys for row in waiting.get(key, ())}:
                    _stop_waiting(waiting, row)
                    yield row, row_state
        elif not isinstance(row_state, Landed):
            # A landed row has written its values already, in its turn; only its tags or workflow are due.
            for key in keys:
                waiting.setdefault(key, set()).add(record.row)


def _known(journal: Journal, pieces: Iterable[Mapped]) -> Iterator[tuple[Record, object]]:
    """Pair every row that can be sent with its state, in file order."""
    for mapped in pieces:
        row_states = journal.row_states(mapped[0].row, mapped[-1].row)
        for item in mapped:
            if isinstance(item, Record):
                yield item, row_states.get(item.row)


def _stop_waiting(waiting: dict[tuple[str, str], set[RowId]], row: RowId) -> None:
    for rows in waiting.values():
        rows.discard(row)
