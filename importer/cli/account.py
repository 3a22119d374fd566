"""login and doctor: what connects the importer to an account, and what is wrong with the connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from importer.cli.options import (
    connection_options,
    examples,
    load_environment,
    stack,
    state_folder,
    state_option,
)
from importer.settings import USUAL_REDIRECT

if TYPE_CHECKING:
    from importer.highlevel.examination import ExaminationLine
    from importer.highlevel.grants import Grant
    from importer.settings import Connection, Secret

_CONSENT_SECONDS: Final = 300.0


@click.command(
    "login",
    short_help="Connect by OAuth and store the grant safely.",
    epilog=examples("importer login --client-id 64f0c2a1b3d4e5f60718293a-lk3x9q2w"),
)
@click.option(
    "--client-id",
    envvar="HIGHLEVEL_CLIENT_ID",
    required=True,
    help="The marketplace app's client id (HIGHLEVEL_CLIENT_ID).",
)
@click.option(
    "--redirect-uri",
    default=USUAL_REDIRECT,
    show_default=True,
    help="As registered with the marketplace app. Plain http on loopback receives the browser by itself.",
)
@click.option(
    "--agency", is_flag=True, help="Connect an agency; its locations' tokens are taken from its grant."
)
@click.option(
    "--with",
    "also",
    multiple=True,
    metavar="WHAT",
    callback=lambda _context, _option, said: _groups(said),
    help="Ask for the scopes of this, too: deals, companies, fields (made, and files uploaded) or undo (of created contacts); "
    "may be given several times. The app must have them.",
)
@click.option("--no-browser", is_flag=True, help="Print the address, and ask for the one it leads to.")
@click.option("--keyring", is_flag=True, help="Keep the secrets in the system's keyring (extra: keyring).")
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
@state_option
def login_command(
    *,
    client_id: str,
    redirect_uri: str,
    agency: bool,
    also: tuple[str, ...],
    no_browser: bool,
    keyring: bool,
    base_url: str | None,
    state: Path | None,
) -> None:
    """Connect by OAuth and store the grant, readable by you alone.

    A private integration token in HIGHLEVEL_TOKEN is simpler for one location. The app's secret is taken from
    HIGHLEVEL_CLIENT_SECRET, else asked for; it is never a flag.
    """
    from importer.highlevel.grants import GrantBook
    from importer.runtime import environment
    from importer.state.secrets import secrets_in

    load_environment()
    book = GrantBook(secrets_in(state_folder(state)))
    book.prepare(keyring=keyring)
    grant = asyncio.run(
        _connect(
            client_id=client_id,
            client_secret=_client_secret(),
            redirect_uri=redirect_uri,
            agency=agency,
            also=also,
            listen=not no_browser,
            base_url=environment.base_url(base_url),
        )
    )
    book.vault(grant).write(grant, keyring=keyring)
    whose = f"agency {grant.company_id}" if grant.agency else f"location {grant.location_id}"
    click.echo(f"Connected {whose}. The token renews itself; `importer doctor` checks the rest.", err=True)


@click.command(
    "doctor",
    short_help="Check this machine, token, scopes, location, quota and clock.",
    epilog=examples("importer doctor --location ve9EPM428h8vShlRW1KT"),
)
@stack(connection_options, state_option)
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON lines to stdout.")
def doctor_command(
    *,
    location: str | None,
    token_file: Path | None,
    sandbox: bool,
    base_url: str | None,
    api_version: str | None,
    state: Path | None,
    as_json: bool,
) -> None:
    """Check everything an import depends on, one line each; nothing is changed. Exit code 2 if something fails."""
    from importer.cli.machine import examine_machine
    from importer.errors import SettingsError
    from importer.highlevel.examination import Grade
    from importer.runtime import environment

    with contextlib.suppress(SettingsError):  # a .env that cannot be read is one of the findings
        load_environment()
    folder = state_folder(state)
    machine = examine_machine(
        folder,
        environment.base_url(base_url),
        folder=Path.cwd(),
        variables=os.environ,
        search_path=os.environ.get("PATH", ""),
    )
    account = _examine_account(
        folder,
        location=location,
        token_file=token_file,
        sandbox=sandbox,
        base_url=base_url,
        api_version=api_version,
    )
    findings = [*machine, *account]
    for finding in findings:
        if as_json:
            said = {"grade": finding.grade, "subject": finding.subject, "text": finding.text}
            click.echo(json.dumps({**said, **finding.facts}))
        else:
            click.echo(str(finding))
    if any(finding.grade is Grade.BAD for finding in findings):
        raise click.exceptions.Exit(2)


def _client_secret() -> Secret:
    from importer.settings import Secret

    given = os.environ.get("HIGHLEVEL_CLIENT_SECRET", "").strip()
    return Secret(given or click.prompt("The app's client secret", hide_input=True, err=True).strip())


def _groups(said: tuple[str, ...]) -> tuple[str, ...]:
    from importer.highlevel.scopes import SCOPE_GROUPS

    if unknown := [each for each in said if each not in SCOPE_GROUPS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(SCOPE_GROUPS)}.")
    return said


async def _connect(
    *,
    client_id: str,
    client_secret: Secret,
    redirect_uri: str,
    agency: bool,
    also: tuple[str, ...],
    listen: bool,
    base_url: str,
) -> Grant:
    from importer.highlevel import auth
    from importer.highlevel.client import Client, is_loopback
    from importer.highlevel.scopes import scopes_of

    nonce = secrets.token_urlsafe(24)
    client = Client(base_url)
    own = is_loopback(
        base_url.rsplit("//", maxsplit=1)[-1].split("/", maxsplit=1)[0].split(":", maxsplit=1)[0]
    )
    address = auth.consent_url(
        f"{client.base_url}{auth.CONSENT_PATH}" if own else auth.CONSENT_URL,
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=(*(auth.AGENCY_SCOPES if agency else auth.SCOPES), *scopes_of(also)),
        state=nonce,
    )
    code = await _consent(address, redirect_uri, nonce, listen=listen)
    async with client:
        return await auth.redeem_code(
            client,
            client_id=client_id,
            client_secret=client_secret,
            code=code,
            redirect_uri=redirect_uri,
            agency=agency,
        )


async def _consent(address: str, redirect_uri: str, nonce: str, *, listen: bool) -> str:
    from importer.highlevel.consent import ConsentPage, UnprovenConsentError, can_listen, read_code

    click.echo(f"Choose the location and agree:\n\n  {address}\n", err=True)
    if not listen or not can_listen(redirect_uri):
        question = "Paste the address that the browser ends at, whatever page it shows (or its code)"
        try:
            return read_code(click.prompt(question, err=True).strip(), state=nonce)
        except UnprovenConsentError as unproven:
            click.echo(str(unproven), err=True)
        return read_code(click.prompt("The code", err=True).strip(), state=nonce)
    async with ConsentPage(redirect_uri, state=nonce) as page:
        await asyncio.to_thread(webbrowser.open, address)
        return await page.code(within_seconds=_CONSENT_SECONDS)


def _examine_account(state: Path, **given: Any) -> list[ExaminationLine]:
    """Examine what the given options and the environment connect to; settings that cannot be right are a finding, too."""
    from importer.cli.options import read_connection
    from importer.errors import SettingsError
    from importer.highlevel.examination import ExaminationLine, Grade

    try:
        return asyncio.run(_examine(read_connection(**given), state))
    except SettingsError as refused:
        return [ExaminationLine(grade=Grade.BAD, subject="settings", text=str(refused))]


async def _examine(connection: Connection, state: Path) -> list[ExaminationLine]:
    from contextlib import AsyncExitStack
    from dataclasses import replace

    from importer.highlevel.auth import AnyTokens
    from importer.highlevel.client import Client
    from importer.highlevel.examination import Examination, ExaminationLine, Grade
    from importer.highlevel.versions import version_of
    from importer.runtime import environment
    from importer.runtime.clock import SystemClock
    from importer.settings import SANDBOX_LOCATION
    from importer.state.secrets import secrets_in

    async with AsyncExitStack() as stack:
        location_id = connection.location_id or environment.location_id()
        if connection.sandbox:
            from importer.sandbox import Sandbox

            sandbox = await stack.enter_async_context(Sandbox())
            connection = replace(connection, base_url=sandbox.base_url)
            location_id = location_id or SANDBOX_LOCATION
        if location_id is None:
            text = "none is named. Give --location, or set HIGHLEVEL_LOCATION_ID"
            return [ExaminationLine(grade=Grade.BAD, subject="location", text=text)]
        if connection.grants is None:
            connection = replace(connection, grants=secrets_in(state))
        clock = SystemClock()
        client = await stack.enter_async_context(
            Client(connection.base_url, clock=clock, version=version_of(connection.api_version))
        )
        tokens = AnyTokens(connection, client, clock=clock)
        return [each async for each in Examination(client, tokens, location_id, clock=clock).findings()]
