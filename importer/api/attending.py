"""Work that a program awaits: watched, and brought to a good end when its task is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from importer.api.options import Given, checked
from importer.api.wording import errors_in_parameters
from importer.errors import ImporterError, InterruptedRunError, SettingsError
from importer.runtime.environment import user_at_host
from importer.runtime.progress import CallbackProgress, SilentProgress

if TYPE_CHECKING:
    from importer.runs.context import RunContext

Found = TypeVar("Found")


async def attended(
    work: Callable[[RunContext], Coroutine[Any, Any, Found]], given: Given, call: Context
) -> Found:
    """Do work in the context of its call, watched; when this task is cancelled, let it come to a good end."""
    from importer.runs.context import RunContext
    from importer.state.journal import Operator

    progress = CallbackProgress(given["on_progress"]) if "on_progress" in given else None
    operator = Operator(
        name=user_at_host(),
        command=f"a Python program, {Path(sys.argv[0]).name}",
        approved_by=given.get("approved_by"),
    )
    context = RunContext(progress=progress or SilentProgress(), operator=operator)
    if progress is not None:
        progress.began()
    task = asyncio.create_task(work(context), context=call)
    try:
        with errors_in_parameters():
            return await asyncio.shield(task)
    except asyncio.CancelledError:
        context.stop.request(InterruptedRunError("The task that awaited the run was cancelled."))
        with contextlib.suppress(
            ImporterError
        ):  # before its first row a stop is an error; the cancellation says it
            await task
        raise
    finally:
        if progress is not None:
            progress.ended()


def blocking(
    name: str, work: Callable[[], Coroutine[Any, Any, Found]], options: Mapping[str, object], known: type
) -> Found:
    """Do what ``name`` awaits, from code without an event loop. Raises SettingsError inside a running one."""
    checked(name, options, known)
    _refuse_loop(name)
    return asyncio.run(work())


def _refuse_loop(name: str) -> None:
    """Raise SettingsError inside a running event loop, which ``asyncio.run`` would refuse in words of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise SettingsError(
        f"An event loop is running here (a notebook, a web server): use `await importer.{name}_async(...)`."
    )
