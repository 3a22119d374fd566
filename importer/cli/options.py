"""Options that several commands share, and the settings they are gathered into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importer.runtime.environment import load_environment, read_token, variables
from importer.settings import API_VERSIONS, ResultsFormat

if TYPE_CHECKING:
    from importer.settings import Connection, FailureLimit, OpenHours, ReadingOptions

__all__ = ["load_environment", "read_token", "state_folder"]

Command = TypeVar("Command", bound=Callable[..., Any])


def stack(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Put several click options on one command, listed in the order given."""

    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


def examples(*commands: str) -> str:
    """Write an epilog of commands that can be typed as they stand, each on its own line."""
    return "\n".join(
        ("\b", "Example:" if len(commands) == 1 else "Examples:", *(f"  {each}" for each in commands))
    )


def state_folder(given: str | Path | None = None) -> Path:
    """Find the state folder, or the face of the Postgres that is named. Raises SettingsError."""
    if given is None and ":/" not in variables().get("IMPORTER_STATE", ""):
        from importer.runtime import environment

        return environment.state_folder()  # without a look at what a store needs: `--help` is to be fast
    from importer.state.place import state_folder as place

    return place(given)


class _StatePlace(click.Path):
    """A folder, or an address, which is no path: as one it would lose a slash."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and "://" in value:
            return state_folder(value)
        return super().convert(value, param, ctx)


def state_option(command: Command) -> Command:
    return click.option(
        "--state",
        type=_StatePlace(path_type=Path, file_okay=False),
        help="Folder for journals and memory, or postgresql://HOST/DATABASE (default: IMPORTER_STATE, else the platform's user "
        "state folder).",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Write the summary as JSON to stdout.")(
        command
    )


def api_version_option(*, default: str) -> Callable[[Command], Command]:
    """Let the version be said; where it is not, the connection has none, and ``default`` says what that means."""
    return click.option(
        "--api-version",
        type=click.Choice(API_VERSIONS),
        help=f"The version of HighLevel's API that is spoken (default: {default}).",
    )


def token_file_option(command: Command) -> Command:
    return click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File that holds the token (default: the location's own, else HIGHLEVEL_TOKEN from the environment).",
    )(command)


def connection_options(command: Command) -> Command:
    return stack(
        click.option(
            "--location", help="The location's id (default: the mapping's, else HIGHLEVEL_LOCATION_ID)."
        ),
        token_file_option,
        click.option(
            "--sandbox", is_flag=True, help="Start an embedded stand-in of HighLevel and import into that."
        ),
        click.option(
            "--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL)."
        ),
        api_version_option(default=API_VERSIONS[0]),
    )(command)


def results_format_option(*, help: str, default: ResultsFormat | None = None) -> Callable[[Command], Command]:  # noqa: A002  (click's own name for it)
    return click.option(
        "--results-format",
        type=click.Choice([form.value for form in ResultsFormat]),
        callback=lambda _context, _option, said: None if said is None else ResultsFormat(said),
        default=None if default is None else default.value,
        show_default=default is not None,
        help=help,
    )


def mapping_option(command: Command) -> Command:
    return click.option(
        "-m",
        "--mapping",
        required=True,
        type=click.Path(path_type=Path),
        help="The YAML file that says which column goes where, or the name of a ready one, such as hubspot "
        "(`importer mappings` lists them; `importer suggest` writes a new one).",
    )(command)


def send_window_option(command: Command) -> Command:
    return click.option(
        "--send-window",
        callback=lambda _context, _option, said: parse_open_hours(said),
        metavar="HH:MM-HH:MM",
        help="Send in these hours alone, by the location's own clock (08:00-20:00); wait outside of them.",
    )(command)


def parse_open_hours(text: str | None) -> OpenHours | None:
    """Read ``08:00-20:00``; anything else is a usage error."""
    from importer.settings import OpenHours

    try:
        return None if text is None else OpenHours.parse(text)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None


def yes_option(command: Command) -> Command:
    return click.option(
        "--yes", is_flag=True, help="Do not ask before the first write (else set IMPORTER_YES=1)."
    )(command)


def name_of_somebody(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """Take a person's name, on one line. Raises BadParameter where it names nobody."""
    if said is None:
        return None
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
    if not name:
        raise click.BadParameter("It names nobody.")
    return name


def yes_here_option(command: Command) -> Command:
    return click.option(
        "--yes",
        is_flag=True,
        help="Do not ask before the first write. Needed where no terminal is; IMPORTER_YES does not count here.",
    )(command)


def corrected_options(command: Command) -> Command:
    return stack(
        click.option(
            "--into-other-location",
            is_flag=True,
            help="Take failed rows of one location into another all the same.",
        ),
        click.option(
            "--accept-rewritten",
            is_flag=True,
            help="Take corrected rows although a spreadsheet seems to have rewritten cells of them.",
        ),
    )(command)


def corrections_option(command: Command) -> Command:
    return click.option(
        "--corrections",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Lay corrections over the source: JSON lines with row, column, before and after.",
    )(command)


def laid_options(command: Command) -> Command:
    return stack(
        corrections_option,
        click.option(
            "--rows",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Take these rows of the source alone: numbers, a line each, a file of corrections, or failed.csv.",
        ),
    )(command)


def reading_options(command: Command) -> Command:
    return stack(
        click.option(
            "--sheet", help="The workbook's sheet to read (default: the one with the mapped headers)."
        ),
        click.option(
            "--header-row", type=click.IntRange(min=1), help="The header's row, as a spreadsheet counts."
        ),
        click.option("--encoding", help="The text file's encoding, such as cp1252 (default: detected)."),
        click.option("--delimiter", help="The text file's delimiter (default: detected)."),
    )(command)


def quiet_options(command: Command) -> Command:
    return stack(
        click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; errors only."),
        click.option("--no-progress", is_flag=True, help="No progress; the summary alone."),
        click.option(
            "-v", "--verbose", is_flag=True, help="Say more: each hold, retry and what was detected."
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            help="Form of messages on stderr.",
        ),
    )(command)


def read_connection(
    *,
    location: str | None,
    token_file: Path | None,
    sandbox: bool,
    base_url: str | None,
    api_version: str | None,
) -> Connection:
    """Gather where to send and as whom from flags and environment."""
    from importer.runtime import environment
    from importer.settings import Connection

    token = None if sandbox else read_token(token_file)
    tokens = {} if sandbox else environment.read_tokens()
    return Connection(
        base_url=environment.base_url(base_url),
        token=token,
        tokens=tokens,
        token_first=token_file is not None,
        location_id=location,
        sandbox=sandbox,
        token_file=None if sandbox else token_file,
        api_version=api_version,
    )


def read_reading_options(
    *, sheet: str | None, header_row: int | None, encoding: str | None, delimiter: str | None
) -> ReadingOptions:
    from importer.runtime.environment import source_password
    from importer.settings import ReadingOptions

    return ReadingOptions(
        sheet=sheet,
        header_row=header_row,
        encoding=encoding,
        delimiter=unescape(delimiter),
        password=source_password(),
    )


def unescape(delimiter: str | None) -> str | None:
    """Let a shell say a tab: the word ``tab``, or a backslash and a t, mean the character."""
    return "\t" if delimiter in {"\\t", "tab", "TAB"} else delimiter


def parse_failure_limit(text: str | None) -> FailureLimit | None:
    """Read ``N`` (rows) or ``N%`` (a share); anything else is a usage error."""
    from importer.settings import FailureLimit

    try:
        return None if text is None else FailureLimit.parse(text)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None
