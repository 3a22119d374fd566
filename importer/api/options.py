"""The options of the library's functions: their types, what they mean, and the refusal of others."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, TypedDict, TypeVar, get_type_hints

from importer.errors import SettingsError
from importer.runtime.progress import RunProgress
from importer.settings import (
    API_VERSIONS,
    FailureLimit,
)

Reference: TypeAlias = str | os.PathLike[str]
Given: TypeAlias = dict[str, Any]
"""Options as they were given, checked, without those that are None: that means what leaving them out means."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Layout(TypedDict, total=False):
    """Where in the file the rows are; what is not said is detected."""

    sheet: Annotated[str | None, "the workbook's sheet to read (default: the one with the mapped headers)"]
    header_row: Annotated[int | None, "the header's row, as a spreadsheet counts (default: detected)"]
    encoding: Annotated[str | None, "of a text file, such as cp1252 (default: detected)"]
    delimiter: Annotated[str | None, "of a text file (default: detected)"]


class _Password(TypedDict, total=False):
    """What opens a source."""

    password: Annotated[str | None, "of a protected workbook (default: IMPORTER_PASSWORD)"]


class _Account(TypedDict, total=False):
    """As whom, and where it is remembered.

    No ``env_file`` is read unless it is named: a task must not pick up another client's token from the folder that it
    happens to run in.
    """

    token: Annotated[
        str | None, "as whom (default: HIGHLEVEL_TOKEN and its kin); masked in the package's logs"
    ]
    env_file: Annotated[
        Reference | None,
        "a file of variables that go ahead of the environment's, for this call alone (default: none)",
    ]
    state: Annotated[
        Reference | None, "the folder of journals and memory (default: IMPORTER_STATE, else the platform's)"
    ]


class _Version(TypedDict, total=False):
    """How the vendor is spoken to."""

    api_version: Annotated[
        Literal["2021-07-28", "v3"] | None,
        "the version of HighLevel's API that is spoken (default: 2021-07-28, or the run's)",
    ]


class _Address(TypedDict, total=False):
    """Which server."""

    base_url: Annotated[str | None, "another address of the API (default: HIGHLEVEL_BASE_URL)"]


class _Place(_Address, total=False):
    """Where to."""

    location_id: Annotated[
        str | None, "where to (default: the mapping's location, else HIGHLEVEL_LOCATION_ID)"
    ]
    sandbox: Annotated[bool | None, "send to an embedded stand-in of HighLevel, which needs no account"]


class Rows(TypedDict, total=False):
    """Which rows, and what may be done to them."""

    corrections: Annotated[
        Reference | None, "a file of corrections that are laid over the source (JSON lines)"
    ]
    only_rows: Annotated[
        Reference | None,
        "a file that lists the rows to take alone: numbers, a line each, corrections, or failed.csv",
    ]
    limit: Annotated[int | None, "take the first so many rows alone"]
    accept_rewritten: Annotated[
        bool | None, "import cells of a corrected file although a spreadsheet seems to have rewritten them"
    ]
    into_other_location: Annotated[bool | None, "take failed rows of one location into another all the same"]
    allow_transforms: Annotated[bool | None, "let the mapping call Python functions"]


class _OnProgress(TypedDict, total=False):
    """Who watches."""

    on_progress: Annotated[
        Callable[[RunProgress], object] | None,
        "called as the work goes on, by the event loop's thread, so it must not block; what it raises is logged once",
    ]


class _Files(TypedDict, total=False):
    """Where what is written for people goes."""

    output: Annotated[
        Reference | None, "the folder that receives a folder of results (default: import-results)"
    ]
    results_format: Annotated[Literal["csv", "xlsx"] | None, "form of the results (default: csv)"]


class _Hours(TypedDict, total=False):
    """When."""

    send_window: Annotated[
        str | None,
        'send in these hours alone, by the location\'s own clock ("08:00-20:00"), and wait outside of them',
    ]


class _Session(_Files, _Hours, _OnProgress, total=False):
    """What each session of a run may have otherwise."""

    concurrency: Annotated[int | None, "requests in flight for each location"]
    stop_after_failures: Annotated[
        FailureLimit | int | str | None, 'stop once so many rows (50) or such a share ("5%") failed'
    ]
    wait_for_quota: Annotated[bool | None, "wait for the next day's allowance instead of stopping"]
    max_requests: Annotated[
        int | None,
        "send at most so many requests, then stop; look-ups do not count (in resume and retry, 0 lifts the run's limit)",
    ]


class OfARun(TypedDict, total=False):
    """What a run has from its begin to its end."""

    fresh: Annotated[bool | None, "start anew although this very import was run before"]
    follows: Annotated[
        str | None, "with only_rows: the run that sent them before (default: the newest of the same source)"
    ]
    trial: Annotated[
        int | None, "send the first so many rows that can be sent, and stop; resume sends the rest"
    ]
    changed_only: Annotated[bool | None, "skip rows that are as they were when last imported"]
    compare: Annotated[
        bool | None, "read the location's contacts first, and send only rows that change something"
    ]
    before_images: Annotated[
        bool | None, "read each contact before it is updated, so that an undo can put its old values back"
    ]
    full_every: Annotated[int | None, "with changed_only: each Nth run sends every row"]
    feed: Annotated[
        str | None, "with changed_only: the stream of files this is one of (default: the mapping's path)"
    ]
    verify_share: Annotated[float | None, "read this share (0 to 1) of the contacts back"]
    report_details: Annotated[bool | None, "show unmasked values in report.html"]
    metrics_file: Annotated[Reference | None, "write Prometheus metrics to this file"]


class _GoingOn(TypedDict, total=False):
    """What whoever goes on with a run can say."""

    over_newer: Annotated[
        bool | None,
        "send rows, too, whose person a run that began later imported since (default: they are skipped)",
    ]


class _Resume(TypedDict, total=False):
    """What only a resume can be told."""

    from_copies: Annotated[
        bool | None, "go on with the copies that the run took, although its source or mapping changed since"
    ]


class _Age(TypedDict, total=False):
    """How old what is known of a location may be."""

    max_age_seconds: Annotated[
        float | None, "read contacts again when they were last read longer ago than this (default: an hour)"
    ]


class _Planning(_Age, total=False):
    """What only a plan can be told."""

    missing: Annotated[
        bool | None, "list the location's contacts whose e-mail and phone no row has, too (missing.csv)"
    ]


class _Applying(TypedDict, total=False):
    """What only applying a plan can be told."""

    good_for_seconds: Annotated[
        float | None, "refuse a plan that was made longer ago than this (default: a week)"
    ]
    replan: Annotated[
        bool | None,
        "decide rows anew whose contact somebody changed since the plan was made, instead of skipping them",
    ]
    approved_by: Annotated[str | None, "who approved the plan, for the run's history"]


class _Undoing(TypedDict, total=False):
    """What only taking a run back can be told."""

    dry_run: Annotated[bool | None, "look, and say what would be taken back; write nothing"]
    with_history: Annotated[
        bool | None,
        "delete created contacts also where a note, task, deal, appointment or message came since",
    ]


class ReadOptions(Layout, _Password, total=False):
    """How to read a source."""


class _Findings(TypedDict, total=False):
    """What a check keeps."""

    findings: Annotated[
        Reference | None, "a file that keeps every row that fails or is warned of, by cause (open_findings)"
    ]


class LookOptions(Layout, _Password, _Account, _Place, _Version, Rows, total=False):
    """What ``check`` and ``preview`` take."""


class CheckOptions(LookOptions, _Findings, total=False):
    """What ``check`` takes."""


class RunOptions(Layout, _Password, _Account, _Place, _Version, Rows, _Session, OfARun, total=False):
    """What ``run`` takes."""


class RetryOptions(_Password, _Account, _Version, _Session, _GoingOn, total=False):
    """What ``retry`` takes."""


class ResumeOptions(_Password, _Account, _Version, _Session, _GoingOn, _Resume, total=False):
    """What ``resume`` takes."""


class PlanOptions(
    Layout, _Password, _Account, _Place, _Version, Rows, _Files, _Planning, _OnProgress, total=False
):
    """What ``plan`` takes."""


class ApplyOptions(_Password, _Account, _Version, _Hours, _Applying, _OnProgress, total=False):
    """What ``apply`` takes."""


class TakeBackOptions(_Password, _Account, _Version, _Undoing, _OnProgress, total=False):
    """What ``undo`` takes."""


class MirrorOptions(_Account, _Address, _Version, _Age, _OnProgress, total=False):
    """What ``mirror_location`` takes."""


def options_of(options: type) -> Callable[[Function], Function]:
    """Show a function's options in ``help()`` and ``inspect.signature``, where ``**options`` alone would hide them."""

    def show(function: Function) -> Function:
        plain = inspect.signature(function)
        *written, _ = plain.parameters.values()
        named = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
            for name, hint in get_type_hints(options).items()
        ]
        function.__dict__["__signature__"] = plain.replace(parameters=[*written, *named])
        means = get_type_hints(options, include_extras=True)
        listed = [f"    {name}: {hint.__metadata__[0]}" for name, hint in means.items()]
        function.__doc__ = "\n".join([inspect.cleandoc(function.__doc__ or ""), "", "Options:", *listed])
        return function

    return show


def checked(function: str, options: Mapping[str, object], known: type) -> Given:
    """Refuse an option that a function does not take, as Python does: a TypeError that names it."""
    for name in options:
        if name not in (names := get_type_hints(known)):
            import difflib

            near = difflib.get_close_matches(name, names, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}.{meant}")
    given = {name: value for name, value in options.items() if value is not None}
    _check_values(given)
    # The limit that a run began with can be lifted; one that begins has none to lift.
    _check_count(given, "max_requests", least=0 if known in {ResumeOptions, RetryOptions} else 1)
    return given


_AT_LEAST_ONE: Final = ("header_row", "limit", "trial", "concurrency", "full_every")
_SECONDS: Final = ("max_age_seconds", "good_for_seconds")
_SWITCHES: Final = (
    "sandbox", "into_other_location", "allow_transforms", "wait_for_quota", "fresh", "changed_only", "report_details", "from_copies", "over_newer",
    "missing", "replan", "dry_run", "with_history",
)  # fmt: skip


def _check_values(given: Given) -> None:
    """Refuse what the command line would refuse. Raises SettingsError."""
    for name in _AT_LEAST_ONE:
        _check_count(given, name, least=1)
    if not isinstance(share := given.get("verify_share", 0), int | float) or not 0 <= share <= 1:
        raise SettingsError(f"verify_share is {given['verify_share']!r}: give a share from 0 to 1.")
    for name in _SECONDS:
        if not isinstance(given.get(name, 0.0), int | float) or given.get(name, 0.0) < 0:
            raise SettingsError(f"{name} is {given[name]!r}: give a number of seconds from 0.")
    if not str(given.get("approved_by", "somebody")).strip():
        raise SettingsError("approved_by names nobody.")
    for name in _SWITCHES:
        if not isinstance(given.get(name, False), bool):
            raise SettingsError(f"{name} is {given[name]!r}: give True or False.")
    if given.get("api_version", API_VERSIONS[0]) not in API_VERSIONS:
        raise SettingsError(
            f"api_version is {given['api_version']!r}: give {' or '.join(map(repr, API_VERSIONS))}."
        )
    if given.get("results_format", "csv") not in {"csv", "xlsx"}:
        raise SettingsError(f"results_format is {given['results_format']!r}: give 'csv' or 'xlsx'.")


def _check_count(given: Given, name: str, *, least: int) -> None:
    if not isinstance(count := given.get(name, least), int) or count < least:
        raise SettingsError(f"{name} is {count!r}: give a whole number from {least}.")
