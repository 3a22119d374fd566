"""Options that several commands share, and the settings they are gathered into."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from importer.settings import FailureLimit, Secret

Command = TypeVar("Command", bound=Callable[..., Any])


def stack(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Put several click options on one command, listed in the order given."""

    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def state_option(command: Command) -> Command:
    return click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for journals and memory (default: IMPORTER_STATE, else the platform's user state folder).",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Write the summary as JSON to stdout.")(
        command
    )


def state_folder(given: Path | None) -> Path:
    """Find the state folder: the flag, IMPORTER_STATE, else the platform's place for user state."""
    if given is not None:
        return given
    if named := os.environ.get("IMPORTER_STATE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_state_dir("highlevel-importer", appauthor=False))


def load_environment(folder: Path | None = None) -> None:
    """Read a ``.env`` file of the working folder into the environment; what is set already wins."""
    path = (folder or Path.cwd()) / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        load_dotenv(path, override=False)


def read_token(token_file: Path | None) -> Secret | None:
    """Take the token from a file or from HIGHLEVEL_TOKEN; never from a flag's value."""
    from importer.errors import SettingsError
    from importer.settings import Secret

    if token_file is None:
        token = os.environ.get("HIGHLEVEL_TOKEN", "").strip()
        return Secret(token) if token else None
    try:
        token = token_file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"The token file {token_file} cannot be read: {cause}.") from None
    if not token:
        raise SettingsError(f"The token file {token_file} is empty. Put the token into it, on one line.")
    return Secret(token)


def parse_failure_limit(text: str | None) -> FailureLimit | None:
    """Read ``N`` or ``N%``."""
    from importer.settings import FailureLimit

    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    if not match or (not match[2] and "." in match[1]):
        raise click.BadParameter(f"{text!r} is neither a number of rows (50) nor a share (5%).")
    if match[2]:
        return FailureLimit(share=float(match[1]) / 100)
    return FailureLimit(rows=int(match[1]))
