"""suggest: a mapping from a file's headers and values."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    load_environment,
    read_connection,
    read_reading_options,
    reading_options,
)

if TYPE_CHECKING:
    from importer.highlevel.catalog import Catalog
    from importer.records import Intent, Landed, Outcome, Pulse, QuotaMark, RowId
    from importer.settings import Connection


@click.command(
    "suggest",
    epilog="Example: importer suggest sample_data/newsletter.csv -o newsletter.yaml",
    short_help="Write a mapping from a file's headers and values.",
)
@click.argument("source", metavar="SOURCE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the mapping to (default: standard output).",
)
@click.option("--force", is_flag=True, help="Write over a mapping that is there already.")
@reading_options
@click.option(
    "--location", help="A location whose custom fields columns may go to (default: HIGHLEVEL_LOCATION_ID)."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that holds its token (default: HIGHLEVEL_TOKEN from the environment).",
)
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
def suggest_command(source: str, output: Path | None, *, force: bool, **given: Any) -> None:
    """Write a mapping for SOURCE from its headers and a sample of its values, each guess with its reason.

    Nothing is sent, and neither token nor location is needed. With both, columns named like a custom field of
    the location are mapped to it. Read the mapping before you import with it: every line of it is a guess.
    """
    load_environment()
    if output is not None and not force:
        _refuse_overwriting(output)
    catalog = _catalog(given)
    text = _suggested(source, given, catalog)
    _write(text, output, source)


def _suggested(source: str, given: dict[str, Any], catalog: Catalog | None) -> str:
    from importer.suggestion import suggest_file

    names = ("sheet", "header_row", "encoding", "delimiter")
    options = read_reading_options(**{name: given[name] for name in names})
    with _at_hand(source) as path:
        return suggest_file(path, catalog=catalog, options=options).to_yaml()


@contextmanager
def _at_hand(source: str) -> Iterator[Path]:
    """Give a path to read from; what comes from standard input or a URL is copied first, since it is read twice."""
    from importer.sources import is_url, stage
    from importer.sources.expanding import in_archive

    if source != "-" and not is_url(source) and not in_archive(Path(source)):
        yield Path(source)
        return
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        yield stage(source, Path(folder), 0).path


def _catalog(given: dict[str, Any]) -> Catalog | None:
    """Read the location's custom fields where a location and a token are at hand.

    A location that was asked for by its flag has to answer; one that merely stands in the environment need not.
    """
    from importer.errors import ImporterError
    from importer.runtime import environment

    names = ("location", "token_file", "base_url")
    connection = read_connection(sandbox=False, **{name: given[name] for name in names})
    asked = given["location"] is not None
    location_id = given["location"] or environment.location_id()
    if location_id is None or not (connection.token or asked):
        return None
    try:
        return asyncio.run(_read_catalog(connection, location_id))
    except ImporterError as refused:
        if asked:
            raise
        click.echo(f"The location's custom fields are left out: {refused}", err=True)
        return None


async def _read_catalog(connection: Connection, location_id: str) -> Catalog:
    from importer.highlevel.catalog import CatalogNeeds
    from importer.sending.policy import RetryPolicy, SendingPolicy
    from importer.sending.sender import Sender

    patience = RetryPolicy(row_seconds=15.0, outage_seconds=15.0)
    policy = SendingPolicy(retry=patience)
    async with Sender(connection=connection, journal=_NoRows(), policy=policy) as sender:
        return await sender.open_location(location_id, CatalogNeeds(custom_fields=True))


class _NoRows:
    """The journal of a sender that only meets a location: no row ever comes, and nothing is kept."""

    def intend(self, intents: Iterable[Intent]) -> None:
        pass

    def append(self, *, landed: Iterable[Landed], outcomes: Iterable[Outcome]) -> None:
        pass

    def pulse(self, pulse: Pulse) -> None:
        pass

    def mark_quota(self, mark: QuotaMark) -> None:
        pass

    def made_here(self, contact_id: str, before: RowId) -> bool:  # noqa: ARG002  (JournalWriter's signature)
        return False


def _refuse_overwriting(output: Path) -> None:
    from importer.errors import SettingsError

    if output.is_file() and output.stat().st_size:
        raise SettingsError(
            f"{output} is there already and may hold your own changes. Name another file, or add --force."
        )


def _write(text: str, output: Path | None, source: str) -> None:
    from importer.errors import SettingsError

    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as cause:
        raise SettingsError(f"{output} cannot be written: {cause.strerror or cause}.") from None
    shown = source if source.isprintable() and " " not in source and "://" not in source else "SOURCE"
    click.echo(f"Wrote {output}. Read it, then try: importer check {shown} -m {output}", err=True)
