"""``importer sandbox``: the stand-in as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import examples
from importer.cli.sandbox_words import (
    custom_field,
    fault,
    match,
    milliseconds,
    pipeline,
    quota,
    read_with,
)

if TYPE_CHECKING:
    from importer.sandbox import Sandbox, SandboxSettings

_FAULTS = (
    *("429", "500", "502", "503", "status-NNN", "drop", "edge-403", "quoted-token"),
    *("words-object", "words-nested", "words-plain", "reset", "reset-NNms", "stored-NNN", "slow", "garbage"),
    *("truncated", "swap", "repeat", "stray", "stray-408", "endless", "huge", "absurd-interval"),
)


@click.command(
    "sandbox", epilog=examples("importer sandbox --latency 50-400 --fault reset:2% --db sandbox.db")
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="0 picks a free one."
)
@click.option(
    "--burst",
    callback=read_with(quota),
    metavar="N/SECONDS",
    default="100/10",
    show_default=True,
    help="Burst quota; 0 turns it off.",
)
@click.option(
    "--window",
    type=click.Choice(["fixed", "sliding", "first-hit"]),
    default="fixed",
    show_default=True,
    help="How the burst quota counts.",
)
@click.option(
    "--daily", type=click.IntRange(0), default=200_000, show_default=True, help="Daily quota; 0 turns it off."
)
@click.option(
    "--match",
    callback=read_with(match),
    metavar="ORDER",
    default="email,phone",
    show_default=True,
    help="What contacts match on, in order.",
)
@click.option(
    "--allow-duplicates", is_flag=True, help="Let locations have several contacts with one e-mail or phone."
)
@click.option(
    "--latency",
    callback=read_with(milliseconds),
    metavar="MIN-MAX",
    default="0",
    help="Time a request takes, in milliseconds.",
)
@click.option(
    "--store-delay",
    "store_ms",
    callback=read_with(milliseconds),
    metavar="MIN-MAX",
    default="0",
    help="Time from looking up to storing, in milliseconds; it goes on when the client is gone.",
)
@click.option(
    "--racy",
    is_flag=True,
    help="Look up at once and store later: two of one person in flight make two contacts.",
)
@click.option(
    "--fault",
    "faults",
    callback=read_with(fault),
    multiple=True,
    metavar="KIND:SHARE",
    help=f"What goes wrong, how often: {', '.join(_FAULTS)}.",
)
@click.option(
    "--slow-seconds", type=float, default=3.0, show_default=True, help="How long a slow reply takes."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the faults and latencies.")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="Keep all that is stored in this file."
)
@click.option(
    "--custom-field",
    "custom_fields",
    callback=read_with(custom_field),
    multiple=True,
    metavar="NAME[:TYPE[:a|b]]",
    help="A custom field every location has, beside Shirt Size, Interests, Contract Value, Renewal Date and Seats.",
)
@click.option(
    "--workflow", "workflows", multiple=True, metavar="NAME", help="A published workflow beside Welcome."
)
@click.option(
    "--pipeline",
    "pipelines",
    callback=read_with(pipeline),
    multiple=True,
    metavar="NAME:a|b",
    help="A pipeline and its stages, beside Sales.",
)
@click.option(
    "--allow-duplicate-opportunities", is_flag=True, help="Let a contact have several in one pipeline."
)
@click.option(
    "--missing",
    "missing_contact",
    type=click.Choice(["400", "404"]),
    callback=read_with(int),
    default="400",
    show_default=True,
    help="What a missing contact is answered with.",
)
@click.option(
    "--unknown-version",
    type=click.Choice(["400", "401"]),
    callback=read_with(int),
    default="400",
    show_default=True,
    help="What an unknown Version header is answered with.",
)
@click.option(
    "--search-lag",
    "search_lag_seconds",
    type=click.FloatRange(0),
    metavar="SECONDS",
    default=12.0,
    show_default=True,
    help="How long the search sees what was before a change.",
)
@click.option(
    "--search-page",
    "search_page_limit",
    type=click.Choice(["500", "100"]),
    callback=read_with(int),
    default="500",
    show_default=True,
    help="The largest pageLimit of the search.",
)
@click.option(
    "--agency-install",
    "installed_by_agency",
    is_flag=True,
    help="Consent gives a Company token, as when an agency's user installs an app.",
)
@click.option("--drop-state", is_flag=True, help="Consent does not send the state back.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON line with the URL to stdout.")
def sandbox_command(*, as_json: bool, faults: tuple[tuple[str, float], ...], **options: Any) -> None:
    """Start a local HighLevel stand-in on loopback, until Ctrl-C.

    It speaks the vendor's paths, takes any token, and keeps contacts in memory. GET /_sandbox/state counts what it
    was asked, GET /_sandbox/contacts and /_sandbox/items list what it stored, POST /_sandbox/edit changes a contact
    as a person would.
    """
    from importer.runtime.loop import loop_factory

    settings = _settings(faults=faults, **options)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, as_json=as_json))


def _settings(
    *,
    faults: tuple[tuple[str, float], ...],
    burst: tuple[int, float],
    latency: tuple[float, float],
    store_ms: tuple[float, float],
    window: str,
    drop_state: bool,
    **rest: Any,
) -> SandboxSettings:
    from importer.sandbox import SandboxSettings, Window

    if sum(share for _, share in faults) > 1:
        raise click.BadParameter("the shares of all faults together exceed 1.", param_hint="--fault")
    return SandboxSettings(
        burst=burst[0],
        interval_seconds=burst[1],
        window=Window(window),
        latency_ms=latency,
        store_delay_ms=store_ms,
        faults=dict(faults),
        returns_state=not drop_state,
        **rest,
    )


async def _serve(settings: SandboxSettings, *, as_json: bool) -> None:
    sandbox = _open(settings)
    try:
        await _listen(sandbox)
        stopped = _stopped_by_signal()  # before it is said how to stop it
        _announce(sandbox, as_json=as_json)
        await _until(stopped)
    finally:
        await sandbox.stop()


def _open(settings: SandboxSettings) -> Sandbox:
    from importer.errors import SettingsError
    from importer.sandbox import Sandbox

    try:
        return Sandbox(settings)
    except OSError as cause:
        raise SettingsError(f"{cause}. Give another file with --db.") from None


async def _listen(sandbox: Sandbox) -> None:
    from importer.errors import SettingsError

    try:
        await sandbox.start()
    except OSError as cause:
        reason = cause.strerror or cause
        raise SettingsError(
            f"The sandbox cannot listen on port {sandbox.port}: {reason}. Give another with --port (0 picks one)."
        ) from None


def _announce(sandbox: Sandbox, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"base_url": sandbox.base_url, "port": sandbox.port}))
    else:
        click.echo(f"The sandbox listens on {sandbox.base_url} (Ctrl-C stops it). Try, in another terminal:")
        click.echo("")
        click.echo("  importer sample")
        click.echo(
            "  HIGHLEVEL_TOKEN=pit-sandbox HIGHLEVEL_LOCATION_ID=sandboxLocation00001 importer run "
            f"importer-sample/contacts.csv -m sample --base-url {sandbox.base_url}"
        )
        click.echo("")
        click.echo(f"  {sandbox.base_url}/_sandbox/state     {sandbox.base_url}/_sandbox/contacts")
    sys.stdout.flush()


def _stopped_by_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows' loops take no handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


async def _until(stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        # Waiting in bounded steps lets a Windows loop notice the signal.
        try:
            await asyncio.wait_for(stopped.wait(), timeout=1.0)
        except TimeoutError:
            continue
