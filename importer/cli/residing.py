"""What commands share that work until they are stopped: how they speak, hear signals and are looked at."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from importer.cli.options import stack
from importer.cli.signals import heard, say_when_heard

health_option = click.option(
    "--health",
    metavar="[HOST:]PORT",
    help="Answer /health, /status and /metrics there (on loopback unless a host is given).",
)
logging_options = stack(
    click.option("-v", "--verbose", is_flag=True, help="Say more."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Form of messages on stderr.",
    ),
)


def health_place(where: str) -> tuple[str, int]:
    """Read a port, or a host and a port, from --health. Raises a usage error."""
    from importer.runtime.health_pages import LOOPBACK

    host, _, port = where.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise click.BadParameter(
            f"{where!r} is neither a port (8710) nor a host and a port (127.0.0.1:8710)."
        )
    return host or LOOPBACK, int(port)


@contextmanager
def on_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Let SIGINT, SIGTERM and a closing Windows console end the work in good order."""
    loop = asyncio.get_running_loop()

    def ask(name: str) -> None:
        say_when_heard(f"{name}: finishing in good order ...")
        loop.call_soon_threadsafe(stop)

    with heard(ask):
        yield


def say(given: dict[str, Any], *rooms: str) -> None:
    """Show on stderr, with the time, what rooms of the package log."""
    form = (
        '{"at": "%(asctime)s", "level": "%(levelname)s", "message": %(quoted)s}'
        if given["log_format"] == "json"
        else "%(asctime)s %(levelname)s %(message)s"
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Quoting(form))
    for room in rooms:
        logger = logging.getLogger(f"importer.{room}")
        logger.handlers[:] = [handler]
        logger.setLevel(logging.DEBUG if given["verbose"] else logging.INFO)
        logger.propagate = False


class _Quoting(logging.Formatter):
    """Gives the message once more, quoted as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        import json

        record.quoted = json.dumps(record.getMessage(), ensure_ascii=False)
        return super().format(record)
