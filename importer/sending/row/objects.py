"""Rows that become no contact: each finds the contact that its deal, note or task is for, or is a company by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from importer.highlevel.additions import COMPANY, digest
from importer.highlevel.equality import same_field
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import (
    Added,
    Addition,
    BeforeImage,
    Change,
    FollowUpMark,
    FollowUpState,
    ImagePart,
    ImportMode,
    Intent,
    Json,
    Landed,
    Outcome,
    Record,
    RowObject,
    Status,
    value_type,
)
from importer.sending.call_state import Unanswered
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher
from importer.sending.row import outcomes
from importer.sending.row.companies import Company, CompanyDesk
from importer.sending.row.evidence import latest_moment
from importer.sending.row.intents import intent_of
from importer.sending.row.matching import find_match
from importer.sending.row.submitted import Held, SubmittedRow
from importer.sending.row.upserting import Landing

_NOUNS: Final = {RowObject.OPPORTUNITY: "deal", RowObject.NOTE: "note", RowObject.TASK: "task"}
_KNOWN_BY: Final = {
    RowObject.OPPORTUNITY: "a deal of this name in this pipeline",
    RowObject.NOTE: "this note",
    RowObject.TASK: "this task",
}
"""Value, stage and status of a deal are not compared, so that two years' renewals would be one: whoever reads it has to see why."""
_BLANK: Final = ("", None)


class Way(Protocol):
    """How the rows of one location come to what they become: to where follow-ups begin, and from their end."""

    async def go(self, submitted: SubmittedRow) -> Landing | Outcome:
        """Bring a row to its contact; raises the StopError that ends the location's sending."""
        ...

    def end(self, held: Held) -> Outcome:
        """Settle a row that has nothing more to get."""
        ...


@value_type(frozen=True, slots=True)
class Beside:
    """Rows that are each one thing beside a contact: they land where it is, and write nothing of it."""

    caller: Caller
    row_object: RowObject

    async def go(self, submitted: SubmittedRow) -> Landing | Outcome:
        """Find the row's contact; what is put beside it is known again by the contact's own list."""
        if submitted.first_attempt_at is None:
            submitted.first_attempt_at = self.caller.vendor_clock.first_attempt_at()
        named = submitted.record.contact_id
        if named is not None:
            return self._land(submitted, named)
        match await find_match(self.caller, submitted.record):
            case Unanswered() as silence:
                message = f"Its contact could not be looked for ({silence.words})."
                return outcomes.fail(submitted, "service_down", message, http_status=silence.status)
            case Reply() as refusal:
                return outcomes.refused(submitted, refusal)
            case None:
                return outcomes.fail(submitted, "contact_not_found", _nobody(submitted.record, self.noun))
            case contact:
                return self._land(submitted, str(contact["id"]))

    def end(self, held: Held) -> Outcome:
        """Say of a row whether its thing was added, or the contact had it."""
        if held.failures:
            return outcomes.not_added(held)
        there = next((each for each in held.added if not each.made), None)
        if there is None:
            return outcomes.object_made(held.landed)
        said = f"The contact has {_KNOWN_BY[self.row_object]} already ({there.id})."
        return outcomes.already_there(held.landed, said)

    @property
    def noun(self) -> str:
        return _NOUNS[self.row_object]

    def _land(self, submitted: SubmittedRow, contact_id: str) -> Landing:
        record = submitted.record
        landed = Landed(
            row=submitted.row,
            location_id=record.location_id,
            status=Status.UPDATED,
            contact_id=contact_id,
            http_status=0,
            attempts=submitted.attempts,
            warnings=record.warnings,
            first_attempt_at=submitted.first_attempt_at,
        )
        return Landing(landed=landed, contact={"id": contact_id})


def _nobody(record: Record, noun: str) -> str:
    keys = [name for name, text in (("e-mail", "email"), ("phone", "phone")) if record.fields.get(text)]
    by = f" with this {' or '.join(keys)}" if keys else ""
    return f"The location has no contact{by}, so the {noun} is nobody's. Import the contact first."


class Companies:
    """Rows that are each a company: made where the location has none of the name, else changed as the mode says."""

    def __init__(self, caller: Caller, journal: JournalBatcher, mode: ImportMode) -> None:
        self._caller = caller
        self._journal = journal
        self._mode = mode
        self._desk = CompanyDesk(caller)

    async def go(self, submitted: SubmittedRow) -> Outcome:
        """Bring a row to its company. One that an earlier session may have made is looked for until that is sure."""
        (wanted,) = submitted.record.additions
        async with self._desk.turn(str(wanted.content["name"])):
            match await self._find(submitted, wanted):
                case Company() as there if self._is_own(submitted, there):
                    return self._made(submitted, wanted, there.id)
                case Company() as there:
                    return await self._meet(submitted, wanted, there)
                case None:
                    return await self._make(submitted, wanted)
                case found:
                    return _failed(submitted, found)

    def end(self, held: Held) -> Outcome:
        """Settle a row; no company's row lands with anything due."""
        return outcomes.followed_up(held)

    async def _find(self, submitted: SubmittedRow, wanted: Addition) -> Company | Reply | Unanswered | None:
        name = str(wanted.content["name"])
        found = await self._desk.find(name, submitted.row)
        if found is not None or not submitted.doubtful:
            return found
        await self._caller.rest_until(self._caller.done_by(self._caller.clock.monotonic()), begins=False)
        return await self._desk.find(name, submitted.row, anew=True)

    @staticmethod
    def _is_own(submitted: SubmittedRow, there: Company) -> bool:
        """Tell whether an attempt of an earlier session, whose reply was lost, made it."""
        made_at, since = latest_moment(there.stamp), submitted.first_attempt_at
        return submitted.doubtful and made_at is not None and since is not None and made_at >= since

    async def _make(self, submitted: SubmittedRow, wanted: Addition) -> Outcome:
        if self._mode is ImportMode.UPDATE_ONLY:
            sentence = "The location has no company of this name, and the mapping's mode is update_only."
            return outcomes.skipped(submitted, "not_found", sentence)
        found = await self._desk.make(wanted.content, submitted.row, _Departure(submitted, self._intend))
        if isinstance(found, Company):
            return self._made(submitted, wanted, found.id)
        return _failed(submitted, found)

    def _made(self, submitted: SubmittedRow, wanted: Addition, company_id: str) -> Outcome:
        self._journal.mark(_mark(submitted, wanted, company_id, made=True))
        return outcomes.company_stored(submitted, Status.CREATED)

    async def _meet(self, submitted: SubmittedRow, wanted: Addition, there: Company) -> Outcome:
        """Give a company that is there what the row says otherwise."""
        if self._mode is ImportMode.CREATE_ONLY:
            sentence = f"The company exists already ({there.id}), and the mapping's mode is create_only."
            return outcomes.skipped(submitted, "already_exists", sentence)
        shown = await self._desk.look_at(there.id, submitted.row)
        if isinstance(shown, Reply | Unanswered):
            return _failed(submitted, shown)
        changes = _changes(wanted.content, shown)
        if not changes:
            return self._unchanged(submitted, wanted, there)
        await self._keep_image(submitted, there.id, changes)
        content = {change.reference: change.new for change in changes}
        reply = await self._desk.change(there.id, content, submitted.row, _Departure(submitted, self._intend))
        if isinstance(reply, Unanswered) or reply.kind is not ReplyKind.DONE:
            return _failed(submitted, reply)
        return self._updated(submitted, wanted, there)

    def _unchanged(self, submitted: SubmittedRow, wanted: Addition, there: Company) -> Outcome:
        if submitted.doubtful:  # an earlier session was about to write this, and it is there
            return self._updated(submitted, wanted, there)
        return outcomes.skipped(submitted, "unchanged", f"The company ({there.id}) holds all of it already.")

    def _updated(self, submitted: SubmittedRow, wanted: Addition, there: Company) -> Outcome:
        self._journal.mark(_mark(submitted, wanted, there.id, made=False))
        return outcomes.company_stored(submitted, Status.UPDATED)

    async def _keep_image(
        self, submitted: SubmittedRow, company_id: str, changes: tuple[Change, ...]
    ) -> None:
        image = BeforeImage(row=submitted.row, contact_id=company_id, part=ImagePart.VALUES, changes=changes)
        await self._intend(submitted, image)

    async def _intend(self, submitted: SubmittedRow, *images: BeforeImage) -> None:
        await self._journal.intend([self._intent(submitted)], images).wait()

    def _intent(self, submitted: SubmittedRow) -> Intent:
        if submitted.first_attempt_at is None:
            submitted.first_attempt_at = self._caller.vendor_clock.first_attempt_at()
        return intent_of(submitted, self._caller, exact=True)


class _Departure:
    """A row's attempt to make or change its company, which is written down each time before it could."""

    def __init__(self, submitted: SubmittedRow, intend: Callable[[SubmittedRow], Awaitable[None]]) -> None:
        self._submitted = submitted
        self._intend = intend

    async def announce(self) -> None:
        await self._intend(self._submitted)

    def leave(self) -> None:
        self._submitted.attempts += 1
        self._submitted.perhaps_stored = True  # a stop must not take it for a row that never left


def _changes(content: Mapping[str, Json], shown: Mapping[str, Any]) -> tuple[Change, ...]:
    """List what a company holds otherwise than a row says; its name was found to be the same."""
    return tuple(
        Change(reference=name, name=name, old=shown.get(name), new=value)
        for name, value in content.items()
        if name != "name" and value not in _BLANK and not same_field(name, value, shown.get(name))
    )


def _mark(submitted: SubmittedRow, wanted: Addition, company_id: str, *, made: bool) -> FollowUpMark:
    added = Added(
        kind=COMPANY,
        location_id=submitted.record.location_id,
        contact_id="",
        id=company_id,
        made=made,
        digest=digest(wanted),
    )
    return FollowUpMark(row=submitted.row, name=COMPANY, state=FollowUpState.DONE, added=added)


def _failed(submitted: SubmittedRow, found: Reply | Unanswered) -> Outcome:
    if isinstance(found, Reply):
        return outcomes.refused(submitted, found)
    code = "service_down" if found.status is None or found.status >= 500 else "company_failed"
    return outcomes.fail(
        submitted, code, f"The company was not stored: {found.words}.", http_status=found.status
    )
