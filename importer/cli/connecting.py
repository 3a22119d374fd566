"""connect: a token taken in without being shown, tried, and stored for its location."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from importer.cli.options import api_version_option, examples, load_environment, state_folder, state_option
from importer.errors import SettingsError
from importer.settings import API_VERSIONS, location_in

if TYPE_CHECKING:
    from importer.highlevel.connections import ConnectionBook, StoredConnection
    from importer.highlevel.examination import ExaminationLine
    from importer.settings import Connection, Secret

_TOKEN_PREFIXES: Final = ("pit-", "eyJ")
_LONGEST_TOKEN: Final = 8_192


@click.command(
    "connect",
    epilog=examples(
        "importer connect https://app.gohighlevel.com/v2/location/ve9EPM428h8vShlRW1KT/dashboard",
        "importer connect --list",
        "importer connect --forget ve9EPM428h8vShlRW1KT",
    ),
    short_help="Store the token of a sub-account, and check it.",
)
@click.argument("location", required=False, metavar="[LOCATION]")
@click.option("--list", "listing", is_flag=True, help="List the sub-accounts that are connected.")
@click.option("--forget", metavar="LOCATION", help="Delete the stored token of a sub-account.")
@click.option(
    "--no-keyring",
    is_flag=True,
    help="Keep the token in a private file of the state folder, not in the system's keyring.",
)
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
@api_version_option(default=API_VERSIONS[0])
@state_option
def connect_command(
    *,
    location: str | None,
    listing: bool,
    forget: str | None,
    no_keyring: bool,
    base_url: str | None,
    api_version: str | None,
    state: Path | None,
) -> None:
    """Ask for the token of a sub-account without showing it, try it, and store it for every later command.

    LOCATION is the sub-account's id, or its whole address from the browser. The token is read from standard input where
    that is no terminal. It goes into the system's keyring (extra: keyring), or else into a file that you alone can read.
    """
    if sum(map(bool, (location, listing, forget))) > 1:
        raise click.UsageError(
            "Connecting a sub-account, --list and --forget are three things: say one of them."
        )
    from importer.highlevel.connections import ConnectionBook
    from importer.state.secrets import secrets_in

    load_environment()
    book = ConnectionBook(secrets_in(state_folder(state)))
    if listing:
        _list(book)
    elif forget is not None:
        _forget(book, location_in(forget))
    else:
        _connect(book, location, base_url=base_url, api_version=api_version, keyring=not no_keyring)


def _connect(
    book: ConnectionBook,
    location: str | None,
    *,
    base_url: str | None,
    api_version: str | None,
    keyring: bool,
) -> None:
    from importer.highlevel.connections import StoredConnection
    from importer.highlevel.examination import Grade
    from importer.runtime import environment
    from importer.runtime.clock import SystemClock
    from importer.settings import Connection

    location_id = _location(location)
    book.where(location_id)  # what cannot be an id is refused before a token is asked for
    book.prepare()
    token = _token(location_id)
    connection = Connection(
        base_url=environment.base_url(base_url),
        token=token,
        token_first=True,
        location_id=location_id,
        api_version=api_version,
    )
    lines = asyncio.run(_examine(connection, location_id))
    for line in lines:
        click.echo(str(line), err=True)
    if any(line.grade is Grade.BAD for line in lines):
        raise SettingsError("The token was not stored. Put right what failed, then the same command again.")
    stored = book.store(
        StoredConnection(
            location_id=location_id,
            name=_name_in(lines),
            base_url=connection.base_url,
            stored_at=SystemClock().now(),
            in_keyring=keyring,
        ),
        token,
    )
    click.echo(_said(stored, book, wanted=keyring and not book.shared), err=True)


def _location(said: str | None) -> str:
    from importer.runtime import environment
    from importer.runtime.logs import hide

    if said is not None and said.startswith(_TOKEN_PREFIXES):
        hide(said)
        raise click.UsageError(
            "A token stands in the command, and so in the shell's history now: make a new one. Name the sub-account alone; "
            "the token is asked for, without being shown."
        )
    found = said or environment.location_id()
    if found is None and sys.stdin.isatty():
        found = click.prompt("The sub-account's id, or its address from the browser", err=True)
    if not found:
        raise click.UsageError("Name the sub-account: its id, or its whole address from the browser.")
    return location_in(found.strip())


def _token(location_id: str) -> Secret:
    """Take the token in: typed without an echo, or from standard input."""
    from importer.runtime.environment import one_token

    if sys.stdin.isatty():
        text = click.prompt(f"The token of {location_id} (it is not shown)", hide_input=True, err=True)
    else:
        text = sys.stdin.readline(_LONGEST_TOKEN)
    text = text.strip().removeprefix("\ufeff")  # what PowerShell pipes begins with such a mark
    if not text:
        raise SettingsError("No token came. Make one in the sub-account: Settings > Private Integrations.")
    if "://" in text or text == location_id:
        what = "the sub-account's id" if text == location_id else "an address"
        raise SettingsError(f"That is {what}, and no token. A private integration's token begins with pit-.")
    return one_token(text, "The token")


async def _examine(connection: Connection, location_id: str) -> list[ExaminationLine]:
    from importer.highlevel.client import Client
    from importer.highlevel.examination import Examination
    from importer.highlevel.tokens import StaticTokens
    from importer.highlevel.versions import version_of
    from importer.runtime.clock import SystemClock

    clock = SystemClock()
    async with Client(connection.base_url, clock=clock, version=version_of(connection.api_version)) as client:
        examination = Examination(client, StaticTokens(connection), location_id, clock=clock)
        return [each async for each in examination.findings()]


def _name_in(lines: list[ExaminationLine]) -> str:
    from importer.highlevel.examination import Grade

    for line in lines:
        if line.subject == "location" and line.grade is Grade.GOOD:
            return str(line.facts.get("name", ""))
    return ""


def _said(stored: StoredConnection, book: ConnectionBook, *, wanted: bool) -> str:
    connected = f"Connected {stored.location_id}; commands go there with --location {stored.location_id}."
    if stored.in_keyring:
        return f"{connected} Its token is in the system's keyring."
    why = (
        "The system has no keyring that could be used (pip install 'highlevel-importer[keyring]'): its token is"
        if wanted
        else "Its token is"
    )
    return f"{connected} {why} in {book.where(stored.location_id)}, {book.guard}."


def _list(book: ConnectionBook) -> None:
    connections = list(book.all())
    if not connections:
        click.echo("No sub-account is connected. Connect one with: importer connect LOCATION", err=True)
    for each in connections:
        since = datetime.fromtimestamp(each.stored_at, UTC).astimezone()
        where = "keyring" if each.in_keyring else "file"
        click.echo(
            f"{each.location_id}  {since:%Y-%m-%d}  {where:<7}  {each.base_url}  {_plain(each.name)}".rstrip()
        )


def _plain(name: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name)


def _forget(book: ConnectionBook, location_id: str) -> None:
    if not book.forget(location_id):
        raise SettingsError(f"No token is stored for location {location_id}. See: importer connect --list")
    click.echo(
        f"Deleted the stored token of {location_id}. HighLevel accepts it until it is deleted there, too: Settings > Private "
        "Integrations.",
        err=True,
    )
