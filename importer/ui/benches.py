"""Files that are open for questions: one process a draft, started when it is asked, ended when it is not any more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

from importer.records import Json
from importer.ui.children import environment
from importer.ui.surface import RefusedRequestError

_LINE_LIMIT: Final = 32 * 1024**2
_MOST: Final = 4
"""So many files are held open at once; the one that waited longest for a question makes room."""


class Benches:
    """The open files of one screen."""

    def __init__(self, *, answer_seconds: float = 60.0) -> None:
        self._seconds = answer_seconds
        self._open: OrderedDict[str, _Bench] = OrderedDict()

    async def ask(
        self,
        draft_id: str,
        path: Path,
        reading: dict[str, Json],
        do: str,
        *,
        name: str,
        seconds: float | None = None,
        said: dict[str, Any] | None = None,
    ) -> Any:
        """Ask about a draft's file, read by these options. Raises RefusedRequestError with the reader's sentence."""
        key = json.dumps([str(path), reading], sort_keys=True)
        bench = self._open.get(draft_id)
        if bench is None or bench.key != key or bench.gone:
            await self.close(draft_id)
            bench = _Bench(key)
            self._open[draft_id] = bench
            while len(self._open) > _MOST:
                await self.close(next(iter(self._open)))
            opening = {"do": "open", "path": str(path), "reading": reading, "name": name}
            await bench.ask(opening, self._seconds)
        self._open.move_to_end(draft_id)
        return await bench.ask({"do": do, "with": said or {}}, seconds or self._seconds)

    async def close(self, draft_id: str) -> None:
        """End the process of a draft, if it has one."""
        if (bench := self._open.pop(draft_id, None)) is not None:
            await bench.end()

    async def close_all(self) -> None:
        for draft_id in list(self._open):
            await self.close(draft_id)


class _Bench:
    def __init__(self, key: str) -> None:
        self.key = key
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()  # a line in, a line out: questions wait for each other
        self._ended = False

    @property
    def gone(self) -> bool:
        return self._ended or (self._process is not None and self._process.returncode is not None)

    async def ask(self, question: dict[str, Any], seconds: float) -> Any:
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    answer = await self._exchange(question)
            except (TimeoutError, asyncio.CancelledError) as broken_off:
                # Its answer would be taken for that to the next question.
                await self.end()
                if isinstance(broken_off, asyncio.CancelledError):
                    raise
                raise RefusedRequestError(
                    422, f"The file was not read within {seconds:.0f} s. Save it as CSV, or split it."
                ) from None
        if "refused" in answer:
            if question["do"] == "open":
                await self.end()
            raise RefusedRequestError(422, answer["refused"])
        return answer["answer"]

    async def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process = self._process or await self._start()
        assert process.stdin is not None  # noqa: S101  (pipes were asked for)
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
            answer = json.loads(line)
        except (ValueError, ConnectionError):
            await self.end()
            raise RefusedRequestError(
                422,
                "The program that reads files broke down over this one: it may be damaged, or made to do harm. Save it anew "
                "with the program it comes from, as CSV if you can.",
            ) from None
        assert isinstance(answer, dict)  # noqa: S101  (written by our own process)
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
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

    async def end(self) -> None:
        self._ended = True
        if (process := self._process) is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
