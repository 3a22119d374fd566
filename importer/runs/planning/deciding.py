"""What becomes of a row: created, or which contact it changes and how, or why nothing is sent. Pure but for the mirror."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.contacts import ADDITIONAL, HeldContact
from importer.highlevel.equality import is_blank
from importer.highlevel.payload import match_keys
from importer.mapping import Mapping
from importer.mapping.custom_targets import find_custom_field
from importer.mapping.suppression import CODE as SUPPRESSED
from importer.mapping.suppression import Suppression
from importer.mirror.changes import (
    NO_DIFFERENCE,
    Difference,
    UpdateRules,
    difference,
    left_by_create,
    left_by_update,
)
from importer.mirror.foreseen import LocationView
from importer.mirror.matching import Ambiguous, RowKeys, find_contact, look_for
from importer.records import (
    Fault,
    FollowUpFor,
    ImportMode,
    OnUpdate,
    Outcome,
    PlanAction,
    PlannedRow,
    Record,
    RowId,
    Status,
    number_of,
    value_type,
)

_APPENDABLE: Final = frozenset({"TEXT", "LARGE_TEXT", "MULTIPLE_OPTIONS", "CHECKBOX"})
_NOT_ONE_VALUE: Final = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})
_MADE: Final = "row "
"""How the id begins by which a contact is known that an earlier row of the plan makes."""


@value_type(frozen=True, slots=True, kw_only=True)
class DecidingRules:
    """What a mapping says about contacts that exist, in one location."""

    order: tuple[str, ...]
    mode: ImportMode
    only_finds: bool = False
    """Rows write nothing of their contacts, and make none: each is something beside one that is there."""
    send_ambiguous: bool = False
    by: CustomField | None = None
    """The custom field that contacts are found by."""
    update: UpdateRules = field(default_factory=UpdateRules)

    @classmethod
    def of(cls, mapping: Mapping, catalog: Catalog) -> DecidingRules:
        """Bind what a mapping says to one location. Raises MappingError for a field that takes no `append`, or finds nobody."""
        found = [find_custom_field(name, catalog.custom_fields) for name in mapping.needs.custom_field_names]
        return cls(
            order=catalog.matching_order,
            mode=mapping.mode,
            only_finds=mapping.row_object.beside,
            by=_found_by(mapping, catalog),
            send_ambiguous=mapping.model.match.ambiguous == "send",
            update=UpdateRules(
                custom_fields={each.id: each for each in found if not isinstance(each, str)},
                policies=_policies(mapping, catalog),
                policy=mapping.model.defaults.on_update or OnUpdate.OVERWRITE,
                tag_mode=mapping.tag_mode,
            ),
        )


def _found_by(mapping: Mapping, catalog: Catalog) -> CustomField | None:
    by = mapping.model.match.by
    if by is None:
        return None
    found = find_custom_field(by.custom_field, catalog.custom_fields)
    if isinstance(found, str):
        raise MappingError(found)
    if found.data_type in _NOT_ONE_VALUE:
        raise MappingError(
            f"The custom field {found.name!r} is of type {found.data_type}: match: by takes a field of one value."
        )
    return found


def _policies(mapping: Mapping, catalog: Catalog) -> dict[str, OnUpdate]:
    model = mapping.model
    policies = {
        name.partition(".")[0]: rule.on_update for name, rule in model.fields.items() if rule.on_update
    }
    for name, rule in model.custom_fields.items():
        found = find_custom_field(name, catalog.custom_fields)
        if isinstance(found, str) or rule.on_update is None:
            continue
        if rule.on_update is OnUpdate.APPEND and found.data_type not in _APPENDABLE:
            raise MappingError(
                f"The custom field {found.name!r} is of type {found.data_type}: on_update: append is for long text and "
                "for fields of several choices."
            )
        policies[found.id] = rule.on_update
    return policies


class Decider:
    """Decides the rows of one location, in file order: each upon what the rows before it leave."""

    def __init__(
        self, location: LocationView, rules: DecidingRules, suppression: Suppression | None = None
    ) -> None:
        self._location = location
        self._rules = rules
        self._suppression = suppression

    def decide(self, records: Sequence[Record]) -> dict[RowId, PlannedRow]:
        """Decide a block of rows."""
        keys = look_for(records, self._location, self._rules.order)
        decided = {record.row: self._decide(record, its) for record, its in zip(records, keys, strict=True)}
        self._location.settle()
        return decided

    def _decide(self, record: Record, keys: RowKeys) -> PlannedRow:
        match find_contact(record, self._location, keys):
            case Ambiguous() as several:
                candidates = map(self._location.contact, several.contact_ids)
                if end := held_back(record, self._suppression, candidates):
                    return end
                return _ambiguous(record, several, send=self._rules.send_ambiguous)
            case None if record.contact_id is not None:
                return _planned(
                    record,
                    PlanAction.FAIL,
                    code="contact_not_found",
                    reason=f"The location has no contact with the id {record.contact_id}, as last read.",
                )
            case None:
                return self._create(record)
            case contact:
                return held_back(record, self._suppression, [contact]) or self._update(record, contact)

    def _create(self, record: Record) -> PlannedRow:
        if self._rules.only_finds:
            reason = "No contact of the location is the one that the row names. Import the contact first."
            return _planned(record, PlanAction.FAIL, code="contact_not_found", reason=reason)
        if self._rules.mode is ImportMode.UPDATE_ONLY:
            return _planned(
                record,
                PlanAction.SKIP,
                code="not_found",
                reason="No contact matches the row, and the mapping's mode is update_only.",
            )
        if self._rules.by is not None and not match_keys(record):
            return _planned(
                record,
                PlanAction.FAIL,
                code="no_identifier",
                reason=f"Nobody has this value of {self._rules.by.name}, and a new contact needs an e-mail or a phone.",
            )
        self._location.leave(left_by_create(record, f"{_MADE}{record.row}"))
        return _planned(record, PlanAction.CREATE)

    def _update(self, record: Record, contact: HeldContact) -> PlannedRow:
        if self._rules.only_finds:
            return _planned(record, PlanAction.UPDATE, contact)
        if self._rules.mode is ImportMode.CREATE_ONLY:
            return _planned(
                record,
                PlanAction.SKIP,
                contact,
                code="already_exists",
                reason="The contact exists already, and the mapping's mode is create_only.",
            )
        found = difference(record, contact, self._rules.update)
        if found.nothing and not _adds_beside(record):
            return _planned(
                record,
                PlanAction.UNCHANGED,
                contact,
                code="unchanged",
                reason="The contact holds all of it already.",
                found=found,
            )
        self._location.leave(left_by_update(contact, found))
        return _planned(record, PlanAction.UPDATE, contact, found=found)


def held_back(
    record: Record, suppression: Suppression | None, contacts: Iterable[HeldContact | None]
) -> PlannedRow | None:
    """Skip a row whose contact has an e-mail or phone that is on the list, though the row itself has none of them."""
    if suppression is None:
        return None
    for contact in contacts:
        if contact is not None and any(
            suppression.has(key.removeprefix(ADDITIONAL)) for key in contact.found_by()
        ):
            reason = f"Its contact has an e-mail or phone that is on the list {suppression.name} of people who are sent nothing."
            return _planned(record, PlanAction.SKIP, contact, code=SUPPRESSED, reason=reason)
    return None


def _adds_beside(record: Record) -> bool:
    """Tell whether a row may add something beside a contact that it need not change."""
    if not record.additions:
        return False
    return any(each.applies_to is not FollowUpFor.CREATED for each in record.additions)


def _warnings(record: Record, found: Difference) -> Iterator[Fault]:
    """Yield what is to be said of a row; what a cell asks to empty is said where the contact holds something there."""
    yield from (each for each in record.warnings if each.code != "cleared")
    yield from (_warning("kept", each) for each in found.kept)
    yield from (
        _warning("cleared", f"{each.name} is emptied") for each in found.changes if is_blank(each.new)
    )


def _warning(code: str, message: str) -> Fault:
    return Fault(code=code, message=message, fails=False)


def made_by(contact_id: str | None) -> RowId | None:
    """Tell which row of the plan makes a contact that does not exist yet."""
    if contact_id is None or not contact_id.startswith(_MADE):
        return None
    return int(contact_id.removeprefix(_MADE))


def planned_end(outcome: Outcome) -> PlannedRow:
    """Take over what the mapping decided of a row."""
    failed = outcome.status is Status.FAILED
    return PlannedRow(
        row=outcome.row,
        action=PlanAction.FAIL if failed else PlanAction.SKIP,
        location_id=outcome.location_id,
        contact_id=outcome.contact_id,
        code=outcome.code,
        reason=outcome.message,
        warnings=outcome.warnings,
    )


def _planned(
    record: Record,
    action: PlanAction,
    contact: HeldContact | None = None,
    *,
    code: str | None = None,
    reason: str | None = None,
    found: Difference = NO_DIFFERENCE,
) -> PlannedRow:
    row = made_by(contact.id) if contact is not None else None
    if row is not None and reason is None:
        reason = f"The contact is made by row {number_of(row)}."
    return PlannedRow(
        row=record.row,
        action=action,
        location_id=record.location_id,
        contact_id=contact.id if contact is not None else record.contact_id,
        changes=found.changes,
        tags_added=found.tags_added,
        tags_removed=found.tags_removed,
        code=code,
        reason=reason,
        warnings=tuple(_warnings(record, found)) if record.warnings or found is not NO_DIFFERENCE else (),
    )


def _ambiguous(record: Record, several: Ambiguous, *, send: bool) -> PlannedRow:
    ids = ", ".join(
        each if (row := made_by(each)) is None else f"the one of row {number_of(row)}"
        for each in several.contact_ids
    )
    return replace(
        _planned(record, PlanAction.UPDATE if send else PlanAction.AMBIGUOUS, code="ambiguous"),
        contact_id=several.contact_ids[0] if made_by(several.contact_ids[0]) is None else None,
        reason=f"It is not certain who this is: {several.reason}. Contacts: {ids}.",
    )
