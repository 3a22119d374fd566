"""How runs are told: as lines for people and as JSON for programs. Nothing of a person's is in either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from importer.records import Counts, Json, Since, Status, number_of, source_of, value_type
from importer.results.commands import NextCommands, access_words
from importer.results.summary import nothing_since, since_json
from importer.results.wording import rows, since_text
from importer.runtime.counting import counted
from importer.state.journal import CodeCount, Journal, Operator, RequestFigures, Run, RunState, Session
from importer.state.lineage import corrections_since
from importer.state.parts import PartLine, PartState, parts_in

_MOST_PARTS: Final = 20
_MOST_SESSIONS: Final = 50
_COUNTED: Final = (Status.CREATED, Status.UPDATED, Status.SKIPPED, Status.FAILED, Status.PENDING)


@value_type(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as the history shows it."""

    run: Run
    counts: Counts
    seconds: float
    retryable: int
    since: Since | None
    """What became of its failed rows in the runs that followed it."""
    operator: Operator | None
    """Who began it."""
    approved_by: tuple[str, ...]
    """Who agreed to what was sent, session by session."""
    commands: NextCommands

    @classmethod
    def of(cls, run: Run, journal: Journal, state: Path) -> RunRecord:
        token_file = run.options.get("token_file")
        operators = [session.operator for session in journal.sessions()]
        return cls(
            run=run,  # the journal of a killed run still says that it is running
            counts=journal.counts(),
            seconds=journal.seconds(),
            retryable=journal.retryable(),
            since=corrections_since(journal.folder, journal),
            operator=operators[0],
            approved_by=tuple(dict.fromkeys(who for each in operators if each and (who := each.approved_by))),
            commands=access_words(state, Path(str(token_file)) if token_file else None),
        )

    @property
    def left(self) -> int:
        """Rows that did not come through, neither in this run nor in one that followed it."""
        return (self.since or nothing_since(self.counts)).left

    def to_json(self) -> dict[str, Json]:
        run = self.run
        return {
            "run_id": run.id,
            "state": run.state.value,
            "reason": run.reason,
            "reason_code": run.reason_code,
            "started_at": moment(run.started_at),
            "finished_at": None if run.finished_at is None else moment(run.finished_at),
            "seconds": round(self.seconds, 3),
            "source": ", ".join(source.reference for source in run.sources),
            "mapping": str(run.mapping_path),
            "location_id": run.location_id,
            "base_url": run.base_url,
            "sandbox": run.sandbox,
            "follows": run.follows,
            "undone_at": None if run.undone_at is None else moment(run.undone_at),
            **since_json(self.since or nothing_since(self.counts)),
            "rows_read": self.counts.read,
            **{status.value: getattr(self.counts, status.value) for status in _COUNTED},
            "retryable": self.retryable,
            **_operator_json(self.operator),
            "approved_by": ", ".join(self.approved_by) or None,
        }


@value_type(frozen=True, slots=True, kw_only=True)
class RunDetails:
    """One run as ``show`` tells it."""

    record: RunRecord
    folder: str
    errors: tuple[CodeCount, ...]
    warnings: tuple[CodeCount, ...]
    locations: dict[str | None, Counts]
    traffic: RequestFigures
    sessions: tuple[Session, ...]
    parts: tuple[PartLine, ...] = ()
    """Of a run that was split by location."""

    @classmethod
    def of(cls, run: Run, journal: Journal, state: Path) -> RunDetails:
        return cls(
            record=RunRecord.of(run, journal, state),
            folder=str(journal.folder),
            errors=journal.errors(),
            warnings=journal.warnings(),
            locations=journal.counts_by_location(),
            traffic=journal.traffic(),
            sessions=journal.sessions(),
            parts=parts_in(journal.folder),
        )

    def to_json(self) -> dict[str, Json]:
        sources: list[Json] = [
            {
                "reference": each.reference,
                "name": each.name,
                "fingerprint": each.fingerprint,
                "size": each.size,
            }
            for each in self.record.run.sources
        ]
        return {
            **self.record.to_json(),
            "sources": sources,
            "folder": self.folder,
            "tool_version": self.record.run.tool_version,
            "requests": self.traffic.requests,
            "throttled": self.traffic.throttled,
            "retries": self.traffic.retries,
            "errors_by_code": {each.code: each.count for each in self.errors},
            "warnings_by_code": {each.code: each.count for each in self.warnings},
            "locations": {str(name): _counts_json(counts) for name, counts in self.locations.items() if name},
            "sessions": [_session_json(session) for session in self.sessions],
            **({"parts": [_part_json(part) for part in largest_first(self.parts)]} if self.parts else {}),
        }


def render_runs(records: Sequence[RunRecord]) -> str:
    """Draw the history as a table, newest first."""
    lines = [
        (
            *("RUN", "STATE", "STARTED", "TIME", "ROWS"),
            *(each.value.upper() for each in _COUNTED),
            *("LEFT", "BY", "SOURCE"),
        )
    ]
    lines += [_line(record) for record in records]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in lines)


def render_run(details: RunDetails) -> str:
    """Tell one run in lines."""
    record, run = details.record, details.record.run
    facts = [
        ("Run", run.id),
        ("State", run.state.value + (f": {run.reason}" if run.reason else "")),
        ("Source", ", ".join(source.reference for source in run.sources)),
        ("Mapping", str(run.mapping_path)),
        ("Undone", f"taken back from {local_time(run.undone_at)} on" if run.undone_at else ""),
        ("Follows", run.follows or ""),
        ("Into", f"{run.location_id or 'locations by column'} at {run.place}"),
        ("Started", f"{local_time(run.started_at)}, at work {duration(record.seconds)}"),
        ("By", record.operator.name if record.operator else ""),
        ("Approved", ", ".join(record.approved_by) and f"by {', '.join(record.approved_by)}"),
        ("Rows", f"{record.counts.read:,} ({_counts_text(record.counts)})"),
        ("Since", since_text(record.since, record.counts.read) if record.since else ""),
        ("Followed", ", ".join(record.since.successors) if record.since else ""),
        ("Requests", _traffic_text(details.traffic)),
        *(("Failed", _code_text(each, run)) for each in details.errors),
        *(("Warnings", _code_text(each, run)) for each in details.warnings),
        *(("Location", f"{name}: {_counts_text(counts)}") for name, counts in _several(details.locations)),
        ("Parts", parts_text(details.parts)),
        *(("Part", _part_text(part)) for part in _worth_showing(details.parts)),
        *(("Session", _session_text(session)) for session in details.sessions[-_MOST_SESSIONS:]),
        ("Sessions", _more_sessions(details.sessions)),
        ("Kept in", details.folder),
        ("Next", _next_step(record)),
    ]
    return "\n".join(f"{name + ':':<10} {text}" for name, text in facts if text)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="seconds")


def local_time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _line(record: RunRecord) -> tuple[str, ...]:
    run = record.run
    return (
        run.id,
        run.state.value if run.undone_at is None else "undone",
        local_time(run.started_at),
        duration(record.seconds),
        f"{record.counts.read:,}",
        *(f"{getattr(record.counts, each.value):,}" for each in _COUNTED),
        f"{record.left:,}",
        record.operator.name if record.operator else "",
        ", ".join(source.name for source in run.sources),
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    numbers = range(3, len(line) - 2)
    for index, (text, width) in enumerate(zip(line, widths, strict=True)):
        yield text.rjust(width) if index in numbers else text.ljust(width)


def _counts_text(counts: Counts) -> str:
    counted = [(each.value, getattr(counts, each.value)) for each in _COUNTED]
    return ", ".join(f"{count:,} {name}" for name, count in counted if count) or "none"


def _counts_json(counts: Counts) -> dict[str, Json]:
    return {each.value: getattr(counts, each.value) for each in _COUNTED if each is not Status.PENDING}


def _several(locations: dict[str | None, Counts]) -> list[tuple[str, Counts]]:
    named = [(name, counts) for name, counts in locations.items() if name]
    return named if len(named) > 1 else []


def _traffic_text(traffic: RequestFigures) -> str:
    return f"{traffic.requests:,}, {traffic.throttled:,} throttled, {traffic.retries:,} repeated"


def _code_text(counted: CodeCount, run: Run) -> str:
    places = ", ".join(
        f"{number_of(row)}"
        if len(run.sources) == 1
        else f"{run.sources[source_of(row)].name} {number_of(row)}"
        for row in counted.rows
    )
    more = ", ..." if counted.count > len(counted.rows) else ""
    word = "row" if counted.count == 1 else "rows"
    return f"{counted.count:,} x {counted.code} ({word} {places}{more})"


def _session_text(session: Session) -> str:
    ended = (
        f"{session.state.value} {local_time(session.ended_at)}" if session.ended_at else session.state.value
    )
    who = f", by {session.operator.name}" if session.operator else ""
    command = f": {session.operator.command}" if session.operator and session.operator.command else ""
    return f"{session.kind.value} {local_time(session.started_at)}, {ended}{who}{command}"


def parts_text(parts: Sequence[PartLine]) -> str:
    """Count the parts of a run by how they stand, and those who work on them."""
    counts = Counter(part.state for part in parts)
    states = ", ".join(f"{counts[state]:,} {state.value}" for state in PartState if counts[state])
    workers = {part.holder for part in parts if part.state is PartState.RUNNING}
    return states + (f"; {counted(len(workers), 'worker')}" if workers else "")


def largest_first(parts: Sequence[PartLine]) -> list[PartLine]:
    return sorted(parts, key=lambda part: (-part.rows_read, part.location))


def _worth_showing(parts: Sequence[PartLine]) -> Sequence[PartLine]:
    """Take those that somebody may want to do something about; of thousands, the first."""
    odd = [part for part in parts if part.state in {PartState.RUNNING, PartState.STOPPED}]
    return odd[:_MOST_PARTS]


def _part_text(part: PartLine) -> str:
    reason = f": {part.reason}" if part.reason else ""
    holder = f", {part.holder} since {local_time(part.since)}" if part.holder and part.since else ""
    return f"{part.location}: {part.state.value}{reason}, {rows(part.rows_read)}{holder}"


def _part_json(part: PartLine) -> Json:
    return {
        "location_id": part.location,
        "state": part.state.value,
        "reason": part.reason,
        "reason_code": part.reason_code,
        "rows_read": part.rows_read,
        "holder": part.holder,
        "since": None if part.since is None else moment(part.since),
    }


def _more_sessions(sessions: Sequence[Session]) -> str:
    more = len(sessions) - _MOST_SESSIONS
    return f"{more:,} before them; all of them with --json" if more > 0 else ""


def _session_json(session: Session) -> dict[str, Json]:
    return {
        "kind": session.kind.value,
        "started_at": moment(session.started_at),
        "ended_at": None if session.ended_at is None else moment(session.ended_at),
        "state": session.state.value,
        "reason": session.reason,
        **_operator_json(session.operator),
    }


def _operator_json(operator: Operator | None) -> dict[str, Json]:
    if operator is None:
        return {"operator": None, "command": None, "approved_by": None}
    return {"operator": operator.name, "command": operator.command, "approved_by": operator.approved_by}


def _next_step(record: RunRecord) -> str:
    run = record.run
    if run.state is RunState.RUNNING or run.undone_at is not None:
        return ""
    if run.state is RunState.STOPPED:
        return record.commands.resume(run.id)
    if record.since is not None:
        return record.commands.show(record.since.successors[-1]) if record.left else ""
    if record.retryable:
        return f"{rows(record.retryable)} can be sent again: {record.commands.retry(run.id)}"
    return ""
