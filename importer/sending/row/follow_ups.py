"""Follow-ups: what happens to contacts after their upsert (tags in batches, workflow and campaign one by one)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.errors import MappingError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog, Workflow
from importer.highlevel.reply import ReplyKind
from importer.records import FollowUpFor, FollowUps, Outcome, Status
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher
from importer.sending.row import outcomes
from importer.sending.row.submitted import Held
from importer.sending.row.tag_batches import TagBatch, tag_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The follow-ups of a run as this location knows them: ids instead of names."""

    workflow_id: str | None = None
    campaign_id: str | None = None
    applies_to: FollowUpFor = FollowUpFor.ALL


class FollowUpDesk:
    """Performs the follow-ups of one location."""

    def __init__(self, caller: Caller, journal: JournalBatcher, target: Target) -> None:
        self._caller = caller
        self._journal = journal
        self._target = target
        self._mode = caller.policy.follow_ups.tag_mode

    def enrols(self, status: Status) -> bool:
        """Tell whether a row of this status goes into a workflow or campaign."""
        target = self._target
        if target.workflow_id is None and target.campaign_id is None:
            return False
        return target.applies_to is FollowUpFor.ALL or target.applies_to.value == status.value

    async def tag(self, batch: TagBatch) -> list[Outcome | Held]:
        """Change the tags of a batch; rows that go on to a workflow come back held."""
        location_id = self._caller.location_id
        ids = list(dict.fromkeys(held.landed.contact_id for held in batch.rows))
        call = calls.change_tags(location_id, self._mode, batch.tags, ids)
        found = await self._caller.ask(call, CallState(batch.rows[0].landed.row))
        if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
            status = found.status
            return [
                outcomes.follow_up_failed(
                    held, "tags_failed", f"its tags were not: {found.words}", http_status=status
                )
                for held in batch.rows
            ]
        errors = tag_errors(found.body)
        return [self._after_tags(held, errors.get(held.landed.contact_id)) for held in batch.rows]

    def _after_tags(self, held: Held, error: str | None) -> Outcome | Held:
        if error is not None:
            return outcomes.follow_up_failed(held, "tags_failed", f"its tags were not: {error}")
        return held if self.enrols(held.landed.status) else outcomes.done(held.landed)

    async def enrol(self, held: Held) -> Outcome:
        """Add a contact to the workflow and the campaign."""
        if self.enrols(held.landed.status):
            for what, call in self._enrolments(held.landed.contact_id):
                found = await self._caller.ask(call, CallState(held.landed.row))
                if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
                    return outcomes.follow_up_failed(
                        held,
                        "workflow_failed",
                        f"it was not added to the {what}: {found.words}",
                        http_status=found.status,
                    )
        return outcomes.done(held.landed)

    def _enrolments(self, contact_id: str) -> Iterator[tuple[str, Call]]:
        if self._target.workflow_id is not None:
            yield "workflow", calls.add_to_workflow(contact_id, self._target.workflow_id)
        if self._target.campaign_id is not None:
            yield "campaign", calls.add_to_campaign(contact_id, self._target.campaign_id)


def find_target(follow_ups: FollowUps, catalog: Catalog) -> Target:
    """Turn the names of a mapping into ids of this location; raises MappingError naming what there is."""
    return Target(
        workflow_id=_find("workflow", follow_ups.workflow, catalog.workflows, catalog.location_id),
        campaign_id=_find("campaign", follow_ups.campaign, catalog.campaigns, catalog.location_id),
        applies_to=follow_ups.applies_to,
    )


def _find(what: str, wanted: str | None, known: tuple[Workflow, ...] | None, location_id: str) -> str | None:
    if wanted is None:
        return None
    if known is None:
        return wanted  # the list could not be read: take it for an id
    found = [item.id for item in known if item.id == wanted] or [
        item.id for item in known if item.name.casefold() == wanted.casefold()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise MappingError(
            f"Location {location_id} has {len(found)} {what}s named {wanted!r}. Name it by its id."
        )
    names = ", ".join(repr(item.name) for item in known[:10]) or "none"
    raise MappingError(
        f"Location {location_id} has no {what} named {wanted!r}.", faults=(f"It has: {names}.",)
    )
