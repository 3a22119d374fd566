"""run, check, preview, schema: from words to one call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    connection_options,
    corrected_options,
    examples,
    json_option,
    laid_options,
    load_environment,
    mapping_option,
    parse_failure_limit,
    quiet_options,
    read_connection,
    read_reading_options,
    reading_options,
    results_format_option,
    send_window_option,
    stack,
    state_folder,
    state_option,
    yes_option,
)
from importer.errors import SettingsError, StateError
from importer.settings import ResultsFormat

if TYPE_CHECKING:
    from importer.mapping import Mapping
    from importer.results.forecast import Forecast
    from importer.settings import RunSettings

output_options = stack(
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("import-results"),
        show_default=True,
        help="Folder that receives one folder of results per run.",
    ),
    results_format_option(help="Form of the results.", default=ResultsFormat.CSV),
    click.option("--report-details", is_flag=True, help="Show unmasked values in report.html."),
)

sending_options = stack(
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Import the first N rows only."),
    click.option(
        "--trial",
        type=click.IntRange(min=1),
        metavar="N",
        help="Send the first N rows that can be sent, tags and all, and stop; `importer resume` sends the rest.",
    ),
    click.option(
        "--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight per location."
    ),
    click.option("--fresh", is_flag=True, help="Start anew although this very import was run before."),
    click.option(
        "--compare",
        is_flag=True,
        help="Read the location's contacts first, and send only rows that change something.",
    ),
    click.option(
        "--before-images",
        is_flag=True,
        help="Read each contact before it is updated, so that `importer undo` can put its old values back.",
    ),
    click.option("--changed-only", is_flag=True, help="Skip rows that are as they were when last imported."),
    click.option(
        "--full-every",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --changed-only: each Nth run sends every row.",
    ),
    click.option(
        "--stop-after-failures", metavar="N|N%", help="Stop once so many rows (or such a share) failed."
    ),
    click.option(
        "--wait-for-quota", is_flag=True, help="Wait for the next day's allowance instead of stopping."
    ),
    send_window_option,
    click.option(
        "--max-requests",
        type=click.IntRange(min=1),
        metavar="N",
        help="Send at most N requests, then stop; look-ups do not count.",
    ),
    click.option(
        "--verify",
        type=click.FloatRange(0, 100),
        default=0.0,
        metavar="PERCENT",
        help="Read this share of the contacts back.",
    ),
    click.option(
        "--allow-transforms",
        is_flag=True,
        help="Let the mapping call Python functions (package.module:function).",
    ),
    click.option(
        "--metrics-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write Prometheus metrics to this file.",
    ),
)


@click.command(
    "run",
    epilog=examples("importer sample", "importer run importer-sample/contacts.csv -m sample --sandbox"),
    short_help="Import one or more files.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@connection_options
@laid_options
@corrected_options
@click.option(
    "--follows",
    metavar="RUN",
    help="With --rows: the run that sent them before (default: the newest of the same source).",
)
@output_options
@sending_options
@reading_options
@state_option
@yes_option
@json_option
@quiet_options
def run_command(**given: Any) -> None:
    """Import SOURCE (files, folders, patterns, URLs or - for standard input) into HighLevel.

    The same command goes on where a stopped run ended, and does nothing when the import is done already.
    """
    from importer.runs.preparing import start_early

    if given["follows"] and not given["rows"]:
        raise click.UsageError("--follows goes with --rows: it says which run sent those rows before.")
    load_environment()
    # own functions keep the run in one process, see open_preparation
    with start_early(() if given["allow_transforms"] else given["sources"]) as process:
        from importer import pipeline
        from importer.cli.asking import someone_answers, with_asked_encoding
        from importer.cli.presenting import Manner, attend
        from importer.results.commands import access_words

        settings = with_asked_encoding(run_settings(given), given)
        attend(
            lambda context: pipeline.run(settings, context=context),
            Manner.of(given),
            go_on=access_words(settings.state, settings.connection.token_file),
            may_ask=someone_answers(given),
            early_process=process,
        )


@click.command(
    "check",
    epilog=examples("importer sample", "importer check importer-sample/newsletter.csv -m sample-newsletter"),
    short_help="Read, map and validate every row; send nothing.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@connection_options
@laid_options
@corrected_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Check the first N rows only.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the forecast as an HTML page to this file; beside it same-contact.csv, where rows share an e-mail or phone.",
)
@click.option("--report-details", is_flag=True, help="Show unmasked values in the page.")
@click.option(
    "--findings",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep every row that fails or is warned of, by cause, in this file (SQLite).",
)
@click.option(
    "--similar",
    is_flag=True,
    help="Look for rows that may be of one person under other e-mails and phones; with --report, similar.csv lists them.",
)
@click.option(
    "--against-location",
    is_flag=True,
    help="Ask the location which people it knows already, and forecast what is created and what updated.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=200,
    show_default=True,
    metavar="N",
    help="With --against-location: the rows to ask about; 0 asks about all.",
)
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@reading_options
@state_option
@json_option
@quiet_options
def check_command(**given: Any) -> None:
    """Read, map and validate every row; send nothing; say what a run would do and how long it would take."""
    from importer.cli.asking import with_asked_encoding
    from importer.cli.presenting import Manner, show_forecast, watched_check
    from importer.runs.forecast import CheckExtent, check
    from importer.runs.located import located

    load_environment()
    settings = with_asked_encoding(run_settings(given), given)
    report = given["report"]
    with watched_check(Manner.of(given)) as (stop, beat), located(settings) as readable:
        forecast = check(
            readable,
            extent=CheckExtent(
                ask_about=given["sample"] if given["against_location"] else None,
                listing=None if report is None else report.parent,
                findings=given["findings"],
                similar=given["similar"],
            ),
            stop=stop,
            beat=beat,
        )
    if report is not None:
        _write_report(forecast, report, details=settings.report_details)
    show_forecast(forecast, Manner.of(given), report)


def _write_report(forecast: Forecast, report: Path, *, details: bool) -> None:
    from importer.results.report import write_forecast_report

    try:
        write_forecast_report(forecast, report, details=details)
    except StateError as refused:
        reason = refused.__cause__.strerror if isinstance(refused.__cause__, OSError) else None
        raise SettingsError(
            f"The report {report} could not be written: {reason or 'the disk refused it'}. Name a file (--report) in a folder "
            "where you may write."
        ) from None


@click.command(
    "preview",
    epilog=examples(
        "importer sample",
        "importer preview importer-sample/contacts.csv -m sample -n 3",
        "importer preview importer-sample/contacts.csv -m sample --row 4 --set defaults.region=GB",
    ),
    short_help="Show what each row would send, as JSON lines.",
)
@click.argument("source", metavar="SOURCE")
@mapping_option
@connection_options
@laid_options
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Rows to show; 0 shows all.",
)
@click.option(
    "--row",
    "numbers",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Show row N alone, as a spreadsheet counts; may be given several times.",
)
@click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="Try a change of the mapping, as `importer mapping set` makes it, without writing it.",
)
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@reading_options
@state_option
def preview_command(
    source: str, count: int, *, numbers: tuple[int, ...], changes: tuple[str, ...], **given: Any
) -> None:
    """Write one JSON line per row to stdout: the payload and follow-ups, or the errors. Sends nothing."""
    from importer.results.wrapping import fitted
    from importer.runs.located import located
    from importer.runs.preview import preview

    load_environment()
    settings = run_settings({**given, "sources": (source,)})
    with located(settings) as readable:
        for line in preview(
            readable,
            rows=count,
            only=frozenset(numbers),
            mapping=_changed_mapping(settings, changes),
            notify=lambda note: click.echo(fitted(note, sys.stderr), err=True),
        ):
            click.echo(json.dumps(line, ensure_ascii=False))


def _changed_mapping(settings: RunSettings, changes: tuple[str, ...]) -> Mapping | None:
    """Read the mapping with changes that are only tried; None where there are none."""
    if not changes:
        return None
    from importer.cli.mapping_editing import read_changes
    from importer.mapping import load_mapping
    from importer.mapping.editing import edited

    mapping = load_mapping(settings.mapping)
    return edited(mapping.text, name=mapping.name, set_to=list(read_changes(changes)))


@click.command(
    "schema",
    epilog=examples("importer schema > mapping.schema.json"),
    short_help="Print the mapping's JSON Schema.",
)
def schema_command() -> None:
    """Print the mapping's JSON Schema, for editors that complete and check YAML."""
    from importer.mapping import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def run_settings(given: dict[str, Any]) -> RunSettings:
    """Gather the words of a command into the settings of a run; a word that the command lacks keeps its default."""
    from importer.settings import RunSettings

    taken = [
        "sources",
        "mapping",
        "output",
        "results_format",
        "corrections",
        "rows",
        "follows",
        "limit",
        "trial",
        "into_other_location",
        "accept_rewritten",
        "concurrency",
        "fresh",
        "changed_only",
        "compare",
        "before_images",
        "full_every",
        "wait_for_quota",
        "send_window",
        "max_requests",
        "allow_transforms",
        "report_details",
        "metrics_file",
    ]
    return RunSettings(
        **{name: given[name] for name in taken if name in given},
        connection=read_connection(
            location=given["location"],
            token_file=given["token_file"],
            sandbox=given["sandbox"],
            base_url=given["base_url"],
            api_version=given["api_version"],
        ),
        reading=read_reading_options(
            sheet=given["sheet"],
            header_row=given["header_row"],
            encoding=given["encoding"],
            delimiter=given["delimiter"],
        ),
        state=state_folder(given["state"]),
        stop_after_failures=parse_failure_limit(given.get("stop_after_failures")),
        verify_share=given.get("verify", 0.0) / 100,
    )
