"""explain: what a code means, and what to do about it."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from importer.cli.options import examples
from importer.errors import (
    BudgetSpentError,
    CredentialsLostError,
    InterruptedRunError,
    PausedRunError,
    QuotaSpentError,
    ServiceDownError,
    StateError,
    TooManyFailuresError,
    TrialDoneError,
    TrustLostError,
)
from importer.records import Remedy, value_type

if TYPE_CHECKING:
    from importer.codes import Code


@value_type(frozen=True, slots=True)
class StopReason:
    """Why a run stopped: the ``reason_code`` of its summary."""

    name: str
    title: str
    mend: str


STOP_REASONS: Final = (
    StopReason(
        QuotaSpentError.code,
        "The location's daily allowance of requests is used up",
        "Go on after midnight UTC: importer resume. With --wait-for-quota a run waits for it.",
    ),
    StopReason(
        BudgetSpentError.code,
        "The run sent as many requests as --max-requests allows",
        "Go on with as many again: importer resume; or without a limit: importer resume --max-requests 0.",
    ),
    StopReason(
        CredentialsLostError.code,
        "The token stopped working in the middle of the run",
        "Put a valid token into HIGHLEVEL_TOKEN, or connect with importer login; then: importer resume.",
    ),
    StopReason(
        ServiceDownError.code,
        "HighLevel did not answer for too long",
        "Look at HighLevel's status page and the network; then: importer resume.",
    ),
    StopReason(
        TrustLostError.code,
        "Whoever answered could not prove to be the server that was asked",
        "Look for a proxy, or a network's sign-in page, in between; then: importer resume.",
    ),
    StopReason(
        TooManyFailuresError.code,
        "As many rows failed as --stop-after-failures allows",
        "Look at failed.xlsx, mend the mapping or the rows, and run again; or go on all the same: importer resume.",
    ),
    StopReason(
        InterruptedRunError.code,
        "Somebody stopped the run, or the system did",
        "Nothing is lost. Go on with: importer resume.",
    ),
    StopReason(
        PausedRunError.code,
        "Somebody paused the run",
        "Nothing is lost, and no job goes on with it by itself. Go on with: importer resume.",
    ),
    StopReason(
        TrialDoneError.code,
        "The trial of --trial N is done",
        "Look at its rows in HighLevel; then send the rest: importer resume.",
    ),
    StopReason(
        StateError.code,
        "The journal, or the disk under it, failed",
        "See that the disk of the state folder is there and has room; then: importer resume.",
    ),
    StopReason(
        "killed",
        "The process ended without a word, killed or cut off from power, or it is still under way",
        "Nothing is lost. Go on with: importer resume.",
    ),
)
_REMEDIES: Final = {
    Remedy.FIX_ROW: "correct the row in the failed file and import that file",
    Remedy.RUN_AGAIN: "importer retry sends it again",
    Remedy.NONE: "nothing has to be done with the row",
}


@click.command(
    "explain",
    epilog=examples("importer explain invalid_email", "importer explain daily_quota_spent footer_row"),
    short_help="Say what a code means, and what to do about it.",
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--json", "as_json", is_flag=True, help="Write the explanations as JSON to stdout.")
def explain_command(*, codes: Sequence[str], as_json: bool) -> None:
    """Say what each CODE means, and what to do about it: a row's code, a warning's, or the reason why a run stopped.

    Without a CODE all of them are listed.
    """
    from importer.codes import BY_NAME, CATALOGUE
    from importer.results.wrapping import fitted

    reasons = {reason.name: reason for reason in STOP_REASONS}
    wanted = [_meant(code, [*BY_NAME, *reasons]) for code in codes]
    rows: list[Code] = [BY_NAME[code] for code in wanted if code in BY_NAME] if codes else list(CATALOGUE)
    stops: list[StopReason] = (
        [reasons[code] for code in wanted if code in reasons] if codes else list(STOP_REASONS)
    )
    if as_json:
        click.echo(
            json.dumps([*map(_row_json, rows), *map(_reason_json, stops)], ensure_ascii=False, indent=2)
        )
        return
    lines = (
        [*_listed(rows, "Rows"), "", *_listed(stops, "Stopped runs")]
        if not codes
        else ["\n\n".join([*map(_row_text, rows), *map(_reason_text, stops)])]
    )
    click.echo(fitted("\n".join(lines), sys.stdout))


def _meant(code: str, known: Sequence[str]) -> str:
    """Take a code as people type it; a fault, with the nearest ones, where there is none."""
    plain = code.strip().strip("`'\":,").casefold().replace("-", "_")
    if plain in known:
        return plain
    near = difflib.get_close_matches(plain, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise click.UsageError(f"There is no code {code!r}.{hint} `importer explain` lists them all.")


def _listed(codes: Sequence[Code | StopReason], title: str) -> Iterator[str]:
    yield title
    yield from (f"  {code.name:<24}  {code.title}" for code in codes)


def _row_text(code: Code) -> str:
    return (
        f"{code.name}\n  {code.title}.\n  {code.mend}\n  remedy {code.remedy.value}: {_REMEDIES[code.remedy]}"
    )


def _reason_text(reason: StopReason) -> str:
    return f"{reason.name} (a stopped run)\n  {reason.title}.\n  {reason.mend}"


def _row_json(code: Code) -> dict[str, str]:
    return {
        "code": code.name,
        "of": "row",
        "title": code.title,
        "mend": code.mend,
        "remedy": code.remedy.value,
    }


def _reason_json(reason: StopReason) -> dict[str, str]:
    return {"code": reason.name, "of": "run", "title": reason.title, "mend": reason.mend}
