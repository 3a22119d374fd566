"""A location: its settings, custom fields, users, workflows and campaigns, there as soon as it is first named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from importer.sandbox.contacts import ALPHABET
from importer.sandbox.custom_fields import SILENT, CustomField, accept, slug
from importer.sandbox.wire import JsonObject

COMPANY: Final = "sandboxCompany000001"
SEEDED_FIELDS: Final = (
    ("Shirt Size", "TEXT", ()),
    ("Interests", "MULTIPLE_OPTIONS", ("News", "Events", "Offers")),
    ("Contract Value", "MONETORY", ()),
    ("Renewal Date", "DATE", ()),
    ("Seats", "NUMERICAL", ()),
)
SEEDED_USERS: Final = (("Ada", "Example"), ("Ben", "Example"))
_VALUE_KEYS: Final = ("field_value", "fieldValue", "value")
_ID_LENGTH: Final = 20
_MOST_FILES: Final = 10
"""Of a field that somebody made by a mapping's words: nobody said how many it takes."""
_KINDS_OF_FIELDS: Final = {"contact": "custom field", "opportunity": "opportunity field"}


def steady_id(*words: str) -> str:
    """Make the same id for the same words, so that a restarted sandbox has the same fields and users."""
    number = int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:16], "big")
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


@dataclass(slots=True, eq=False, repr=False)
class Location:
    """One sub-account. Everything in it may be changed while the sandbox runs."""

    id: str
    match: tuple[str, ...] = ("email", "phone")
    allow_duplicates: bool = False
    unknown_option: str = "refuse"
    country: str = "US"
    timezone: str = "America/New_York"
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    by_key: dict[str, CustomField] = field(default_factory=dict)
    users: list[JsonObject] = field(default_factory=list)
    workflows: list[JsonObject] = field(default_factory=list)
    campaigns: list[JsonObject] = field(default_factory=list)
    pipelines: list[JsonObject] = field(default_factory=list)
    allow_duplicate_opportunities: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    def seed(self) -> None:
        """Furnish it with what every new sandbox location has."""
        for name, data_type, options in SEEDED_FIELDS:
            self.add_custom_field(name, data_type=data_type, options=options)
        self.users = [self._user(first, last) for first, last in SEEDED_USERS]
        self.add_workflow("Welcome")
        self.add_workflow("Unfinished", status="draft")
        self.add_campaign("Newsletter")
        self.add_pipeline("Sales", ("New", "Qualified", "Proposal", "Closed"))

    def add_custom_field(
        self,
        name: str,
        *,
        data_type: str = "TEXT",
        options: Iterable[str] = (),
        field_id: str | None = None,
        key: str | None = None,
        model: str = "contact",
        most_files: int = 1,
        accepted: Iterable[str] = (),
    ) -> CustomField:
        made = CustomField(
            id=field_id or steady_id(self.id, _KINDS_OF_FIELDS[model], name),
            name=name,
            key=key or f"{model}.{slug(name)}",
            data_type=data_type,
            options=tuple(options),
            model=model,
            position=50 * len(self.custom_fields),
            most_files=most_files,
            accepted=tuple(accepted),
        )
        self.custom_fields[made.id] = made
        self.by_key[made.key] = made
        return made

    def change_custom_field(self, held: CustomField, *, name: str, options: Iterable[str]) -> CustomField:
        """Rename a field or give it other choices; its key stays."""
        changed = replace(held, name=name, options=tuple(options))
        self.custom_fields[held.id] = changed
        self.by_key[held.key] = changed
        return changed

    def furnish_custom_field(
        self, reference: str, *, model: str = "contact", data_type: str = "TEXT"
    ) -> CustomField:
        """Find a field by id, key or name, and make one of it when there is none."""
        if held := self.find_custom_field(reference, model=model):
            return held
        make = partial(self.add_custom_field, model=model, data_type=data_type, most_files=_MOST_FILES)
        if reference.startswith(f"{model}."):
            return make(reference.removeprefix(f"{model}."), key=reference)
        if len(reference) == _ID_LENGTH and reference.isalnum() and not reference.isalpha():
            return make(reference, field_id=reference)
        return make(reference)

    def find_custom_field(self, reference: str, *, model: str = "contact") -> CustomField | None:
        if held := self.custom_fields.get(reference) or self.by_key.get(reference):
            return held
        folded = reference.casefold()
        fields = (known for known in self.custom_fields.values() if known.model == model)
        return next((known for known in fields if known.name.casefold() == folded), None)

    def add_workflow(self, name: str, *, status: str = "published") -> JsonObject:
        made = {
            "id": steady_id(self.id, "workflow", name),
            "name": name,
            "status": status,
            "version": 1,
            "createdAt": "2026-01-05T09:00:00.000Z",
            "updatedAt": "2026-01-05T09:00:00.000Z",
            "locationId": self.id,
        }
        self.workflows.append(made)
        return made

    def furnish_workflow(self, reference: str) -> JsonObject:
        """Find a workflow by id or name, and make a published one when there is none."""
        return _meant(self.workflows, reference) or self.add_workflow(reference)

    def add_campaign(self, name: str) -> JsonObject:
        made = {
            "id": steady_id(self.id, "campaign", name),
            "name": name,
            "status": "published",
            "locationId": self.id,
        }
        self.campaigns.append(made)
        return made

    def furnish_campaign(self, reference: str) -> JsonObject:
        """Find a campaign by id or name, and make one when there is none."""
        return _meant(self.campaigns, reference) or self.add_campaign(reference)

    def add_pipeline(self, name: str, stages: Iterable[str]) -> JsonObject:
        made = {
            "id": steady_id(self.id, "pipeline", name),
            "name": name,
            "stages": [
                {"id": steady_id(self.id, "stage", name, stage), "name": stage, "position": position}
                for position, stage in enumerate(stages)
            ],
            "showInFunnel": True,
            "showInPieChart": True,
            "locationId": self.id,
        }
        self.pipelines.append(made)
        return made

    def furnish_pipeline(self, reference: str, stages: Iterable[str]) -> JsonObject:
        """Find a pipeline by id or name, or make it; see to it that it has these stages."""
        made = _meant(self.pipelines, reference) or self.add_pipeline(reference, ())
        known = {stage["name"] for stage in made["stages"]}
        for name in dict.fromkeys(each for each in stages if each not in known):
            stage_id = steady_id(self.id, "stage", reference, name)
            made["stages"].append({"id": stage_id, "name": name, "position": len(made["stages"])})
        return made

    def take_custom_fields(self, items: Iterable[JsonObject], *, model: str = "contact") -> JsonObject:
        """Sort out sent custom fields: id to stored value; unknown ids and keys are dropped without a word."""
        taken: JsonObject = {}
        for item in items:
            known = self._named(item, model)
            if known is None or known.model != model:
                continue
            value = _sent_value(item)
            if value is not SILENT:
                value = accept(known, value, unknown_option=self.unknown_option)
            if value is not SILENT:
                taken[known.id] = value
        return taken

    def remember_tags(self, tags: Iterable[str]) -> None:
        for tag in tags:
            if tag not in self.tags:
                self.tags[tag] = steady_id(self.id, "tag", tag)

    def render(self) -> JsonObject:
        """Write the location as ``GET /locations/{id}`` does, the undocumented match order included."""
        return {
            "id": self.id,
            "companyId": COMPANY,
            "name": f"Sandbox {self.id}",
            "country": self.country,
            "timezone": self.timezone,
            "settings": {
                "allowDuplicateContact": self.allow_duplicates,
                "allowDuplicateOpportunity": self.allow_duplicate_opportunities,
                "allowFacebookNameMerge": False,
                "disableContactTimezone": False,
                "contactUniqueIdentifiers": list(self.match),
            },
        }

    def _named(self, item: JsonObject, model: str) -> CustomField | None:
        if held := self.custom_fields.get(item.get("id", "")):
            return held
        key = item.get("key")
        if not isinstance(key, str):
            return None
        return self.by_key.get(key) or self.by_key.get(f"{model}.{key}")

    def _user(self, first: str, last: str) -> JsonObject:
        return {
            "id": steady_id(self.id, "user", first, last),
            "name": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "email": f"{first}.{last}@example.com".lower(),
            "phone": "",
            "roles": {"type": "account", "role": "admin", "locationIds": [self.id]},
        }


def _sent_value(item: JsonObject) -> Any:
    for key in _VALUE_KEYS:
        if key in item:
            return item[key]
    return SILENT


def as_document(location_id: str, custom_field: CustomField) -> JsonObject:
    return {
        "location": location_id,
        "id": custom_field.id,
        "name": custom_field.name,
        "key": custom_field.key,
        "dataType": custom_field.data_type,
        "options": list(custom_field.options),
        "model": custom_field.model,
        "mostFiles": custom_field.most_files,
        "accepted": list(custom_field.accepted),
    }


def _meant(things: Iterable[JsonObject], reference: str) -> JsonObject | None:
    return next((held for held in things if reference in (held["id"], held["name"])), None)
