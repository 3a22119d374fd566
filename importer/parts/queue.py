"""The queue in Postgres, and the one door to Procrastinate: a job for each part, taken by whichever worker has a slot.

What a job carries is a run's id and a location, and nothing of anybody's rows. That a part is taken twice, or again while it
is still worked on, is nothing that this queue has to prevent: who may send is decided by the location's lock in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from importer.errors import SettingsError, StateError
from importer.records import value_type
from importer.runtime.installation import missing_extra
from importer.runtime.logs import logger_of
from importer.state.postgres.address import Address
from importer.state.postgres.connection import connect
from importer.state.postgres.dialect import held, unheld
from importer.state.postgres.schemas import READER, WORKER
from importer.state.purpose import Purpose

try:
    import procrastinate
    from procrastinate import exceptions, schema
    from procrastinate.jobs import Job, Status
except ImportError as missing:  # pragma: no cover  (the tests have the extra)
    raise SettingsError(missing_extra("Work for many machines", "postgres")) from missing

logger = logger_of(__name__)

SCHEMA: Final = "importer_queue"
_PURPOSE: Final = Purpose(
    title="The queue", go_on="begin again", if_damaged="Restore the database from a backup."
)
_QUEUE: Final = "parts"
_TASK: Final = "part"
_HEART_BEAT_SECONDS: Final = 1.0
_STALE_BEATS: Final = 5
_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 5
_PUT_AT_ONCE: Final = 5_000


@value_type(frozen=True, slots=True, kw_only=True)
class QueuedPart:
    """One part as the queue knows it. ``place``: the vendor at which its location is."""

    run_id: str
    location: str
    place: str = ""


@value_type(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """How many parts wait for a slot, and how many are worked on."""

    waiting: int = 0
    under_way: int = 0


Work: TypeAlias = Callable[[QueuedPart], Awaitable[float | None]]
"""Works on a part; tells in how many seconds it wants to be taken again, or None."""


@contextlib.asynccontextmanager
async def open_queue(address: Address) -> AsyncIterator[Queue]:
    """Open the queue of a Postgres, and make it where there is none. Raises StateError."""
    _keep_to_ourselves()
    # A pool would try for half a minute, and not say why it cannot.
    await asyncio.to_thread(lambda: connect(address, _PURPOSE).close())
    with _translated(address):
        async with procrastinate.App(connector=_connector(address)).open_async() as app:
            await _bring_up_to_date(app)
            yield Queue(app, address)


@dataclass(slots=True)
class Queue:
    """An open queue."""

    _app: procrastinate.App
    _address: Address
    stray_seconds: float = _HEART_BEAT_SECONDS * _STALE_BEATS
    """For so long the end of a part may be on its way to the queue."""
    _under_way: set[int] = field(default_factory=set)
    _worked_as: set[int] = field(default_factory=set)
    _strays: dict[int, float] = field(default_factory=dict)

    async def put(self, parts: Iterable[QueuedPart], *, in_seconds: float = 0.0) -> int:
        """Queue parts, the first of them first, in one statement for thousands; tells how many were not waiting already."""
        with _translated(self._address):
            return await self._put(parts, in_seconds)

    async def _put(self, parts: Iterable[QueuedPart], in_seconds: float) -> int:
        left = list(parts)
        at = datetime.now(UTC) + timedelta(seconds=in_seconds) if in_seconds else None
        count = 0
        while wanted := await self._not_waiting(left):
            some = wanted[:_PUT_AT_ONCE]
            try:
                await self._app.job_manager.batch_defer_jobs_async([_job(each, at) for each in some])
            except exceptions.AlreadyEnqueued:
                continue  # somebody queued one of them at this very moment, and the others are not queued for it
            count += len(some)
            left = wanted[_PUT_AT_ONCE:]
        return count

    async def _not_waiting(self, parts: Sequence[QueuedPart]) -> list[QueuedPart]:
        if not parts:
            return []
        waiting = {(each.run_id, each.location) for each in await self._waiting()}
        return [each for each in parts if (each.run_id, each.location) not in waiting]

    async def load(self) -> QueueLoad:
        """Tell how much there is to do."""
        with _translated(self._address):
            found = await self._app.connector.execute_query_one_async(
                "SELECT count(*) FILTER (WHERE status = 'todo') AS waiting, "
                "count(*) FILTER (WHERE status = 'doing') AS under_way FROM procrastinate_jobs"
            )
        return QueueLoad(waiting=found["waiting"], under_way=found["under_way"])

    async def drop(self, run_id: str) -> None:
        """Take the parts of a run out that wait; those under way end by themselves."""
        with _translated(self._address):
            await self._app.connector.execute_query_async(
                "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args->>'run_id' = %(run_id)s",
                run_id=run_id,
            )

    async def work(
        self, do: Work, *, concurrency: int, stopping: asyncio.Event, until_empty: bool = False
    ) -> None:
        """Work on parts, so many at once, until it is asked to stop, or nothing is left where that is enough.

        The parts under way are waited for: whoever asks to stop tells them, too.
        """
        self._register(do)
        ended = asyncio.Event()
        rescuing = asyncio.create_task(self._keep_rescuing(ended))
        try:
            while not stopping.is_set():
                await self._work_while_it_lasts(concurrency, stopping, wait=not until_empty)
                if until_empty and not await self._has_more():
                    return
                await _rest(stopping, _LOOK_SECONDS)
        finally:
            # Before Python 3.12 wait_for, by which psycopg waits, forgets a cancel that comes together with its answer.
            ended.set()
            rescuing.cancel()
            await asyncio.wait([rescuing])

    def _register(self, do: Work) -> None:
        async def part(context: procrastinate.JobContext, run_id: str, location: str, place: str) -> None:
            with self._in_hand(context.job):
                taken = QueuedPart(run_id=run_id, location=unheld(location), place=place)
                again = await do(taken)
                if again is not None:
                    # With the job that ends: cut between the two, it is found stalled, and taken again.
                    await self.put([taken], in_seconds=again)

        # What could not be put back is taken again: a part must not be lost with the job that ends.
        again = procrastinate.RetryStrategy(wait=_RETRY_SECONDS)
        self._app.task(name=_TASK, queue=_QUEUE, retry=again, pass_context=True)(part)

    @contextlib.contextmanager
    def _in_hand(self, job: Job) -> Iterator[None]:
        number, worker = int(job.id or 0), int(job.worker_id or 0)
        self._worked_as.add(worker)
        self._under_way.add(number)
        try:
            yield
        finally:
            self._under_way.discard(number)

    async def _work_while_it_lasts(self, concurrency: int, stopping: asyncio.Event, *, wait: bool) -> None:
        """Be a worker of Procrastinate; one that loses the database is begun anew once it is back."""
        working = asyncio.create_task(
            self._app.run_worker_async(
                queues=[_QUEUE],
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=_LOOK_SECONDS,
                install_signal_handlers=False,
                update_heartbeat_interval=_HEART_BEAT_SECONDS,
                stalled_worker_timeout=_HEART_BEAT_SECONDS * _STALE_BEATS,
                delete_jobs="always",
            )
        )
        stopped = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            working.cancel()  # it takes no part any more, and waits for those under way
            await asyncio.wait([working, stopped])
        if not working.cancelled() and (lost := working.exception()) is not None:
            if not isinstance(lost, exceptions.ConnectorException):
                raise lost
            logger.warning("The queue cannot be reached (%s); it is tried again.", _said(lost))

    async def rescue(self) -> None:
        """Give back what workers had that died: nobody else would ask for it."""
        stalled = await self._app.job_manager.get_stalled_jobs(
            queue=_QUEUE, seconds_since_heartbeat=_HEART_BEAT_SECONDS * _STALE_BEATS
        )
        for job in stalled:
            # another worker may have given it back meanwhile
            with contextlib.suppress(exceptions.ConnectorException):
                await self._give_back(int(job.id or 0))
                logger.info("Part %s is taken again: its worker is gone.", job.task_kwargs.get("location"))

    async def _give_back(self, number: int) -> None:
        try:
            await self._app.job_manager.retry_job_by_id_async(number, retry_at=datetime.now(UTC))
        except exceptions.UniqueViolation:
            # The part waits already: its worker died, or lost the database, between putting it back and ending this
            # job, and as long as this one has the location's lock nobody takes that one.
            await self._app.job_manager.finish_job_by_id_async(number, Status.ABORTED, delete_job=True)

    async def _rescue_strays(self) -> None:
        """Give back what the queue takes for ours and we have not: its end was lost with the database.

        Our heart beats on, so that nobody finds it stalled, and its location would wait for ever.
        """
        found = await self._app.connector.execute_query_all_async(
            "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(workers)s)",
            workers=list(self._worked_as),
        )
        now = asyncio.get_running_loop().time()
        stray = {each["id"] for each in found} - self._under_way
        self._strays = {number: self._strays.get(number, now) for number in stray}
        for number, since in self._strays.items():
            if now - since >= self.stray_seconds:
                with contextlib.suppress(exceptions.ConnectorException):
                    await self._give_back(number)

    async def _keep_rescuing(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(exceptions.ConnectorException):  # the worker says that it is gone
                await self.rescue()
                await self._rescue_strays()

    async def _has_more(self) -> bool:
        try:
            load = await self.load()
        except StateError:
            return True
        return bool(load.waiting or load.under_way)

    async def _waiting(self) -> list[QueuedPart]:
        found = await self._app.connector.execute_query_all_async(
            "SELECT args FROM procrastinate_jobs WHERE status = 'todo'"
        )
        return [
            replace(part, location=unheld(part.location))
            for part in (QueuedPart(**each["args"]) for each in found)
        ]


def _job(part: QueuedPart, at: datetime | None) -> Job:
    return Job(
        queue=_QUEUE,
        lock=held(f"{part.place} {part.location}"),
        queueing_lock=held(f"{part.run_id} {part.location}"),
        task_name=_TASK,
        task_kwargs={"run_id": part.run_id, "location": held(part.location), "place": part.place},
        scheduled_at=at,
    )


def _connector(address: Address) -> procrastinate.PsycopgConnector:
    secret = {} if address.password is None else {"password": address.password.reveal()}
    return procrastinate.PsycopgConnector(
        conninfo=address.text,
        kwargs={"application_name": "importer queue", "connect_timeout": 10, **secret},
        configure=_enter_schema,
        min_size=1,
        max_size=4,
        timeout=10.0,
    )


async def _enter_schema(connection: Any) -> None:
    # Not in the start packet, which poolers refuse to pass on.
    await connection.set_autocommit(True)
    await connection.execute(f"SET search_path = {SCHEMA}")


async def _bring_up_to_date(app: procrastinate.App) -> None:
    """Make the queue's tables, or bring those of an older Procrastinate up to date, one process at a time."""
    migrations = _migrations()
    latest = max(migrations)
    async with app.connector.pool.connection() as connection:  # type: ignore[attr-defined]  # one of psycopg's pool
        if await _known(connection) == latest:
            return
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock(hashtext('{SCHEMA}'))")
            known = await _known(connection)
            if known is not None and known >= latest:
                return
            scripts = [text for name, text in sorted(migrations.items()) if known and name > known]
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            for script in scripts or [schema.SchemaManager.get_schema()]:
                await connection.execute(script)
            await connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{latest}'")
            await _let_in(connection)


async def _known(connection: Any) -> str | None:
    """Tell the last migration that the queue's tables saw; None where there are none."""
    found = await connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (SCHEMA,)
    )
    line = await found.fetchone()
    return None if line is None else line[0]


def _migrations() -> dict[str, str]:
    folder = Path(schema.SchemaManager.get_migrations_path())
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.sql")}


async def _let_in(connection: Any) -> None:
    """Let workers use the queue, and those who look at runs see it, where the database has such roles."""
    for role, rights in ((WORKER, "SELECT, INSERT, UPDATE, DELETE"), (READER, "SELECT")):
        found = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
        if await found.fetchone() is not None:
            await connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")
            await connection.execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}")
            if role == WORKER:
                await connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {role}")


@contextlib.contextmanager
def _translated(address: Address) -> Iterator[None]:
    try:
        yield
    except exceptions.ConnectorException as lost:
        raise StateError(
            f"The queue at {address.text} cannot be used ({_said(lost)}). Nothing that was queued is lost. See that the "
            "server is up, then begin again."
        ) from lost


def _said(lost: BaseException) -> str:
    cause = lost.__cause__ or lost
    return " ".join(str(cause).split()) or type(cause).__name__


async def _rest(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _keep_to_ourselves() -> None:
    """Keep what the two libraries would tell with tracebacks out of people's sight: what matters of it is said here."""
    for name in ("procrastinate", "psycopg"):
        theirs = logging.getLogger(name)
        theirs.propagate = False
        if not theirs.handlers:
            theirs.addHandler(logging.NullHandler())
