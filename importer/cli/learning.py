"""learn: what a mapping can learn from the rows that people corrected."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from importer.cli.options import examples, json_option, load_environment, state_folder, state_option

if TYPE_CHECKING:
    from importer.mapping.lessons import Lesson
    from importer.records import Json
    from importer.runs.learning import Learnt

_SHOWN: Final = 3


@click.command(
    "learn",
    epilog=examples("importer learn 20260314-0915 --corrected import-results/20260314-0915*/failed.csv"),
    short_help="Propose rules from failed rows that came back corrected.",
)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--corrected",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The corrected failed.xlsx or failed.csv of RUN (default: what was imported of it since).",
)
@click.option(
    "-m",
    "--mapping",
    type=click.Path(path_type=Path),
    help="The mapping to learn (default: that of RUN, as it is today).",
)
@click.option("--apply", is_flag=True, help="Put what was learnt into the mapping, asking one by one.")
@click.option("--yes", is_flag=True, help="With --apply: do not ask.")
@json_option
@state_option
def learn_command(
    *,
    run_id: str,
    corrected: Path | None,
    mapping: Path | None,
    apply: bool,
    yes: bool,
    as_json: bool,
    state: Path | None,
) -> None:
    """Compare the failed rows of RUN with what people made of them, and propose rules that make such work needless.

    Texts that were always corrected to the same become a map, national phones a region, texts that were rewritten in one
    way a transform, rows that were taken out a skip_if. Each was tried: it mends the rows named, and changes none of the
    rows that were fine. Nothing is changed without --apply.
    """
    from importer.cli.mapping_editing import text_of
    from importer.runs.learning import learn
    from importer.state import StateFolder

    load_environment()
    if apply and not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("Nobody can be asked here: add --yes to apply all that was learnt.")
    folder = StateFolder(state_folder(state))
    today = datetime.now(UTC).date()
    learnt = learn(folder.find(run_id), folder, today=today, mapping=mapping, corrected=corrected)
    if apply:
        text_of(
            Path(learnt.mapping.name)
        )  # one that cannot be written into is refused before anything is proposed
    if as_json:
        click.echo(json.dumps(_as_json(learnt), ensure_ascii=False, indent=2))
    else:
        _show(learnt, apply=apply)
    if apply and learnt.lessons:
        _apply(learnt, yes=yes)


def _show(learnt: Learnt, *, apply: bool) -> None:
    for number, lesson in enumerate(learnt.lessons, 1):
        click.echo(f"{number}. {_change(lesson)}")
        click.echo(f"   {_evidence(lesson, learnt)}")
    click.echo(_summary(learnt, apply=apply), err=True)


def _change(lesson: Lesson) -> str:
    """Write a lesson as `importer mapping set` takes it."""
    from importer.yaml.editing import dotted
    from importer.yaml.writing import inline

    return " ".join(f"{dotted(path)}={inline(value)}" for path, value in lesson.changes)


def _evidence(lesson: Lesson, learnt: Learnt) -> str:
    from importer.mapping.lessons import LessonKind
    from importer.results.wording import on_one_line, rows

    pairs = [(on_one_line(old), on_one_line(new)) for old, new in lesson.examples[:_SHOWN]]
    more = f" and {len(lesson.examples) - _SHOWN} more" if len(lesson.examples) > _SHOWN else ""
    if lesson.kind is LessonKind.SKIP_IF:
        texts = ", ".join(repr(old) for old, _ in pairs)
        return f"{lesson.mended} of {lesson.of} rows that were taken out have {texts}{more} in column {lesson.column!r}, and no other row has."
    texts = ", ".join(f"{old!r} became {new!r}" for old, new in pairs)
    return (
        f"mends {lesson.mended} of {lesson.of} rows that were corrected in column {lesson.column!r} ({texts}{more}); "
        f"{rows(learnt.compared_rows)} that {'was fine stays as it was' if learnt.compared_rows == 1 else 'were fine stay as they were'}."
    )


def _summary(learnt: Learnt, *, apply: bool) -> str:
    seen = (
        f"{learnt.corrected_rows:,} corrected and {learnt.dropped_rows:,} dropped rows of run {learnt.run.id}"
    )
    if not learnt.lessons:
        return f"Nothing to learn from {seen}: no change of the mapping would mend several of them and harm none."
    hint = "" if apply else f" --apply puts them into {learnt.mapping.name}, asking one by one."
    return f"From {seen}.{hint}"


def _as_json(learnt: Learnt) -> dict[str, Json]:
    return {
        "run_id": learnt.run.id,
        "mapping": learnt.mapping.name,
        "corrected_rows": learnt.corrected_rows,
        "dropped_rows": learnt.dropped_rows,
        "compared_rows": learnt.compared_rows,
        "lessons": [_lesson_json(lesson) for lesson in learnt.lessons],
    }


def _lesson_json(lesson: Lesson) -> dict[str, Json]:
    from importer.yaml.editing import dotted
    from importer.yaml.writing import as_json

    return {
        "kind": lesson.kind.value,
        "column": lesson.column,
        "changes": [{"key": dotted(path), "value": as_json(value)} for path, value in lesson.changes],
        "mended": lesson.mended,
        "of": lesson.of,
        "examples": [{"before": old, "after": new} for old, new in lesson.examples[:_SHOWN]],
    }


def _apply(learnt: Learnt, *, yes: bool) -> None:
    """Put the lessons that somebody agrees to into the mapping, one after the other."""
    from importer.cli.mapping_editing import text_of, write_mapping
    from importer.mapping.editing import edited

    file = Path(learnt.mapping.name)
    text = before = text_of(file)
    for lesson in learnt.lessons:
        if yes or click.confirm(f"Put {_change(lesson)} into {file}?", err=True):
            text = edited(text, name=str(file), set_to=lesson.changes).text
    if text == before:
        click.echo(f"{file} stays as it is.", err=True)
        return
    write_mapping(file, text, like=file)
    click.echo(f"Wrote {file}.", err=True)
