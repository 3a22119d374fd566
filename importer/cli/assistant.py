"""mcp: an assistant's way in, over standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.options import examples, load_environment, state_folder, state_option


@click.command(
    "mcp",
    epilog=examples("importer sample", "importer mcp importer-sample"),
    short_help="Let an assistant read, check and plan (Model Context Protocol).",
)
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path(), required=False
)
@click.option(
    "--show-values", is_flag=True, help="Show people's values to the assistant, which are masked otherwise."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("import-results"),
    show_default=True,
    help="Folder that receives one folder of results per plan and run.",
)
@state_option
def mcp_command(*, folder: Path, show_values: bool, output: Path, state: Path | None) -> None:
    """Answer an assistant over standard input and output: it sees the files of FOLDER (default: this one), and past runs.

    It can read, suggest, check and plan. It sends a plan, or takes a run back, only after a person said `importer approve` on their own command
    line. Cells of a file are handed over as data, people's values masked.
    """
    from importer.runtime.installation import missing_extra

    load_environment()
    try:
        from importer.mcp.server import serve
    except ImportError as missing:
        if missing.name is None or not missing.name.startswith("mcp"):
            raise
        raise click.ClickException(missing_extra("Answering an assistant", "mcp")) from None
    from importer.mcp.abilities import Abilities
    from importer.mcp.places import Places

    serve(
        Abilities(
            places=Places(folder.absolute()),
            state=state_folder(state),
            output=output.absolute(),
            show_values=show_values,
        )
    )
