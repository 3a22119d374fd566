"""test: a mapping held against the examples that it carries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.options import examples, json_option, load_environment, mapping_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.mapping.examples import JudgedExample


@click.command(
    "test",
    epilog=examples("importer sample", "importer test -m sample"),
    short_help="Hold a mapping against the examples that it carries.",
)
@mapping_option
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@json_option
@click.pass_context
def test_command(ctx: click.Context, *, mapping: Path, allow_transforms: bool, as_json: bool) -> None:
    """Map the rows under `tests` of a mapping, and compare what becomes of them with what the mapping says there.

    Nothing is read but the mapping, and nothing is sent. Exit code 1: an example does not hold.
    """
    from importer.errors import MappingError
    from importer.mapping import load_mapping
    from importer.mapping.examples import judge_examples

    load_environment()
    loaded = load_mapping(mapping)
    judged = judge_examples(loaded, today=datetime.now(UTC).date(), allow_transforms=allow_transforms)
    if not judged:
        raise MappingError(
            f"The mapping {mapping} carries no examples. Write some under tests: (row, and sends or code)."
        )
    if as_json:
        click.echo(json.dumps([one.to_json() for one in judged], ensure_ascii=False, indent=2))
    else:
        _show(judged)
    ctx.exit(0 if all(one.holds for one in judged) else 1)


def _show(judged: Sequence[JudgedExample]) -> None:
    from importer.results.wording import on_one_line

    for one in judged:
        click.echo(f"{'ok   ' if one.holds else 'fails'}  {on_one_line(one.name)}")
        for fault in one.faults:
            click.echo(f"       {fault}")
    failing = sum(not one.holds for one in judged)
    said = "all of them hold" if not failing else f"{failing} {'does' if failing == 1 else 'do'} not hold"
    click.echo(
        f"{len(judged)} examples, {said}."
        if len(judged) > 1
        else f"1 example: {'it holds' if not failing else 'it does not hold'}.",
        err=True,
    )
