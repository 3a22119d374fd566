"""``importer sandbox``: the stand-in as a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import examples

if TYPE_CHECKING:
    from importer.sandbox import Sandbox, SandboxSettings

_FAULTS = ("429", "500", "502", "503", "reset", "drop", "slow", "garbage")
_CHOICE_TYPES = ("SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "CHECKBOX", "RADIO")
_FIELD_TYPES = (
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "MONETORY",
    "PHONE",
    "EMAIL",
    "DATE",
    "TIME",
    *_CHOICE_TYPES,
)


def _read_with(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        return tuple(read(each) for each in value) if isinstance(value, tuple) else read(value.strip())

    return callback


def _quota(text: str) -> tuple[int, float]:
    found = re.fullmatch(r"(\d+)(?:/(\d+(?:\.\d+)?))?", text)
    if not found or (found[2] and float(found[2]) == 0):
        raise click.BadParameter(
            f"{text!r} is not a number of requests and seconds like 100/10 (0 turns it off)."
        )
    return int(found[1]), float(found[2] or 10)


def _latency(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?(?: *ms)?", text)
    if not found or (found[2] and int(found[2]) < int(found[1])):
        raise click.BadParameter(f"{text!r} is not a range of milliseconds like 50-400.")
    return float(found[1]), float(found[2] or found[1])


def _fault(text: str) -> tuple[str, float]:
    found = re.fullmatch(r"(\w+):(\d*\.?\d+)(%?)", text)
    if not found or found[1] not in _FAULTS:
        kinds = ", ".join(_FAULTS)
        raise click.BadParameter(f"{text!r} is not KIND:SHARE like reset:0.02; the kinds are {kinds}.")
    share = float(found[2]) / (100 if found[3] else 1)
    if share > 1:
        raise click.BadParameter(f"{text!r}: a share is at most 1 (or 100%).")
    return found[1], share


def _custom_field(text: str) -> tuple[str, str, tuple[str, ...]]:
    name, _, rest = text.partition(":")
    data_type, _, options = rest.partition(":")
    known = data_type.upper() or "TEXT"
    if not name.strip() or known not in _FIELD_TYPES:
        raise click.BadParameter(
            f"{text!r} is not NAME, NAME:TYPE or NAME:TYPE:a|b; types: {', '.join(_FIELD_TYPES)}."
        )
    if bool(options) != (known in _CHOICE_TYPES):
        raise click.BadParameter(
            f"{text!r}: choices (a|b) belong to {', '.join(_CHOICE_TYPES)}, and to those always."
        )
    return name.strip(), known, tuple(options.split("|")) if options else ()


def _match(text: str) -> tuple[str, ...]:
    order = tuple(part.strip() for part in text.split(","))
    if len(set(order)) != len(order) or not set(order) <= {"email", "phone"}:
        raise click.BadParameter(f"{text!r} is none of: email,phone  phone,email  email  phone.")
    return order


@click.command(
    "sandbox", epilog=examples("importer sandbox --latency 50-400 --fault reset:2% --db sandbox.db")
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="0 picks a free one."
)
@click.option(
    "--burst",
    callback=_read_with(_quota),
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
    callback=_read_with(_match),
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
    callback=_read_with(_latency),
    metavar="MIN-MAX",
    default="0",
    help="Time a request takes, in milliseconds.",
)
@click.option(
    "--fault",
    "faults",
    callback=_read_with(_fault),
    multiple=True,
    metavar="KIND:SHARE",
    help=f"What goes wrong, how often: {', '.join(_FAULTS)}.",
)
@click.option(
    "--slow-seconds", type=float, default=3.0, show_default=True, help="How long a slow reply takes."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the faults and latencies.")
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="Keep contacts in this file.")
@click.option(
    "--custom-field",
    "custom_fields",
    callback=_read_with(_custom_field),
    multiple=True,
    metavar="NAME[:TYPE[:a|b]]",
    help="A custom field every location has, beside Shirt Size, Interests, Contract Value, Renewal Date and Seats.",
)
@click.option(
    "--workflow", "workflows", multiple=True, metavar="NAME", help="A published workflow beside Welcome."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON line with the URL to stdout.")
def sandbox_command(*, as_json: bool, faults: tuple[tuple[str, float], ...], **options: Any) -> None:
    """Start a local HighLevel stand-in on loopback, until Ctrl-C.

    It speaks the vendor's paths, takes any token, and keeps contacts in memory. GET /_sandbox/state counts what it
    was asked, GET /_sandbox/contacts lists what it stored.
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
    window: str,
    **rest: Any,
) -> SandboxSettings:
    from importer.sandbox import FaultKind, SandboxSettings, Window

    if sum(share for _, share in faults) > 1:
        raise click.BadParameter("the shares of all faults together exceed 1.", param_hint="--fault")
    return SandboxSettings(
        burst=burst[0],
        interval_seconds=burst[1],
        window=Window(window),
        latency_ms=latency,
        faults={FaultKind(kind): share for kind, share in faults},
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
