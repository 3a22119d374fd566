"""Between intake and journal: every row that has no outcome yet is mapped, resolved and sent, in file order."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import CredentialsError, SettingsError, StopError
from importer.highlevel.catalog import Catalog
from importer.highlevel.follow_ups import WORKFLOWS
from importer.highlevel.quota import SendingPlan, plan_sending
from importer.highlevel.tokens import NoTokenError
from importer.mapping import Mapping as FieldMapping
from importer.mapping.suppression import Suppression
from importer.records import Intent, Landed, Outcome, QuotaMark, Record, RowObject, RowState, value_type
from importer.results import wording
from importer.results.lifts import Lifts
from importer.results.wording import AUTOMATED
from importer.runs.aiming import (
    Load,
    Target,
    aimed_at,
    confirm,
    elsewhere,
    explanation,
    glance,
    lifts_sentence,
    overruled,
    say_if_moved,
    targets_of,
)
from importer.runs.aside import aside, ask_aside
from importer.runs.attaching import Attaching, FilePlace, lie_beside, origins_of
from importer.runs.bookkeeping import Bookkeeper, memory_pass, takes_all_rows
from importer.runs.calls_a_row import most_calls_a_row
from importer.runs.context import RunContext
from importer.runs.embedded import reachable, untyped_files
from importer.runs.intake import Mapped
from importer.runs.key_sharing import matched_by
from importer.runs.lifting import LiftingRows, may_lift, nobody_said_no
from importer.runs.overtaking import Overtaken, find_overtaken
from importer.runs.preparing import Preparation
from importer.runs.preparing.order import Order, Surveyed
from importer.runs.resolving import Catalogs
from importer.runs.superseding import settle_taken_home, superseded
from importer.runs.suppressing import stored_before
from importer.runs.trial import Trial
from importer.runtime.counting import counted
from importer.runtime.garbage import rare_collections
from importer.sending import Sender, SendingPolicy
from importer.sending.pace.open_hours import LocalHours, zone_of
from importer.settings import Connection, OpenHours, RunSettings
from importer.state import StateFolder
from importer.state.journal import Journal, SessionKind
from importer.state.memory import KnownAdditions, Leaver, Memory
from importer.state.part_plans import TakenPart

if TYPE_CHECKING:
    from importer.runs.planning.comparing import RunPlan
    from importer.runs.planning.replanning import Replanner
    from importer.runs.uploading import Uploads
    from importer.state.neighbours import Neighbours
    from importer.state.postgres.locks import HeldLocations

_MET_AT_ONCE: Final = 64
"""Locations, of which each has a quota of its own: hundreds met one by one would take longer than their rows."""


@value_type(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One session's sending: what is sent, by which rules, and where outcomes go."""

    journal: Journal
    preparation: Preparation
    surveyed: Sequence[Surveyed]
    mapping: FieldMapping
    settings: RunSettings
    context: RunContext
    kind: SessionKind
    suppression: Suppression | None = None
    part: str | None = None
    origins: Sequence[FilePlace] | None = None
    trial_in_all: int | None = None


async def deliver(delivery: Delivery) -> list[Leaver]:
    """Send what has no outcome yet; returns when every row has one, with the people whom this file lacks.

    Raises SetupError while nothing was sent, and StopError with all that was settled kept.
    """
    journal, settings, context = delivery.journal, delivery.settings, delivery.context
    state = StateFolder(settings.state, clock=context.clock)
    replanner = _replanner(delivery)
    # What is asked of the state is asked in threads: where it lies in Postgres, a worker begins hundreds of parts at once.
    async with (
        reachable(
            settings.connection,
            delivery.mapping,
            _location_ids(delivery.surveyed),
            folder=journal.folder,
            state=settings.state,
        ) as connection,
        aside(_bookkeeper(connection, delivery)) as books,
    ):
        neighbours, quota_marks = await asyncio.to_thread(_sharing, connection, delivery, state)
        with rare_collections(), contextlib.ExitStack() as opened:
            async with Sender(
                connection=connection,
                journal=books,
                policy=_policy(delivery, replanner),
                clock=context.clock,
                quota_marks=quota_marks,
                neighbours=neighbours,
                progress=context.progress,
                outlet=context.outlet,
                spill_folder=journal.folder,
            ) as sender:
                context.stop.listen(sender.stop)
                for note in untyped_files(delivery.mapping, settings.connection):
                    context.progress.message(note)
                catalogs = await _open_locations(sender, delivery)
                if replanner is not None:
                    replanner.learn(catalogs)
                await asyncio.to_thread(delivery.preparation.resolve_for, catalogs)
                overtaken = await asyncio.to_thread(_find_overtaken, delivery, catalogs, state)
                files = await _open_uploads(sender, delivery, catalogs, connection, opened)
                known = delivery.preparation if files is None else files.known_in(delivery.preparation)
                plan = await _plan(replace(delivery, preparation=known), connection, sender, catalogs, opened)
                if files is not None:
                    delivery = replace(delivery, preparation=files.named_in(delivery.preparation))
                targets = targets_of(catalogs, _location_rows(delivery.surveyed))
                lifting = await _lifts(sender, delivery, plan, targets)
                explained = await _aim(sender, delivery, targets, state, plan, lifting)
                sender.keep_hours(_local_hours(settings.send_window, catalogs))
                _prepare_output(settings.output / journal.run.id)
                if delivery.kind is not SessionKind.RUN:
                    await ask_aside(journal, journal.begin, delivery.kind, context.operator)
                await _leave_overtaken(delivery, overtaken)
                left = await ask_aside(journal, _rows_left, delivery)
                uploads = await asyncio.to_thread(_uploads_due, files, delivery, left)
                rest = _plan_rest(left, sender, delivery, plan, uploads)
                _announce(left, rest, delivery, targets, lifting=lifting, explained=explained)
                if not journal.retrying:  # a retry may settle rows anew that are settled by now
                    await asyncio.to_thread(delivery.preparation.follow)
                trial = Trial(settings.trial, in_all=delivery.trial_in_all)
                try:
                    await _feed(delivery, sender, books, trial, plan, files)
                except StopError as reason:
                    sender.stop(reason)  # where reading failed: what is in the air shall land
                try:
                    await sender.drain()
                finally:
                    _say_read_back(sender, delivery)
                trial.end()
            # Of one location nobody can tell who left the file: whoever ends the last part closes the pass.
            return [] if delivery.part is not None else books.close_turn(complete=_complete(delivery))


async def _leave_overtaken(delivery: Delivery, overtaken: Overtaken) -> None:
    """Skip the rows whose people have newer values by now. Only reading is done in a thread: the loop writes the run's beats."""
    journal = delivery.journal
    if delivery.kind is not SessionKind.RUN:
        await ask_aside(journal, settle_taken_home, journal)
        if await ask_aside(journal, overtaken.settle, journal):
            delivery.context.progress.message(overtaken.sentence)
    if journal.retrying:
        skipped = await asyncio.to_thread(superseded, journal, delivery.preparation.pieces(resolved=False))
        await ask_aside(journal, journal.settle, skipped)


def _find_overtaken(delivery: Delivery, catalogs: Catalogs, state: StateFolder) -> Overtaken:
    if delivery.kind is SessionKind.RUN or delivery.settings.over_newer:
        return Overtaken()
    return find_overtaken(
        delivery.journal,
        lambda: delivery.preparation.pieces(resolved=False),
        keys=Order.of(delivery.journal.run, delivery.settings, delivery.mapping).keys,
        state=state,
        matching=matched_by(delivery.mapping, catalogs),
        retrying=delivery.kind is SessionKind.RETRY,
    )


def _sharing(
    connection: Connection, delivery: Delivery, state: StateFolder
) -> tuple[HeldLocations | Neighbours | None, dict[str, QuotaMark]]:
    """Give a view of who else sends to the locations, and what others used of their quota.

    The location of a part is held by whoever took the part.
    """
    marks = state.quota_marks(connection.base_url, _location_ids(delivery.surveyed))
    held = delivery.part is not None and connection.base_url == delivery.journal.run.base_url
    if connection.sandbox or held:
        return None, marks
    return state.sharing(delivery.journal, connection.base_url), marks


def _prepare_output(folder: Path) -> None:
    """Make the results' folder before the first row is sent: one that cannot be made is better known now."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise SettingsError(
            f"The results' folder {folder} cannot be made: {cause.strerror}. Name another one with --output."
        ) from None


@contextlib.contextmanager
def _bookkeeper(connection: Connection, delivery: Delivery) -> Iterator[Bookkeeper]:
    run, settings = delivery.journal.run, delivery.settings
    place = f"sandbox:{run.id}" if connection.sandbox else connection.base_url
    with contextlib.ExitStack() as opened:
        memory = opened.enter_context(Memory.open(settings.state, clock=delivery.context.clock))
        turn = memory_pass(memory, run, settings, realm=place)
        known = None
        if delivery.mapping.model.wishes or delivery.mapping.row_object is RowObject.COMPANY:
            known = opened.enter_context(KnownAdditions.open(settings.state, place=place))
        yield Bookkeeper(delivery.journal, turn, delivery.mapping, known)


def _complete(delivery: Delivery) -> bool:
    return delivery.kind is not SessionKind.RETRY and takes_all_rows(delivery.settings)


def _location_ids(surveyed: Sequence[Surveyed]) -> tuple[str, ...]:
    return tuple(sorted({location for each in surveyed for location in each.location_rows}))


def _policy(delivery: Delivery, replanner: Replanner | None) -> SendingPolicy:
    settings, mapping = delivery.settings, delivery.mapping
    shares_budget = delivery.part is not None and settings.max_requests is not None
    return SendingPolicy(
        # The workers of a run add up what all of them sent: what is written down late is sent beyond the budget.
        pulse_seconds=1.0 if shares_budget else SendingPolicy().pulse_seconds,
        row_object=mapping.row_object,
        mode=mapping.mode,
        follow_ups=mapping.follow_ups,
        concurrency=settings.concurrency,
        max_requests=settings.max_requests,
        wait_for_quota=settings.wait_for_quota,
        stop_after_failures=settings.stop_after_failures,
        verify_share=settings.verify_share,
        before_images=settings.before_images,
        decide_anew=None if replanner is None else replanner.decide,
        locations_by_column=mapping.location_by_column,
    )


async def _open_locations(sender: Sender, delivery: Delivery) -> Catalogs:
    """Read each location's catalog; with one location a refusal ends the run, with many it fails its rows alone."""
    few = asyncio.Semaphore(_MET_AT_ONCE)

    async def meet(location_id: str) -> Catalog:
        async with few:
            return await sender.open_location(location_id, needs)

    location_ids = _location_ids(delivery.surveyed)
    needs = delivery.mapping.needs
    if _explains(delivery) and WORKFLOWS not in needs.listings:
        needs = replace(needs, listings=(*needs.listings, WORKFLOWS))
    found: dict[str, Catalog | CredentialsError] = {}
    # all are waited for: one that fails must not leave others under way
    met = await asyncio.gather(*map(meet, location_ids), return_exceptions=True)
    for location_id, catalog in zip(location_ids, met, strict=True):
        if isinstance(catalog, BaseException) and not isinstance(catalog, CredentialsError):
            raise catalog
        found[location_id] = catalog
    refusals = [each for each in found.values() if isinstance(each, CredentialsError)]
    if refusals and len(refusals) == len(found) and not _fails_rows_alone(delivery, refusals):
        raise refusals[0]
    return found


def _fails_rows_alone(delivery: Delivery, refusals: Sequence[CredentialsError]) -> bool:
    """Tell a location that refuses us while the run has others; where this machine lacks its token, another may have it."""
    others = delivery.part is not None and delivery.mapping.location_by_column
    return others and not any(isinstance(each, NoTokenError) for each in refusals)


def _local_hours(window: OpenHours | None, catalogs: Catalogs) -> dict[str, LocalHours]:
    """Give each location its send window by its own clock; by this machine's where it does not tell its zone."""
    if window is None:
        return {}
    zones = {key: zone_of(each.timezone) for key, each in catalogs.items() if isinstance(each, Catalog)}
    here = datetime.now().astimezone().tzinfo or UTC
    return {key: LocalHours(hours=window, zone=zone or here) for key, zone in zones.items()}


async def _aim(
    sender: Sender,
    delivery: Delivery,
    targets: Sequence[Target],
    state: StateFolder,
    planned: RunPlan | None,
    lifting: str | None,
) -> bool:
    """Say where the rows go, and let a person agree, before the first of them is sent. Raises SettingsError.

    Tells whether all that there is to say was said.
    """
    journal, context = delivery.journal, delivery.context
    if delivery.settings.connection.sandbox or not targets or delivery.part is not None:
        return False  # where parts go was agreed to when they were queued
    if not await ask_aside(journal, _is_untouched, journal):
        return False  # what was sent to already was agreed to
    run = journal.run
    mapping = run.working_folder / run.mapping_path
    last = await asyncio.to_thread(state.last_of_mapping, run.place, mapping, but=run.id)
    if not _explains(delivery):
        say_if_moved(context, targets, last)
        return False
    pieces = delivery.preparation.pieces()
    decided = {} if planned is None else await asyncio.to_thread(planned.count_actions)
    seen = await glance(
        await asyncio.to_thread(next, pieces, []),
        sender,
        decided,
        lifts=lifting,
        row_object=delivery.mapping.row_object,
    )
    context.stop.check()
    load = Load(journal.counts().pending, delivery.settings.trial, delivery.settings.plan)
    misfits = [each.misfit for each in delivery.surveyed if each.misfit is not None]
    misfits += overruled(targets, delivery.mapping.fixed_location)
    said = explanation(targets, load, seen, last, misfits=misfits)
    if context.confirm is None:
        context.progress.message(said)
    else:
        await confirm(context, said, elsewhere(targets, last), load)
    return True


def _is_untouched(journal: Journal) -> bool:
    return journal.untouched


def _explains(delivery: Delivery) -> bool:
    return delivery.context.confirm is not None or delivery.context.explains_target


async def _lifts(
    sender: Sender, delivery: Delivery, planned: RunPlan | None, targets: Sequence[Target]
) -> str | None:
    """Say before the first write whom a run lets be written to again; None for nobody."""
    switches = may_lift(delivery.mapping)
    if not switches or not await ask_aside(delivery.journal, _is_untouched, delivery.journal):
        return None
    if planned is not None:
        return lifts_sentence(Lifts(rows=planned.lifts, asked=planned.lifts, lifting=planned.lifts))
    if delivery.settings.connection.sandbox:
        return None  # nobody in it said no before its first row
    met = [target.location_id for target in targets]
    if await nobody_said_no(sender, switches, _location_rows(delivery.surveyed), met=met):
        return None
    with LiftingRows(delivery.mapping) as lifting:
        await asyncio.to_thread(_see_all, lifting, delivery)
        return lifts_sentence(await lifting.ask(sender, met))


def _see_all(lifting: LiftingRows, delivery: Delivery) -> None:
    for piece in delivery.preparation.pieces(built=False):
        delivery.context.stop.check()
        lifting.see(piece)


def _location_rows(surveyed: Sequence[Surveyed]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for each in surveyed:
        for location, count in each.location_rows.items():
            rows[location] = rows.get(location, 0) + count
    return rows


def _announce(
    left: int,
    plan: SendingPlan,
    delivery: Delivery,
    targets: Sequence[Target],
    *,
    lifting: str | None,
    explained: bool,
) -> None:
    """Tell whoever watches how much is left to do and where, and how long that takes at the vendor's pace."""
    progress = delivery.context.progress
    sending = f"{wording.rows(left)}, up to {counted(plan.requests, 'request')}: about {wording.duration(plan.seconds)}"
    days = f" of sending in all, on {plan.days} days" if plan.days > 1 else ""
    share = f", {wording.percent(plan.day_share)} of a location's daily allowance."
    if explained:
        progress.message(f"{sending}{days}{share}")
    else:
        progress.message(
            f"Into {aimed_at(targets) if targets else 'no sub-account'}: {sending}{days}{share}"
            + _automated(delivery.mapping.row_object)
            + (f" {lifting}" if lifting else "")
        )
    progress.planned(left, plan.requests, plan.seconds)


def _rows_left(delivery: Delivery) -> int:
    settled = delivery.journal.counts()
    left = settled.pending + delivery.journal.unfinished_rows()
    left += delivery.journal.retryable() if delivery.journal.retrying else 0
    if delivery.settings.trial is not None:
        left = min(left, max(delivery.settings.trial - delivery.journal.sent_rows(), 0))
    return left


def _uploads_due(files: Uploads | None, delivery: Delivery, left: int) -> dict[str, int]:
    """Count the files that the rows to be sent want uploaded: rows alone do not tell, so that they are read for it."""

    def unsent(piece: Mapped) -> Mapped:
        states = delivery.journal.row_states(piece[0].row, piece[-1].row)
        return [each for each in piece if not isinstance(states.get(each.row), Outcome | Landed)]

    if files is None:
        return {}
    return files.due(map(unsent, delivery.preparation.pieces(built=False)), rows=left)


def _automated(row_object: RowObject) -> str:
    said = AUTOMATED.get(row_object)
    return (
        f" {said[0].upper()}{said[1:]} may start workflows there; what they do no undo takes back."
        if said
        else ""
    )


def _say_read_back(sender: Sender, delivery: Delivery) -> None:
    if not delivery.settings.verify_share:
        return
    found = sender.read_back
    unread = f", {found.unread:,} could not be read" if found.unread else ""
    differed = "none differed" if not found.differed else f"{found.differed:,} differed, see the warnings"
    delivery.context.progress.message(
        f"--verify: {counted(found.contacts, 'contact')} read back, {differed}{unread}."
    )


def _plan_rest(
    left: int, sender: Sender, delivery: Delivery, planned: RunPlan | None, uploads: Mapping[str, int]
) -> SendingPlan:
    """Plan for the rows that are left, which may be of any location: each gets its share, and none less than it may need.

    Rows of several locations need more calls than as many of one, since a bulk call is for one location.
    """
    rows = _location_rows(delivery.surveyed)
    share = min(left / max(sum(rows.values()), 1), 1.0)
    if planned is not None:
        asked = {location: math.ceil(count * share) for location, count in planned.requests.items()}
        return plan_sending(asked, calls_a_row=1, besides=uploads)
    calls = most_calls_a_row(delivery.mapping, before_images=delivery.settings.before_images)
    plan = plan_sending(
        {location: math.ceil(count * share) for location, count in rows.items()},
        calls_a_row=calls,
        quotas={location: sender.quota_of(location) for location in rows},
        besides=uploads,
    )
    most = math.ceil(left * calls) + max(min(left, len(rows)) - 1, 0) + sum(uploads.values())
    return replace(plan, requests=min(plan.requests, most))


async def _feed(
    delivery: Delivery,
    sender: Sender,
    books: Bookkeeper,
    trial: Trial,
    plan: RunPlan | None,
    files: Uploads | None,
) -> None:
    journal, pieces = delivery.journal, delivery.preparation.pieces()
    await asyncio.to_thread(books.meet, _location_ids(delivery.surveyed))
    # In a thread: a large piece must not keep replies, signals and the progress bar waiting.
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        row_states = await ask_aside(journal, journal.row_states, piece[0].row, piece[-1].row)
        # what has an outcome is done; the others are as they end here, or as they are to be sent
        due = [item for item in piece if not isinstance(row_states.get(item.row), Outcome)]
        ready = [item for item in due if isinstance(item, Record)]
        unchanged = books.unchanged([record for record in ready if record.row not in row_states])
        books.expect([record for record in ready if record.row in row_states])
        # Rows that are done, too: a trial would count one that was left alone as one that was sent.
        records = [item for item in piece if isinstance(item, Record) and item.row not in unchanged]
        planned = plan.apply(records) if plan else {}
        ended = {**unchanged, **{row: end for row, end in planned.items() if isinstance(end, Outcome)}}
        within = trial.last_row(piece, row_states, ended)
        items = {
            item.row: ended.get(item.row) or planned.get(item.row, item) for item in due if item.row <= within
        }
        if files is not None:
            # what has landed needs its files no more
            items |= await files.attach(
                [
                    each
                    for row, each in items.items()
                    if isinstance(each, Record) and not isinstance(row_states.get(row), Landed)
                ]
            )
        for item in due:
            if sender.over or item.row > within:
                return
            state = row_states.get(item.row)
            match items[item.row]:
                case Outcome() as end:
                    sender.settle((stored_before(end, state),))
                case record:
                    await sender.submit(record, _open(state))
        if trial.over:
            return


async def _open_uploads(
    sender: Sender,
    delivery: Delivery,
    catalogs: Catalogs,
    connection: Connection,
    opened: contextlib.ExitStack,
) -> Uploads | None:
    """Make ready to upload what rows name, where the mapping fills a field of files. Raises CredentialsError."""
    run = delivery.journal.run
    model, origins = delivery.mapping.model.files, delivery.origins
    if origins is None:
        origins = origins_of(model, run.sources, run.working_folder)
    attaching = Attaching(delivery.mapping, catalogs, origins)
    if not attaching.location_ids:
        return None
    if delivery.part is not None and lie_beside(model):
        attaching.refuse_unnamed(model)
    from importer.runs.uploading import open_uploads  # few mappings fill a field of files

    uploads = opened.enter_context(
        open_uploads(
            sender,
            attaching,
            state=delivery.settings.state,
            place=f"sandbox:{run.id}" if connection.sandbox else connection.base_url,
            folder=delivery.journal.folder,
            run_id=run.id,
            again=delivery.kind is SessionKind.RETRY,
        )
    )
    await uploads.try_scope()
    return uploads


def _replanner(delivery: Delivery) -> Replanner | None:
    if not delivery.settings.replan:
        return None
    # It brings all of the mirror, which no other run needs.
    from importer.runs.planning.replanning import Replanner

    return Replanner(delivery.mapping, delivery.suppression)


async def _plan(
    delivery: Delivery,
    connection: Connection,
    sender: Sender,
    catalogs: Catalogs,
    opened: contextlib.ExitStack,
) -> RunPlan | None:
    """Have what is decided of each row, where the run is one that compares."""
    settings = delivery.settings
    if not (settings.compare or settings.plan is not None or delivery.mapping.compares):
        return None
    from importer.runs.planning.comparing import Comparison, plan_run

    comparison = Comparison(
        run=delivery.journal.run,
        folder=delivery.journal.folder,
        settings=settings,
        mapping=delivery.mapping,
        context=delivery.context,
        connection=connection,
        suppression=delivery.suppression,
        rows=sum(each.rows for each in delivery.surveyed),
        part=_taken_part(delivery),
    )
    planned = await plan_run(comparison, delivery.preparation, sender, catalogs)
    return opened.enter_context(contextlib.closing(planned))


def _taken_part(delivery: Delivery) -> TakenPart | None:
    location, turn = delivery.part, delivery.journal.turn
    return None if location is None else TakenPart(location=location, turn=turn)


def _open(row_state: RowState | None) -> Intent | Landed | None:
    return None if isinstance(row_state, Outcome) else row_state
