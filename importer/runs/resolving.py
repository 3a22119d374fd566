"""Each record resolved against its own location, as far as that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from importer.errors import CredentialsError
from importer.highlevel.catalog import Catalog
from importer.highlevel.refusals import location_refused
from importer.mapping import Resolver
from importer.records import Outcome, Record
from importer.runs.intake import Intake

Catalogs: TypeAlias = Mapping[str, Catalog | CredentialsError]
"""What each location told of itself, or why it refused."""


class Resolvers:
    """What a refused location cannot tell fails the row; a location that is not in ``catalogs`` was not asked.

    Raises MappingError where the mapping does not fit a location.
    """

    def __init__(self, intake: Intake, catalogs: Catalogs) -> None:
        self._refused = {key: each for key, each in catalogs.items() if isinstance(each, CredentialsError)}
        self._resolvers: dict[str, Resolver] = {
            key: intake.bound.resolver(each)
            for key, each in catalogs.items()
            if isinstance(each, Catalog) and key in intake.bound.location_rows
        }
        known = self._resolvers.keys() | self._refused.keys()
        if not known >= intake.bound.location_rows.keys():
            offline = intake.bound.resolver(None)
            self._resolvers.update(dict.fromkeys(intake.bound.location_rows.keys() - known, offline))

    def resolve(self, record: Record) -> Record | Outcome:
        refused = self._refused.get(record.location_id)
        if refused is not None:
            return location_refused(record, str(refused))
        return self._resolvers[record.location_id].resolve(record)
