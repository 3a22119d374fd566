"""agency: the sub-accounts that the grant of an agency opens."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from importer.cli.options import examples, load_environment, state_folder, state_option
from importer.errors import SettingsError

if TYPE_CHECKING:
    from importer.highlevel.agencies import AgencyLocation
    from importer.settings import SecretStore

_MOST_LISTED: Final = 500


@click.command(
    "agency",
    epilog=examples("importer agency", "importer agency Dental --json"),
    short_help="List the sub-accounts of the agency that was connected.",
)
@click.argument("search", default="", metavar="[TEXT]")
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON to stdout.")
@state_option
def agency_command(*, search: str, base_url: str | None, as_json: bool, state: Path | None) -> None:
    """List the sub-accounts that have the app of `importer login --agency`: those alone whose name holds TEXT.

    Each can be imported into by its id; its token comes of the agency's grant.
    """
    from importer.state.secrets import secrets_in

    load_environment()
    found = asyncio.run(_listed(secrets_in(state_folder(state)), search=search.strip(), base_url=base_url))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo("  ".join(filter(None, (each.location_id, _plain(each.name), _plain(each.address)))))
    if not found:
        click.echo("No sub-account of the agency that has the app is called so.", err=True)
    elif len(found) == _MOST_LISTED:
        click.echo(f"The first {_MOST_LISTED} of them; a part of a name narrows the list.", err=True)


async def _listed(grants: SecretStore, *, search: str, base_url: str | None) -> list[AgencyLocation]:
    from importer.highlevel.agencies import agency_locations
    from importer.highlevel.auth import GrantTokens
    from importer.highlevel.client import Client
    from importer.highlevel.grants import GrantBook
    from importer.runtime import environment

    book = GrantBook(grants)
    if not book.agencies():
        raise SettingsError("No agency is connected. Connect one: importer login --agency")
    async with Client(environment.base_url(base_url)) as client:
        return await agency_locations(book, GrantTokens(book, client), search=search, most=_MOST_LISTED)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
