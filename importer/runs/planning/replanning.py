"""Rows of a plan decided anew upon their contact as it is now, because somebody changed it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from importer.highlevel.catalog import Catalog
from importer.highlevel.contacts import read_contact
from importer.mapping import Mapping as FieldMapping
from importer.mapping.suppression import Suppression
from importer.mirror.field_index import ValueKeys
from importer.mirror.foreseen import OneContact
from importer.records import Fault, Outcome, PlanAction, Record
from importer.runs.planning.comparing import as_planned
from importer.runs.planning.deciding import Decider, DecidingRules
from importer.runs.resolving import Catalogs

CODE = "replanned"


class Replanner:
    """Decides by the rules that the plan was made by; knows each location once its catalog was read."""

    def __init__(self, mapping: FieldMapping, suppression: Suppression | None) -> None:
        self._mapping = mapping
        self._suppression = suppression
        self._rules: dict[str, DecidingRules] = {}

    def learn(self, catalogs: Catalogs) -> None:
        self._rules = {
            key: DecidingRules.of(self._mapping, each)
            for key, each in catalogs.items()
            if isinstance(each, Catalog)
        }

    def decide(self, record: Record, contact: Mapping[str, Any], why: str) -> Record | Outcome | None:
        """Give the row as it is sent now, or as it ends without; None where the contact is no longer its own."""
        rules = self._rules.get(record.location_id)
        if rules is None or not contact.get("id"):
            return None
        values = None if rules.by is None else ValueKeys(rules.by)
        decider = Decider(OneContact(read_contact(contact), values), rules, self._suppression)
        planned = decider.decide([record])[record.row]
        if planned.action is PlanAction.CREATE or planned.code == "ambiguous":
            return None
        anew = as_planned(record, planned, self._mapping.tag_mode)
        said = Fault(code=CODE, message=f"decided anew: {why} after it was compared", fails=False)
        return replace(anew, warnings=(*anew.warnings, said))
