"""One turn of a job: go on with what is open, look for files, judge, import, put away, and tell how it went."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from importer.errors import (
    LEFT_TO_PEOPLE,
    BudgetSpentError,
    CredentialsError,
    ImporterError,
    InterruptedRunError,
    MappingError,
    RunConflictError,
    SetupError,
    SourceError,
    StopError,
    TooManyFailuresError,
)
from importer.jobs.approving import approval_of, awaits
from importer.jobs.arrivals import Arrival, NotYetError, discard_copies, incoming, newcomers, take
from importer.jobs.context import JobsContext
from importer.jobs.endings import APPROVAL_SECONDS, Ending, ending
from importer.jobs.job_state import JobState, Result
from importer.jobs.judging import needs_a_look, needs_a_plan, why_crossed, why_refused
from importer.jobs.leavers import see_off
from importer.jobs.model import Stream
from importer.jobs.named_job import NamedJob
from importer.jobs.patterns import distinguishes_files
from importer.jobs.settling import Afterwards, put_away
from importer.jobs.tokens import connection_of
from importer.results.commands import access_words
from importer.runtime import environment
from importer.runtime.counting import counted
from importer.runtime.stopping import StopSignal
from importer.settings import FailureLimit, ReadingOptions, RunSettings
from importer.sources import is_url
from importer.sources.sightings import Sighting
from importer.state import StateFolder
from importer.state.journal import RunState
from importer.state.memory import Imported
from importer.state.plans import Decision

if TYPE_CHECKING:
    from importer.results.summary import Summary

_COUNTS: Final = ("rows_read", "created", "updated", "skipped", "failed", "pending", "requests", "missing")


class Turn:
    """One job's turn for one time it was due. Its state is written before and after whatever cannot be repeated."""

    def __init__(
        self, named: NamedJob, job_state: JobState, due_at: float, context: JobsContext, stop: StopSignal
    ) -> None:
        self._named = named
        self._job: Stream = named.job
        self._due_at = due_at
        self._context = context
        self._stop = stop
        self._retried = job_state.open_due == due_at
        """This time was due before: what is open is gone on with, and no further file is missed."""
        self.job_state = replace(job_state, open_due=due_at)

    async def take(self) -> AsyncGenerator[Ending, None]:
        """Do all there is to do now, and yield one ending for each file as it comes, at least one."""
        try:
            async with aclosing(self._endings()) as following:
                async for each in following:
                    yield each
                    if each.result in {Result.STOPPED, Result.AWAITING} or each.again_in is not None:
                        break
        except InterruptedRunError as asked:
            yield ending(Result.STOPPED, str(asked), notify=False)
        except NotYetError as wait:
            yield self._not_yet(wait.seconds)
        except ImporterError as fault:
            yield ending(Result.FAILED, str(fault), heals=_may_heal(fault))
        finally:
            if not self.job_state.open_file:
                discard_copies(incoming(self._named, self._context))

    async def _endings(self) -> AsyncGenerator[Ending, None]:
        begun = self.job_state.open_file
        if begun:
            yield await self._go_on(Arrival.from_text(begun))
        found = await newcomers(self._named, self._due_at, self._context)
        for sighting in found:
            self._stop.check()
            try:
                arrival = await take(self._named, sighting, self._context)
            except SourceError as fault:
                # An outage hits all of them, and one that is alone is tried again by itself.
                if not self._is_empty(sighting) and (is_url(sighting.reference) or len(found) == 1):
                    raise
                yield self._not_taken(sighting, str(fault))
                continue
            yield await self._import(arrival)
        if not found and not (begun and self._retried):
            yield self._nothing()

    def _is_empty(self, sighting: Sighting) -> bool:
        """Tell a file that stays without a byte; where nobody waits for files to be whole, it may be about to be written."""
        return sighting.size == 0 and bool(self._job.still_for or self._job.minimum_age)

    def _not_taken(self, sighting: Sighting, sentence: str) -> Ending:
        """Tell a file that cannot be copied, so that the others have their turn; an empty one is put away like a damaged one."""
        if self._is_empty(sighting):
            return self._refuse(Arrival.empty(sighting), Result.FAILED, sentence)
        return ending(Result.FAILED, sentence, file=sighting.name)

    async def _go_on(self, arrival: Arrival) -> Ending:
        """Go on with a run that stopped, or whose process died under it."""
        settings = self._settings(arrival)
        run_id = self.job_state.open_run
        if run_id and run_id in StateFolder(self._context.state).newest_ids(run_id):
            if undone := self._undone(run_id, arrival):
                return undone
            if waits := self._left_to_people(run_id, arrival):
                return waits
            summary = await self._context.runs.resume(run_id, settings, self._stop)
        elif arrival.copied:
            sent = await self._send(arrival, settings, self._begun_or_anew)
            if isinstance(sent, Ending):
                return sent
            summary = sent
        else:
            self._let_go()
            return ending(
                Result.FAILED,
                f"{arrival.shown} was begun and cannot be gone on with: its run {run_id or ''} was deleted. "
                "Deliver the file again.",
            )
        return await self._end(arrival, summary, settings)

    def _undone(self, run_id: str, arrival: Arrival) -> Ending | None:
        """Let a run go that somebody took back: nobody goes on with it, and later files must have their turn."""
        if StateFolder(self._context.state).run(run_id).undone_at is None:
            return None
        self._let_go()
        return ending(
            Result.FAILED,
            f"{arrival.shown} is not gone on with: its run {run_id} was taken back (importer undo). To import it after all, "
            "deliver the file again.",
        )

    def _left_to_people(self, run_id: str, arrival: Arrival, summary: Summary | None = None) -> Ending | None:
        """Leave a run alone that somebody paused, or tried with a few rows; it is looked at again when the job is due."""
        run = StateFolder(self._context.state).run(run_id)
        if run.state is not RunState.STOPPED or run.reason_code not in LEFT_TO_PEOPLE:
            return None
        commands = access_words(self._context.state)
        return ending(
            Result.STOPPED,
            f"Run {run_id} waits for a person: {run.reason or run.reason_code} Go on with: {commands.resume(run_id)}",
            file=arrival.shown,
            next_time=True,
            notify=False,
            **({"run_id": run_id} if summary is None else _figures(summary)),
        )

    async def _begun_or_anew(self, arrival: Arrival, settings: RunSettings) -> Summary:
        """Go on with what a process that died had begun; had it begun nothing, an older run of this content comes back."""
        try:
            summary = await self._context.runs.run(settings, self._stop)
        except RunConflictError:
            # The mapping was changed meanwhile: the whole file once more. If somebody else holds it, this says so again.
            return await self._context.runs.run(replace(settings, fresh=True), self._stop)
        earlier = self._context.imported_files.find(self._named.name, arrival.fingerprint)
        if summary.repeated and earlier and earlier.run_id == summary.run_id:
            return await self._context.runs.run(replace(settings, fresh=True), self._stop)
        return summary

    async def _import(self, arrival: Arrival) -> Ending:
        """Import one file; what is wrong with the file itself is its ending, so that the next has its turn."""
        if earlier := self._imported_before(arrival):
            return self._delivered_twice(arrival, earlier)
        settings = self._settings(arrival)
        try:
            if refusal := await self._refusal(settings):
                return self._refuse(arrival, Result.REFUSED, refusal)
            # Written first: if the process dies in the run, the next one goes on with this very copy.
            self._keep(
                replace(self.job_state, open_file=arrival.to_text(), open_due=self._due_at, open_run=None)
            )
            sent = await self._send(arrival, settings, self._anew)
        except (MappingError, SourceError) as fault:
            self._let_go()
            return self._refuse(arrival, Result.FAILED, str(fault))
        except SetupError:
            self._let_go()
            raise
        return sent if isinstance(sent, Ending) else await self._end(arrival, sent, settings)

    async def _send(
        self,
        arrival: Arrival,
        settings: RunSettings,
        start: Callable[[Arrival, RunSettings], Awaitable[Summary]],
    ) -> Summary | Ending:
        """Send a file, by a plan where the thresholds want one; or tell what that waits for."""
        # one that somebody was asked about is not sent otherwise because the job file was changed meanwhile
        if self.job_state.open_plan is None and not needs_a_plan(self._job.thresholds):
            return await start(arrival, settings)
        if waits := await self._have_plan(arrival, settings):
            return waits
        return await start(arrival, replace(settings, plan=self.job_state.open_plan, compare=False))

    async def _have_plan(self, arrival: Arrival, settings: RunSettings) -> Ending | None:
        """See to a plan that may be applied, or tell what it waits for."""
        known, approval = self.job_state.open_plan, None
        if known is not None:
            now = self._context.clock.now()
            approval = approval_of(self._context.state, known, mapping=self._named.mapping, now=now)
        if approval is None:
            return await self._plan(arrival, settings)
        if approval.decision is Decision.REFUSED:
            return self._let_refused_go(arrival, f"{approval.by} refused plan {known}. Nothing was sent.")
        if approval.awaited:
            return await self._overtaken(arrival) or self._not_yet(APPROVAL_SECONDS)
        return None

    async def _plan(self, arrival: Arrival, settings: RunSettings) -> Ending | None:
        plan = await self._context.runs.plan(settings, self._stop)
        waits = awaits(self._context.state, self._named.name, plan, self._job.thresholds)
        # only now: a plan that nobody was asked about yet would pass for one that crosses nothing
        self._keep(replace(self.job_state, open_plan=plan.plan_id))
        if waits is None:
            return None
        facts = {"counts": {"rows_read": plan.rows_read}, "report": str(plan.report)}
        return ending(Result.AWAITING, waits, file=arrival.shown, **facts)

    async def _overtaken(self, arrival: Arrival) -> Ending | None:
        """Let a file go that nobody approved before a newer one came, where only the newest counts."""
        if self._retried or self._job.take != "newest":
            return None
        if not await newcomers(self._named, self._due_at, self._context):
            return None
        plan = self.job_state.open_plan
        return self._let_refused_go(
            arrival, f"A newer file came before anybody approved plan {plan}. Nothing of this one was sent."
        )

    def _let_refused_go(self, arrival: Arrival, sentence: str) -> Ending:
        self._let_go()
        self._deal(arrival)  # the same file would be asked about again
        return self._refuse(arrival, Result.REFUSED, sentence)

    async def _anew(self, _arrival: Arrival, settings: RunSettings) -> Summary:
        return await self._context.runs.run(replace(settings, fresh=True), self._stop)

    async def _end(self, arrival: Arrival, summary: Summary, settings: RunSettings) -> Ending:
        last = self._close(arrival, summary)
        if last.result is not Result.FINISHED or not self._job.changed_only or summary.repeated:
            return last
        missed = await see_off(self._named, summary, settings, self._context, self._stop)
        return replace(last, sentence=f"{last.sentence} {missed}".strip())

    def _refuse(self, arrival: Arrival, result: Result, sentence: str) -> Ending:
        trouble = self._put_away(arrival, self._job.after_failure)
        if self._named.once:
            self._deal(arrival)
        return ending(result, f"{sentence} {trouble}".strip(), file=arrival.shown)

    async def _refusal(self, settings: RunSettings) -> str | None:
        thresholds = self._job.thresholds
        if not needs_a_look(thresholds):
            return None
        forecast = await self._context.runs.check(settings, self._stop)
        last = self._context.imported_files.last(self._named.name)
        return why_refused(
            thresholds, rows=forecast.rows_read, failing=forecast.failed, before=last.rows if last else None
        )

    def _close(self, arrival: Arrival, summary: Summary) -> Ending:
        if summary.state == "stopped":
            return (
                self._given_up(arrival, summary)
                if self._too_many_failed(summary)
                else self._stopped(arrival, summary)
            )
        # The list of imported files first: a file whose run is over must not be imported again, whatever becomes of it below.
        self._context.imported_files.add(
            Imported(
                feed=self._named.name,
                fingerprint=arrival.fingerprint,
                name=arrival.shown,
                run_id=summary.run_id,
                imported_at=self._context.clock.now(),
                rows=summary.rows_read,
            )
        )
        self._let_go()
        crossed = why_crossed(self._job.thresholds, rows=summary.rows_read, failed=summary.failed)
        self._deal(arrival)
        trouble = self._put_away(arrival, self._job.after_failure if crossed else self._job.after_success)
        said = crossed or _counts_sentence(summary)
        return ending(
            Result.CROSSED if crossed else Result.FINISHED,
            f"{said} {trouble}".strip(),
            file=arrival.shown,
            **_figures(summary),
        )

    @staticmethod
    def _too_many_failed(summary: Summary) -> bool:
        return summary.reason_code == TooManyFailuresError.code

    def _given_up(self, arrival: Arrival, summary: Summary) -> Ending:
        """Leave a run alone that too many failures stopped: to go on by itself is what its limit forbids."""
        self._let_go()
        self._deal(arrival)
        trouble = self._put_away(arrival, self._job.after_failure)
        sentence = f"The run stopped before its end: {summary.reason} {trouble}".strip()
        return ending(Result.CROSSED, sentence, file=arrival.shown, **_figures(summary))

    def _stopped(self, arrival: Arrival, summary: Summary) -> Ending:
        self._keep(
            replace(
                self.job_state, open_file=arrival.to_text(), open_run=summary.run_id, open_due=self._due_at
            )
        )
        if waits := self._left_to_people(summary.run_id, arrival, summary):
            return waits
        asked = isinstance(self._stop.reason, InterruptedRunError)
        budget_spent = summary.reason_code == BudgetSpentError.code
        return ending(
            Result.STOPPED,
            f"The run stopped before its end: {summary.reason or 'no reason given.'} It goes on by itself.",
            file=arrival.shown,
            heals=True,
            next_time=budget_spent,
            notify=not asked and not budget_spent,
            **_figures(summary),
        )

    def _imported_before(self, arrival: Arrival) -> Imported | None:
        """Find the import that this file repeats.

        The content of the last import, under any name; or of an older one under the same name, if names tell files
        apart. Content that comes back under a new name is a new file: things are again as they were then. A folder
        that is watched takes each content once, whatever it is called.
        """
        imported_files, feed = self._context.imported_files, self._named.name
        earlier = imported_files.find(feed, arrival.fingerprint)
        if earlier is None or self._named.once or earlier == imported_files.last(feed):
            return earlier
        return earlier if earlier.name == arrival.shown and distinguishes_files(self._named.source) else None

    def _delivered_twice(self, arrival: Arrival, earlier: Imported) -> Ending:
        self._deal(arrival)
        self._put_away(arrival, self._job.after_success)
        when = datetime.fromtimestamp(earlier.imported_at, self._named.zone)
        return ending(
            Result.NOTHING_NEW,
            f"{arrival.shown} has the content of {earlier.name}, imported on {when:%Y-%m-%d %H:%M} by run "
            f"{earlier.run_id}; it was not imported again.",
            file=arrival.shown,
        )

    def _nothing(self) -> Ending:
        waited_until = self._due_at + self._job.wait_for_file
        if self._context.clock.now() < waited_until:
            return self._not_yet(60.0)
        sentence = f"There is no new file for {self._job.source}."
        if self._job.missing_file == "ignore" or self._done_already():
            return ending(Result.NOTHING_NEW, sentence)
        return ending(Result.FAILED, f"{sentence} Look at what delivers it.")

    def _done_already(self) -> bool:
        """Tell whether a process that died at the end of this very turn had imported its file."""
        last = self._context.imported_files.last(self._named.name)
        return self._retried and last is not None and last.imported_at >= self._due_at

    def _not_yet(self, seconds: float) -> Ending:
        return ending(Result.NOTHING_NEW, "A file is awaited.", again_in=seconds, notify=False)

    def _deal(self, arrival: Arrival) -> None:
        self._context.jobs_state.deal(self._named.name, arrival.reference, arrival.size, arrival.modified_at)

    def _put_away(self, arrival: Arrival, afterwards: Afterwards) -> str:
        """Put the file away; what the file system refuses becomes part of the sentence."""
        if arrival.local is None or not arrival.local.is_file() or not _same_file(arrival):
            return ""
        at = datetime.fromtimestamp(self._context.clock.now(), self._named.zone)
        try:
            put_away(arrival.local, afterwards, at=at)
        except SourceError as trouble:
            return str(trouble)
        return ""

    def _let_go(self) -> None:
        """Have nothing open any more."""
        self._keep(replace(self.job_state, open_file=None, open_run=None, open_plan=None))

    def _keep(self, job_state: JobState) -> None:
        self.job_state = job_state
        self._context.jobs_state.put(job_state)

    def _settings(self, arrival: Arrival) -> RunSettings:
        return run_settings(self._named, arrival, self._context)


def run_settings(named: NamedJob, arrival: Arrival, context: JobsContext) -> RunSettings:
    """Say a job in the words of the pipeline."""
    job = named.job
    limit = job.stop_after_failures
    return RunSettings(
        sources=(arrival.copy,),
        mapping=named.mapping,
        connection=connection_of(
            named, base_url=context.base_url, state=context.state, sandbox=context.sandbox
        ),
        state=context.state,
        output=named.path(job.output),
        results_format=job.results_format,
        reading=ReadingOptions(sheet=job.sheet, password=environment.source_password()),
        concurrency=job.concurrency,
        changed_only=job.changed_only,
        compare=job.compare,
        before_images=job.before_images,
        full_every=job.full_every,
        feed=named.name,
        stop_after_failures=FailureLimit(rows=limit.rows, share=limit.share) if limit else None,
        max_requests=job.max_requests,
        allow_transforms=job.allow_transforms,
    )


def _same_file(arrival: Arrival) -> bool:
    """Tell whether the file is still the one that was copied: one delivered meanwhile under its name stays."""
    assert arrival.local is not None  # noqa: S101  (asked before)
    facts = arrival.local.stat()
    return (facts.st_size, facts.st_mtime) == (arrival.size, arrival.modified_at)


def _figures(summary: Summary) -> dict[str, object]:
    return {
        "run_id": summary.run_id,
        "counts": {name: getattr(summary, name) for name in _COUNTS},
        "errors_by_code": dict(summary.errors_by_code),
        "report": str(summary.report),
    }


def _counts_sentence(summary: Summary) -> str:
    return (
        f"{counted(summary.rows_read, 'row')}: {summary.created:,} created, {summary.updated:,} updated, "
        f"{summary.skipped:,} skipped, {summary.failed:,} failed."
    )


def _may_heal(fault: ImporterError) -> bool:
    return isinstance(fault, SourceError | CredentialsError | RunConflictError | StopError)
