"""A session: one process' work on one run, with its journal open and its sources held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from importer.errors import RunConflictError, TrialDoneError
from importer.mapping import Mapping
from importer.mapping.suppression import Suppression
from importer.records import value_type
from importer.runs.attaching import FilePlace
from importer.runs.context import RunContext
from importer.runs.preparing.order import Order
from importer.settings import RunSettings
from importer.state.journal import Journal, RunState, SessionKind
from importer.state.parts import is_split


@value_type(frozen=True, slots=True, kw_only=True)
class RunSession:
    """What all that is done in it needs to know."""

    journal: Journal
    settings: RunSettings
    mapping: Mapping
    context: RunContext
    kind: SessionKind
    suppression: Suppression | None = None
    """People who are sent nothing."""
    part: str | None = None
    """The location whose rows alone it sends, of a run whose others somebody else sends."""
    origins: Sequence[FilePlace] | None = None
    """Where the files of its rows are kept, if not beside its sources."""
    trial_in_all: int | None = None
    """Rows of a trial in all locations; those of this one are the setting's."""

    @property
    def order(self) -> Order:
        order = Order.of(self.journal.run, self.settings, self.mapping)
        return replace(order, survey=replace(order.survey, suppression=self.suppression))

    def refuse_undone(self) -> None:
        """Raise RunConflictError for a run that somebody took back, or began to: its rows would come again one by one."""
        at = self.journal.run.undone_at
        if at is not None:
            run_id = self.journal.run.id
            raise RunConflictError(
                f"Run {run_id} was taken back on {datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M}: nobody goes "
                f"on with it. To import its rows again, run the file anew: {self.order.commands.run()}"
            )

    def refuse_split(self) -> None:
        """Raise RunConflictError for a run whose parts are others' work: two that send it would send its rows twice."""
        if is_split(self.journal.folder):
            commands, run_id = self.order.commands, self.journal.run.id
            raise RunConflictError(
                f"Run {run_id} was submitted to workers, which send it part by part: no process goes on with all of it. Queue "
                f"what is left of it with: {commands.resume(run_id)} (or its failed rows: {commands.retry(run_id)})"
            )

    @property
    def nothing_left(self) -> bool:
        """Whether the run is finished, and no failed row of it is to be tried again."""
        again = self.kind is SessionKind.RETRY and self.journal.retryable() > 0
        lost = self.journal.loss is not None and self.journal.loss.appends > 0
        return self.journal.run.state is RunState.FINISHED and not again and not lost

    @property
    def trial_over(self) -> bool:
        """Whether the very trial that is asked for was brought to its end before."""
        wanted, run = self.settings.trial, self.journal.run
        done = run.latest_options.get("trial")
        return (
            run.reason_code == TrialDoneError.code
            and wanted is not None
            and isinstance(done, int)
            and wanted <= done
        )
