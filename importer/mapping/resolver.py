"""Records matched to one location: custom fields by id and type, users, time zones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog
from importer.highlevel.timezones import choose
from importer.mapping.additions import AdditionResolver
from importer.mapping.compiled.layout import Locate
from importer.mapping.compiled.program import failed
from importer.mapping.custom_targets import CustomRules, CustomTargets
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import RuleKey
from importer.mapping.location_values import Users, settled
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import Fault, Json, Outcome, Record

_ZONES_REMEMBERED: Final = 1_000


class Resolver:
    """Finishes records for one location; records that need nothing pass as they are."""

    def __init__(
        self,
        model: MappingModel,
        catalog: Catalog | None,
        *,
        written: Mapping[RuleKey, Conventions],
        open_dates: Mapping[RuleKey, str],
        locate: Locate,
    ) -> None:
        self._model = model
        rules = CustomRules(model=model, written=written, open_dates=open_dates)
        known = catalog.custom_fields if catalog is not None else None
        self._customs = CustomTargets(model.custom_fields, known, rules)
        self._users = Users(catalog.users) if catalog else None
        self._additions = AdditionResolver(rules, catalog, self._users)
        faults = [*self._customs.faults, *self._additions.faults]
        if faults:
            raise MappingError("The mapping does not fit the location.", faults=locate(faults, key=True))
        # Rows share a few zones, and a location lists hundreds: to go through them takes longer than all else of a row.
        finders: dict[str, Callable[[str], ReadValue]] = {}
        if self._users is not None:
            finders["assignedTo"] = self._users.find
        if catalog is not None and catalog.timezones:
            finders["timezone"] = lru_cache(_ZONES_REMEMBERED)(partial(_zone_among, catalog.timezones))
        self._named = [(name, find) for name, find in finders.items() if name in model.fields]

    def resolve(self, record: Record) -> Record | Outcome:
        """Finish one record, or fail it with the values that the location cannot take."""
        if not record.custom_fields and not self._named and not record.additions:
            return record
        faults: list[Fault] = []
        custom = self._customs.resolve(record.custom_fields, record, faults)
        fields = record.fields
        if self._named:
            fields = self._resolve_fields(record.fields, faults)
        additions = self._additions.resolve(record, faults) if record.additions else ()
        if faults and any(fault.fails for fault in faults):
            return failed(record.row, record.location_id, _known_better(record.warnings, faults))
        return record.resolved(
            fields=fields,
            custom_fields=custom,
            additions=additions,
            warnings=_known_better(record.warnings, faults) if faults else record.warnings,
        )

    def _resolve_fields(self, given: Mapping[str, Json], faults: list[Fault]) -> Mapping[str, Json]:
        fields: dict[str, Json] | Mapping[str, Json] = given
        for name, find in self._named:
            text = given.get(name)
            if isinstance(text, str) and (found := find(text)) != text:
                rule = self._model.fields[name]
                header = " or ".join(rule.headers) or name
                value = settled(found, text, header, faults, drop=rule.on_invalid == "drop")
                fields = {**fields, name: value}
                if value is None:
                    del fields[name]
        return fields


def _zone_among(zones: Sequence[str], text: str) -> ReadValue:
    return choose(text, zones) or ValueFault(
        "invalid_timezone", f"{quoted(text)} is no time zone of the location"
    )


def _known_better(warnings: Sequence[Fault], faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Put what the field's own type says of a cell in the place of what was said of it as a mere text."""
    said = {(fault.code, fault.column) for fault in faults}
    return (*(each for each in warnings if (each.code, each.column) not in said), *faults)
