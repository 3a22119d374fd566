"""A run that compares before it sends: what was planned of each row, and the row as it is sent for that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from importer.codes import remedy_of
from importer.errors import RunConflictError
from importer.highlevel import follow_ups
from importer.highlevel.catalog import Catalog
from importer.highlevel.equality import lowered
from importer.highlevel.payload import NEW_IF_DUPLICATE
from importer.mapping import Mapping as FieldMapping
from importer.mapping.suppression import Suppression
from importer.mirror.folder import MirrorFolder
from importer.records import (
    Outcome,
    PlanAction,
    Planned,
    PlannedRow,
    Record,
    RowId,
    Status,
    TagMode,
    value_type,
)
from importer.results.plan import PlanTally
from importer.runs.context import RunContext
from importer.runs.planning.completing import Completing, complete_mirrors
from importer.runs.planning.deciding import DecidingRules, made_by
from importer.runs.planning.holding_back import HoldingBack
from importer.runs.planning.mirroring import MirrorSettings, mirror_met, read_own_writes
from importer.runs.planning.plan import Deciders, SeenLocations
from importer.runs.preparing import Preparation
from importer.runs.remembered import remembered
from importer.runs.resolving import Catalogs
from importer.sending import Sender
from importer.settings import Connection, RunSettings
from importer.state.journal import Run
from importer.state.part_plans import PartPlan, TakenPart
from importer.state.plans import PlanFacts, Plans, StoredPlan

_IDENTITY: Final = ("email", "phone")


class RunPlan:
    """What was decided of each row of a run."""

    def __init__(
        self,
        stored: StoredPlan,
        mapping: FieldMapping,
        *,
        replans: bool = False,
        holding_back: HoldingBack | None = None,
        of_parts: bool = False,
    ) -> None:
        """``of_parts``: each part decided its own rows, and some perhaps none yet: those were not sent."""
        self._stored = stored
        self._of_parts = of_parts
        self._holding_back = holding_back
        self._replans = replans
        self._tag_mode = mapping.tag_mode
        facts = stored.facts
        self.requests = facts.requests
        self.lifts = facts.lifts

    def close(self) -> None:
        self._stored.close()

    def count_actions(self) -> dict[PlanAction, int]:
        return self._stored.count_actions()

    def apply(self, records: Sequence[Record]) -> dict[RowId, Record | Outcome]:
        """Give each row as it is sent, or as it ends without."""
        if not records:
            return {}
        planned = self._stored.rows(records[0].row, records[-1].row)
        if self._holding_back is not None:
            planned |= self._holding_back.among(records, planned)
        decided = [each for each in records if each.row in planned] if self._of_parts else records
        try:
            return {record.row: self._as_planned(record, planned[record.row]) for record in decided}
        except KeyError:
            raise RunConflictError(
                "The plan lacks rows of the source: it was made with other options. Plan again with: importer plan"
            ) from None

    def _as_planned(self, record: Record, planned: PlannedRow) -> Record | Outcome:
        item = as_planned(record, planned, self._tag_mode)
        if not self._replans or isinstance(item, Outcome) or item.planned is None:
            return item
        return replace(item, planned=replace(item.planned, wanted=record))


def as_planned(record: Record, planned: PlannedRow, tag_mode: TagMode) -> Record | Outcome:
    """Turn a row into what was decided of it."""
    match planned.action:
        case PlanAction.CREATE:
            twice = record.fields.get(NEW_IF_DUPLICATE) is True
            return (
                record if twice else replace(record, warnings=planned.warnings, planned=Planned(creates=True))
            )
        case PlanAction.UPDATE if planned.code == "ambiguous":
            return record  # the mapping leaves it to the vendor
        case PlanAction.UPDATE:
            return _update(record, planned, tag_mode)
        case PlanAction.UNCHANGED | PlanAction.SKIP:
            end = _end(record, planned, Status.SKIPPED)
            maker = made_by(planned.contact_id)
            return end if maker is None else replace(record, planned=Planned(made_by=maker, end=end))
        case PlanAction.FAIL | PlanAction.AMBIGUOUS:
            return _end(record, planned, Status.FAILED)


def _update(record: Record, planned: PlannedRow, tag_mode: TagMode) -> Record:
    """Keep of a record what it changes; the rest is there already, or is to be left alone."""
    changed = {change.reference for change in planned.changes if not change.custom}
    by_reference = {change.reference: change.new for change in planned.changes if change.custom}
    new = {change.reference: change.new for change in planned.changes if not change.custom}
    maker = made_by(planned.contact_id)
    # a row whose contact another row makes lines up behind that one by its e-mail and phone
    kept = changed if maker is None else changed | set(_IDENTITY)
    return replace(
        record,
        fields={name: new.get(name, value) for name, value in record.fields.items() if name in kept},
        custom_fields=tuple(
            (reference, by_reference[reference])
            for reference, _ in record.custom_fields
            if reference in by_reference
        ),
        tags=_tags(record, planned, tag_mode),
        clears_tags=record.clears_tags and bool(planned.tags_removed),
        contact_id=planned.contact_id if maker is None else None,
        warnings=planned.warnings,
        upsert=None,
        planned=Planned(
            changes=planned.changes,
            tags_added=planned.tags_added,
            tags_removed=planned.tags_removed,
            made_by=maker,
            tags_before=_tags_before(record, planned, tag_mode),
        ),
    )


def _tags(record: Record, planned: PlannedRow, tag_mode: TagMode) -> tuple[str, ...]:
    match tag_mode:
        case TagMode.ADD:
            return planned.tags_added
        case TagMode.REMOVE:
            return planned.tags_removed
        case TagMode.REPLACE:
            return record.tags if planned.tags_added or planned.tags_removed else ()


def _tags_before(record: Record, planned: PlannedRow, tag_mode: TagMode) -> frozenset[str] | None:
    """Give the tags that were there where the row's take the place of all of them."""
    if tag_mode is not TagMode.REPLACE or not (planned.tags_added or planned.tags_removed):
        return None
    stay = lowered(record.tags) - lowered(planned.tags_added)
    return stay | lowered(planned.tags_removed)


def _end(record: Record, planned: PlannedRow, status: Status) -> Outcome:
    code = planned.code or "unchanged"
    return Outcome(
        row=record.row,
        status=status,
        location_id=record.location_id,
        contact_id=planned.contact_id if made_by(planned.contact_id) is None else None,
        code=code,
        message=planned.reason,
        remedy=remedy_of(code),
        warnings=planned.warnings,
    )


@value_type(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a run is compared by."""

    run: Run
    folder: Path
    settings: RunSettings
    mapping: FieldMapping
    context: RunContext
    connection: Connection
    suppression: Suppression | None
    rows: int
    """So many the sources have."""
    part: TakenPart | None = None
    """Whose rows these are, where others send those of other locations: it is compared with its own location alone."""


async def plan_run(
    comparison: Comparison, preparation: Preparation, sender: Sender, catalogs: Catalogs
) -> RunPlan:
    """Have what is decided of each row: by the plan that is applied, by an earlier session, or by comparing now.

    Raises RunConflictError where source or mapping are not those of the plan.
    """
    settings, mapping = comparison.settings, comparison.mapping
    if settings.plan is not None:
        stored = StoredPlan.open(Plans(settings.state).find(settings.plan))
        _require_same(stored.facts, comparison.run)
        _require_whole(stored, comparison)
        return RunPlan(
            stored,
            mapping,
            replans=settings.replan,
            holding_back=_holding_back(comparison, _looking(comparison)),
        )
    with contextlib.ExitStack() as on_error:
        stored = await asyncio.to_thread(_own_plan, comparison)
        on_error.callback(stored.close)
        if not stored.whole:
            await _compare(stored, comparison, preparation, sender, catalogs)
        on_error.pop_all()
    return RunPlan(stored, mapping, holding_back=_holding_back(comparison, _looking(comparison)))


async def _compare(
    stored: StoredPlan, comparison: Comparison, preparation: Preparation, sender: Sender, catalogs: Catalogs
) -> None:
    """Read the locations' contacts, and decide what is to become of each row. Raises as ``read_mirror`` does."""
    mapping = comparison.mapping
    met = {key: each for key, each in catalogs.items() if isinstance(each, Catalog)}
    for catalog in met.values():
        DecidingRules.of(mapping, catalog)  # what does not fit is better known before contacts are read
    looking = _looking(comparison)
    context = comparison.context
    readings = {key: await mirror_met(each, sender, looking, context) for key, each in met.items()}
    seen = SeenLocations(
        catalogs=catalogs,
        readings=readings,
        written={
            key: await read_own_writes(each, sender, readings[key].path, looking, context)
            for key, each in met.items()
        },
        requests=0,
    )
    completing = Completing(met=met, readings=seen.readings, mapping=mapping, folder=comparison.folder)
    await complete_mirrors(completing, preparation.pieces, sender, context)
    await asyncio.to_thread(_decide, stored, seen, comparison, preparation)


def _own_plan(comparison: Comparison) -> StoredPlan:
    if comparison.part is None:
        return StoredPlan.create(comparison.folder)
    return PartPlan.take(comparison.folder, comparison.part)


def _holding_back(comparison: Comparison, looking: MirrorSettings) -> HoldingBack | None:
    if comparison.suppression is None:
        return None
    folder = MirrorFolder(looking.state, clock=comparison.context.clock)
    return HoldingBack(comparison.suppression, folder, looking.connection.base_url)


def _looking(comparison: Comparison) -> MirrorSettings:
    return MirrorSettings(
        connection=comparison.connection,
        # each embedded sandbox is another vendor, and gone with its run
        state=comparison.folder if comparison.connection.sandbox else comparison.settings.state,
        max_age_seconds=0.0,
    )


def _decide(
    stored: StoredPlan, seen: SeenLocations, comparison: Comparison, preparation: Preparation
) -> None:
    mapping, context = comparison.mapping, comparison.context
    tally = PlanTally(
        duplicates_allowed={key: each.duplicates_allowed for key, each in seen.met.items()},
        follow_up_calls=follow_ups.calls_a_row(mapping.follow_ups, tagged=mapping.sets_tags)
        + mapping.most_calls_beside,
        replaces_tags=mapping.tag_mode is TagMode.REPLACE,
    )
    stored.begin_anew()
    with Deciders(seen, mapping, comparison.folder, suppression=comparison.suppression) as deciders:
        for piece in preparation.pieces(built=False):
            context.stop.check()
            decided = deciders.decide(piece)
            tally.see_all(decided.values())
            stored.add(decided.values())
    run = comparison.run
    stored.finish(
        PlanFacts(
            plan_id=run.id,
            made_at=context.clock.now(),
            sources=tuple(source.reference for source in run.sources),
            fingerprints=tuple(source.fingerprint for source in run.sources),
            mapping_path=str(run.mapping_path),
            mapping_fingerprint=run.mapping_fingerprint,
            location_id=run.location_id,
            base_url=run.base_url,
            options=remembered(comparison.settings),
            requests=tally.requests,
            lifts=tally.lifts,
        )
    )


def _require_whole(stored: StoredPlan, comparison: Comparison) -> None:
    """Refuse a plan that lacks rows before the first is sent, and not when their turn comes."""
    if (planned := sum(stored.count_actions().values())) != comparison.rows:
        raise RunConflictError(
            f"Plan {stored.facts.plan_id} has {planned:,} rows, and the source {comparison.rows:,}: it is not whole. "
            "Plan again with: importer plan"
        )


def _require_same(facts: PlanFacts, run: Run) -> None:
    """Refuse to apply a plan to anything but what it was made of."""
    if facts.location_id != run.location_id:
        raise RunConflictError(
            f"Plan {facts.plan_id} is for location {facts.location_id}, and not for {run.location_id}."
        )
    changed = []
    if facts.fingerprints != tuple(source.fingerprint for source in run.sources):
        changed.append("the source has")
    if facts.mapping_fingerprint != run.mapping_fingerprint:
        changed.append("the mapping has")
    if changed:
        raise RunConflictError(
            f"Since plan {facts.plan_id} was made, {' and '.join(changed)} changed: it is not applied. "
            "Plan again with: importer plan"
        )
