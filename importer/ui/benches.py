"""Files that are open for questions: one process a draft, started when it is asked, ended when it is not any more.

A process takes its time until it can read anything. So one waits for the next file, where somebody is about to choose it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeAlias

from importer.records import Json
from importer.ui.children import environment
from importer.ui.surface import RefusedRequestError

_LINE_LIMIT: Final = 32 * 1024**2
_MOST: Final = 4
"""So many files are held open at once; the one that waited longest for a question makes room."""
Start: TypeAlias = Callable[[], Coroutine[Any, Any, asyncio.subprocess.Process]]
Spare: TypeAlias = asyncio.Task[asyncio.subprocess.Process]


async def start_bench() -> asyncio.subprocess.Process:
    """Start a process that waits for a file."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "importer.ui.bench_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment({}),
        limit=_LINE_LIMIT,
        start_new_session=True,
    )


class Benches:
    """The open files of one screen."""

    def __init__(
        self, *, answer_seconds: float = 60.0, spare: bool = False, start: Start = start_bench
    ) -> None:
        self._seconds = answer_seconds
        self._start = start
        self._open: OrderedDict[str, _Bench] = OrderedDict()
        self._keeps_spare = spare
        self._spare: Spare | None = None

    def prepare(self) -> None:
        """Let a process wait for the next file, unless one does."""
        if self._keeps_spare and self._spare is None:
            self._spare = asyncio.ensure_future(self._start())

    async def ask(
        self,
        draft_id: str,
        path: Path,
        reading: dict[str, Json],
        do: str,
        *,
        name: str,
        seconds: float | None = None,
        beside: bool = False,
        said: dict[str, Any] | None = None,
    ) -> Any:
        """Ask about a draft's file, read by these options. Raises RefusedRequestError with the reader's sentence.

        ``beside``: nobody waits for the answer; whoever waits for another one goes first.
        """
        # Its own copy is open: of a file that somebody saved anew it would tell what it was, beside a check that reads what it is.
        key = json.dumps([str(path), *_stamp(path), reading], sort_keys=True)
        bench = self._open.get(draft_id)
        if bench is None or bench.key != key or bench.gone:
            await self.close(draft_id)
            bench = _Bench(key, self._start, None if beside else self._taken_spare())
            self._open[draft_id] = bench
            opening = {"do": "open", "path": str(path), "reading": reading, "name": name, "beside": beside}
            # Before anything is waited for: another question would go ahead of it, to a file that is not open.
            await bench.ask(opening, self._seconds)
            while len(self._open) > _MOST:
                await self.close(next(iter(self._open)))
        self._open.move_to_end(draft_id)
        return await bench.ask({"do": do, "with": said or {}}, seconds or self._seconds)

    async def close(self, draft_id: str) -> None:
        """End the process of a draft, if it has one."""
        if (bench := self._open.pop(draft_id, None)) is not None:
            await bench.end()

    async def close_all(self) -> None:
        for draft_id in list(self._open):
            await self.close(draft_id)
        if (spare := self._taken_spare()) is not None:
            with contextlib.suppress(OSError):
                await _kill(await spare)

    def _taken_spare(self) -> Spare | None:
        spare, self._spare = self._spare, None
        return spare


class _Bench:
    def __init__(self, key: str, start: Start, waiting: Spare | None) -> None:
        self.key = key
        self._start = start
        self._waiting = waiting
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()  # a line in, a line out: questions wait for each other
        self._ended = False
        self._refusal: str | None = None
        """Why the file could not be opened: the same to everybody who waits for it."""

    @property
    def gone(self) -> bool:
        return self._ended or (self._process is not None and self._process.returncode is not None)

    async def ask(self, question: dict[str, Any], seconds: float) -> Any:
        async with self._turn:
            if self._refusal is not None:
                raise RefusedRequestError(422, self._refusal)
            try:
                async with asyncio.timeout(seconds):
                    answer = await self._exchange(question)
            except (TimeoutError, asyncio.CancelledError) as broken_off:
                # Its answer would be taken for that to the next question.
                await self.end()
                if isinstance(broken_off, asyncio.CancelledError):
                    raise
                answer = {
                    "refused": f"The file was not read within {seconds:.0f} s. Save it as CSV, or split it."
                }
            if "refused" in answer and question["do"] == "open":
                self._refusal = answer["refused"]
                await self.end()
        if "refused" in answer:
            raise RefusedRequestError(422, answer["refused"])
        return answer["answer"]

    async def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process = self._process or await self._started()
        assert process.stdin is not None  # noqa: S101  (pipes were asked for)
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
            answer = json.loads(line)
        except (ValueError, ConnectionError):
            await self.end()
            return {
                "refused": "The program that reads files broke down over this one: it may be damaged, or made to do harm. Save it "
                "anew with the program it comes from, as CSV if you can."
            }
        assert isinstance(answer, dict)  # noqa: S101  (written by our own process)
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        """Take the process that waited, if it is still there, or start one."""
        if self._waiting is not None:
            with contextlib.suppress(OSError):
                waited = await asyncio.shield(self._waiting)
                if waited.returncode is None:
                    return waited
        return await self._start()

    async def end(self) -> None:
        self._ended = True
        if self._process is None and self._waiting is not None:
            with contextlib.suppress(OSError):
                self._process = await self._waiting
        if self._process is not None:
            await _kill(self._process)


def _stamp(path: Path) -> tuple[int, ...]:
    """Tell a file from what it was before; one that is gone is told of by whoever opens it."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
