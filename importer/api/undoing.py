"""Taking a run back, from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from importer.api import arguments as told
from importer.api.attending import attended, blocking
from importer.api.options import TakeBackOptions, checked, options_of
from importer.runtime.environment import context_with

if TYPE_CHECKING:
    from importer.results.undo import UndoSummary


@options_of(TakeBackOptions)
async def undo_async(run_id: str, **options: Unpack[TakeBackOptions]) -> UndoSummary:
    """Take back the run whose id begins with ``run_id``: the call itself is the word for it, and nobody is asked.

    Contacts that it created are deleted, those that it updated get their old values back, tags that it added go: only
    where nobody changed them since. Look first with ``dry_run``. Called again it goes on where it stopped, and looks once
    more at what was kept or failed. Raises SetupError where nothing was done.
    """
    from importer.runs.undo.taking import UndoOptions
    from importer.runs.undo.taking import undo as take_back

    given = checked("undo_async", options, TakeBackOptions)
    call = context_with(given.get("env_file"))
    words = call.run(told.of_a_begun_run, given)
    wanted = UndoOptions(dry=given.get("dry_run", False), with_history=given.get("with_history", False))
    return await attended(
        lambda context: take_back(run_id, options=wanted, context=context, **words), given, call
    )


@options_of(TakeBackOptions)
def undo(run_id: str, **options: Unpack[TakeBackOptions]) -> UndoSummary:
    """Take back as ``undo_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("undo", lambda: undo_async(run_id, **options), options, TakeBackOptions)
