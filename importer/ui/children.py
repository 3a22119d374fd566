"""Commands of the importer that the screen starts: each one a process of its own, which outlives the screen.

The screen adds nothing to what the command line can do; whoever reads the log of a draft sees what was typed for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from importer.records import value_type
from importer.runtime.environment import without_secrets
from importer.runtime.own_commands import PROGRAM, plain_output, start_command
from importer.runtime.regex import regex
from importer.ui.surface import RefusedRequestError

_ANSWER_LIMIT: Final = 32 * 1024**2
_TAIL: Final = 4000
_FAULT: Final = regex(r".*\.ya?ml:(\d+):\d+: (.+)")
_MOST_FAULTS: Final = 3
_GRACE_SECONDS: Final = 0.8
"""For a command that is to end to take away its copies; whoever pressed Cancel waits no longer than a second."""


@value_type(frozen=True, slots=True, kw_only=True)
class ChildEnd:
    """How a command ended: its exit code, the lines of JSON that it wrote, and the last of what it said."""

    code: int
    lines: tuple[Any, ...]
    said: str

    @property
    def answer(self) -> Any:
        """The one JSON document of a command that writes one; None where it came to none."""
        return self.lines[0] if self.lines else None

    @property
    def sentence(self) -> str:
        """Why it did not do its work, in its own words."""
        return last_words(self.said)


def last_words(said: str) -> str:
    """Take the sentence out of what a command said with which it ended; of faults in the mapping, the first with their lines."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    places = [at for at, line in enumerate(lines) if line.startswith(("importer: ", "Error: "))]
    if not places:
        return lines[-1] if lines else "The command ended without a word."
    sentence = lines[places[-1]].removeprefix("importer: ")
    faults = filter(None, map(_FAULT.fullmatch, lines[places[-1] + 1 :]))
    return " ".join([sentence, *(f"Line {found[1]}: {found[2]}" for found in islice(faults, _MOST_FAULTS))])


def environment(secrets: Mapping[str, str]) -> dict[str, str]:
    """Give a child's environment: no token but the one it is given; never a word of it in the arguments."""
    return plain_output({**without_secrets(), **secrets})


def start(
    words: Sequence[str], *, log: Path, secrets: Mapping[str, str], program: Sequence[str] = PROGRAM
) -> subprocess.Popen[bytes]:
    """Start a command that goes on whatever becomes of the screen; what it says goes to a private file."""
    return start_command(words, log=log, environment=environment(secrets), program=program)


def ended_with(code: int, log: Path) -> ChildEnd:
    """Read how a command ended that was started with a log."""
    said = log.read_bytes() if log.is_file() else b""
    return ChildEnd(code=code, lines=tuple(_json_lines(said)), said=said.decode(errors="replace")[-_TAIL:])


async def ask(
    words: Sequence[str],
    *,
    secrets: Mapping[str, str],
    seconds: float,
    hear: Callable[[str], object] = lambda _line: None,
    program: Sequence[str] = PROGRAM,
) -> ChildEnd:
    """Run a command to its end and read the JSON that it writes; ``hear`` is told each line that it says meanwhile.

    Raises RefusedRequestError where it takes too long. Cancelled, it lets the command clean up after itself.
    """
    process = await asyncio.create_subprocess_exec(
        *program,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(secrets),
        limit=_ANSWER_LIMIT,
        start_new_session=True,  # Ctrl-C in the terminal of the screen reaches it through the screen alone
    )
    try:
        async with asyncio.timeout(seconds):
            out, said, _ = await asyncio.gather(
                _read(process.stdout), _heard(process.stderr, hear), process.wait()
            )
    except TimeoutError:
        raise RefusedRequestError(504, f"That took longer than {seconds:.0f} s and was given up.") from None
    finally:
        await _ended(process)
    return ChildEnd(code=process.returncode or 0, lines=tuple(_json_lines(out)), said=said[-_TAIL:])


async def put_question(module: str, question: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """Put one question to a module that runs as a process of its own. Raises RefusedRequestError where it takes too long."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment({}),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate(json.dumps(question).encode() + b"\n")
    except TimeoutError:
        raise RefusedRequestError(504, f"That took longer than {seconds:.0f} s and was given up.") from None
    finally:
        await _ended(process)
    answers = [each for each in _json_lines(out) if isinstance(each, dict)]
    return answers[0] if answers else {"refused": "The program that was asked ended without a word."}


async def _read(pipe: asyncio.StreamReader | None) -> bytes:
    return b"" if pipe is None else await pipe.read()


async def _heard(pipe: asyncio.StreamReader | None, hear: Callable[[str], object]) -> str:
    said = ""
    while pipe is not None and (line := (await pipe.readline()).decode(errors="replace")):
        said = f"{said}{line}"[-2 * _TAIL :]
        hear(line.rstrip())
    return said


async def _ended(process: asyncio.subprocess.Process) -> None:
    """See to it that a command has ended: asked to, and after a moment without asking."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _json_lines(out: bytes) -> Iterator[Any]:
    for line in out.splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line)
