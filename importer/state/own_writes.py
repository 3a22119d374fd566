"""Which contacts of a location the runs of this state folder wrote lately: the vendor's search may not show it yet."""

from __future__ import annotations

import contextlib
from dataclasses import field

from importer.errors import ImporterError
from importer.records import value_type
from importer.state.folder import StateFolder
from importer.state.journal.lately import written_since


@value_type(frozen=True, slots=True, kw_only=True)
class OwnWrites:
    """When each contact was last written to."""

    at: dict[str, float] = field(default_factory=dict)

    @property
    def last_at(self) -> float | None:
        return max(self.at.values(), default=None)

    def since(self, moment: float) -> list[str]:
        return sorted(contact_id for contact_id, at in self.at.items() if at >= moment)


def own_writes(state: StateFolder, *, place: str, location_id: str, since: float) -> OwnWrites:
    """Find what runs wrote to a location since a moment; a damaged run tells nothing."""
    found: dict[str, float] = {}
    for run_id in state.run_ids_since(since):
        with contextlib.suppress(ImporterError):
            if state.run(run_id).place == place:
                for contact_id, at in written_since(state.run_folder(run_id), location_id, since):
                    found[contact_id] = max(at, found.get(contact_id, at))
    return OwnWrites(at=found)
