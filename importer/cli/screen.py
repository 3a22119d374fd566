"""ui: the screen on 127.0.0.1."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from importer.cli.options import examples, load_environment, state_folder, state_option


@click.command(
    "ui",
    epilog=examples("importer ui", "importer sample", "importer ui importer-sample/contacts.csv"),
    short_help="Open the screen: import in a browser.",
)
@click.argument("source", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65_535),
    default=0,
    help="Port to listen on (default: any that is free).",
)
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("import-results"),
    show_default=True,
    help="Folder that receives one folder of results per run.",
)
@click.option(
    "--jobs",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Job file that the page of schedules shows and writes (default: jobs.yaml in the state folder).",
)
@state_option
def ui_command(
    *,
    source: Path | None,
    port: int,
    no_browser: bool,
    output: Path,
    jobs: Path | None,
    state: Path | None,
) -> None:
    """Open a local web interface on 127.0.0.1, for this user of this machine alone; SOURCE is a file to begin with.

    It prints one line with the address, which lets one browser in, once. What it makes, the command line runs, and the
    other way round. It ends itself after twelve hours in which nobody asked for anything and nothing ran; runs that it started go on without it.
    """
    import asyncio

    from importer.ui.opening import open_screen

    load_environment()
    asyncio.run(
        open_screen(
            state_folder(state),
            output=output.absolute(),
            source=source,
            jobs=jobs,
            port=port,
            browser=not no_browser,
            another_link=sys.stdin if sys.stdin is not None and sys.stdin.isatty() else None,
        )
    )
