"""pause, stop: runs that another process has under way, of this machine or, with state in Postgres, of any."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from importer.cli.history import run_argument
from importer.cli.options import examples, load_environment, state_folder, state_option

if TYPE_CHECKING:
    from importer.state import StateFolder
    from importer.state.journal import Run

_LOOK_SECONDS: Final = 0.3
_PATIENCE_SECONDS: Final = 60.0
"""What is in the air lands in seconds; a vendor that does not answer may take a minute."""

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")


@click.command(
    "pause",
    epilog=examples("importer pause", "importer pause 20260314-0915"),
    short_help="Pause a run that is under way.",
)
@run_argument
@state_option
@quiet_option
def pause_command(*, run: str | None, state: Path | None, quiet: bool) -> None:
    """Pause the run that any process of this machine, or any worker, has under way: the newest, or the one whose id begins with RUN.

    What is in the air lands, and the run ends as stopped, reason `paused`. No job and no watched folder goes on with
    it by itself: `importer resume` does.
    """
    _ask(run, state, "pause", quiet=quiet)


@click.command(
    "stop",
    epilog=examples("importer stop", "importer stop 20260314-0915"),
    short_help="Stop a run that is under way.",
)
@run_argument
@state_option
@quiet_option
def stop_command(*, run: str | None, state: Path | None, quiet: bool) -> None:
    """Stop the run that any process of this machine, or any worker, has under way, as Ctrl-C does in its terminal.

    What is in the air lands, and the run ends as stopped, reason `interrupted`. A job goes on with it at its next
    time; `importer pause` keeps it from that.
    """
    _ask(run, state, "stop", quiet=quiet)


def _ask(wanted: str | None, state: Path | None, wish: str, *, quiet: bool) -> None:
    from importer.results.commands import access_words
    from importer.runtime.environment import user_at_host
    from importer.state import StateFolder
    from importer.state.parts import wish_for_end
    from importer.state.remote import EndWish

    load_environment()
    folder = StateFolder(state_folder(state))
    found = _under_way(folder, wanted)
    owner, run_folder = folder.holder(found.id), folder.run_folder(found.id)
    by = f"importer {wish}, {user_at_host()}"
    wish_for_end(run_folder, EndWish(wish), by=by, pid=None if owner is None else owner.pid)
    until = time.monotonic() + _PATIENCE_SECONDS
    while folder.holder(found.id) is not None or _has_parts_under_way(run_folder):
        if time.monotonic() > until:
            click.echo(
                f"Run {found.id} was asked and has not ended yet: it waits for replies. See: importer show {found.id} --follow",
                err=True,
            )
            sys.exit(1)
        time.sleep(_LOOK_SECONDS)
    ended = folder.run(found.id)
    if not quiet:
        said = ended.reason if ended.state.value == "stopped" else "It came to its end before that."
        commands = access_words(folder.path)
        onward = f" Go on with: {commands.resume(found.id)}" if ended.state.value == "stopped" else ""
        click.echo(f"Run {found.id}: {said}{onward}", err=True)


def _has_parts_under_way(run_folder: Path) -> bool:
    from importer.state.parts import PartState, parts_in

    return any(part.state is PartState.RUNNING for part in parts_in(run_folder))


def _under_way(folder: StateFolder, wanted: str | None) -> Run:
    """Find the run that is named, or the newest that is under way. Raises SettingsError where it is not."""
    from importer.errors import SettingsError
    from importer.state.journal import RunState
    from importer.state.place import state_words

    if wanted is not None:
        found = folder.find(wanted)
        # A process that has just taken it up holds it already, before the run says that it is under way again.
        if found.state is not RunState.RUNNING and folder.holder(found.id) is None:
            raise SettingsError(
                f"Run {found.id} is not under way: it is {found.state.value}. See: importer show {found.id}"
            )
        return found
    for run_id in folder.newest_ids():
        if folder.holder(run_id) is not None or folder.run(run_id).state is RunState.RUNNING:
            return folder.run(run_id)
    raise SettingsError(f"No run of {state_words(folder.path)} is under way. See: importer runs")
