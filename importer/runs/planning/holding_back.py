"""Rows that were planned before their contact came onto the list of people who are sent nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from importer.mapping.suppression import Suppression
from importer.mirror.folder import MirrorFolder
from importer.mirror.store import Mirror
from importer.records import PlanAction, PlannedRow, Record, RowId
from importer.runs.planning.deciding import held_back


class HoldingBack:
    """Looks planned updates up in the locations' mirrors: a list may have grown since the plan was made."""

    def __init__(self, suppression: Suppression, folder: MirrorFolder, base_url: str) -> None:
        self._suppression = suppression
        self._folder = folder
        self._base_url = base_url

    def among(
        self, records: Iterable[Record], planned: Mapping[RowId, PlannedRow]
    ) -> dict[RowId, PlannedRow]:
        """Give the rows that are sent nothing by now, as far as a mirror shows their contact."""
        wanted: dict[str, list[tuple[Record, str]]] = {}
        for record in records:
            row = planned.get(record.row)
            if row is not None and row.action is PlanAction.UPDATE and row.contact_id is not None:
                wanted.setdefault(record.location_id, []).append((record, row.contact_id))
        found: dict[RowId, PlannedRow] = {}
        for location_id, pairs in wanted.items():
            found.update(self._in(location_id, pairs))
        return found

    def _in(self, location_id: str, pairs: list[tuple[Record, str]]) -> dict[RowId, PlannedRow]:
        path = self._folder.newest(self._base_url, location_id)
        if path is None:
            return {}
        with Mirror.open(path) as mirror:
            contacts = mirror.by_ids(contact_id for _, contact_id in pairs)
        ends = (
            held_back(record, self._suppression, [contacts.get(contact_id)]) for record, contact_id in pairs
        )
        return {end.row: end for end in ends if end is not None}
