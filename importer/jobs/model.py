"""The job file: every key, what it takes and what it means. Each scalar arrives as text."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from importer.jobs.patterns import check_pattern
from importer.jobs.settling import Afterwards, parse_afterwards
from importer.records import value_type
from importer.runtime.counting import counted
from importer.runtime.installation import missing_extra
from importer.settings import OpenHours, ResultsFormat
from importer.sources.locations import scheme_of
from importer.yaml.section import (
    AfterValidator,
    BeforeValidator,
    Flag,
    NonEmptyText,
    NotEmpty,
    PlainValidator,
    Section,
    Within,
    WithJsonSchema,
    key,
)

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _seconds(text: Any) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", str(text))
    if not match:
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h or d, such as 30s, 5m or 2h.")
    return float(match[1]) * _UNITS[match[2]]


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{text!r} is no time zone: write a name such as Europe/Berlin or America/New_York."
        ) from None
    return text


def _cron(text: str) -> str:
    try:
        from cronsim import CronSim, CronSimError
    except ImportError:
        raise ValueError(missing_extra("A schedule", "serve")) from None
    from datetime import UTC, datetime

    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as fault:
        raise ValueError(
            f"{text!r} is no cron expression ({fault}): write minute, hour, day, month and weekday, such as 30 2 * * *."
        ) from None
    return text


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


@value_type(frozen=True, slots=True, kw_only=True)
class RowsLimit:
    """A number of rows, or a share of them."""

    rows: int | None = None
    share: float | None = None

    def exceeded_by(self, part: int, whole: int) -> bool:
        if self.rows is not None:
            return part > self.rows
        return whole > 0 and part / whole > (self.share or 0.0)

    def __str__(self) -> str:
        return (
            counted(self.rows, "row")
            if self.rows is not None
            else f"{100 * (self.share or 0):g} % of the rows"
        )


def _amount(text: Any) -> RowsLimit:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", str(text))
    if not match or (not match[2] and "." in match[1]):
        raise ValueError(f"{text!r} is neither a number of rows (50) nor a share (5%).")
    return RowsLimit(share=float(match[1]) / 100) if match[2] else RowsLimit(rows=int(match[1]))


def _share(text: Any) -> float:
    amount = _amount(text)
    if amount.share is None or not 0 < amount.share < 1:
        raise ValueError(f"{text!r} is no share: write a percentage below 100, such as 20%.")
    return amount.share


def _span(text: Any) -> tuple[time, time]:
    return OpenHours.parse(str(text)).between


def _weekdays(text: Any) -> frozenset[int]:
    found: set[int] = set()
    for part in re.split(r"[,\s]+", str(text).strip().lower()):
        first, dash, last = part.partition("-")
        if first[:3] not in _DAYS or (dash and last[:3] not in _DAYS):
            raise ValueError(f"{part!r} is no weekday: write mon-fri, or mon, wed, sat.")
        start = _DAYS.index(first[:3])
        end = _DAYS.index(last[:3]) if dash else start
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def _after(text: Any) -> Afterwards:
    return parse_afterwards(str(text))


def _pattern(text: str) -> str:
    check_pattern(text)
    if scheme_of(text) is not None:
        raise ValueError(
            f"A job takes files, and {text} is a location: have the system's own scheduler (cron) give `importer run {text} ...`, "
            "which imports the same contacts once."
        )
    return text


Duration = Annotated[
    float, PlainValidator(_seconds), WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?[smhd]$"})
]
Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
Cron = Annotated[str, AfterValidator(_cron), WithJsonSchema({"type": "string"})]
Crons = Annotated[
    tuple[Cron, ...],
    BeforeValidator(_one_or_many),
    NotEmpty(),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
RowsOrShare = Annotated[
    RowsLimit,
    PlainValidator(_amount),
    WithJsonSchema({"type": ["integer", "string"], "pattern": r"^\d+(\.\d+)?\s*%?$"}),
]
Share = Annotated[
    float, PlainValidator(_share), WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"})
]
Span = Annotated[
    tuple[time, time],
    PlainValidator(_span),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d\d\s*-\s*\d{1,2}:\d\d$"}),
]
Weekdays = Annotated[frozenset[int], PlainValidator(_weekdays), WithJsonSchema({"type": "string"})]
AfterJobs = Annotated[
    Afterwards,
    PlainValidator(_after),
    WithJsonSchema({"type": "string", "pattern": "^(leave|delete|(move|archive):.+)$"}),
]
_EVENTS: Final = ["failure", "threshold", "approval", "recovery", "success", "always"]
EventName = Literal["failure", "threshold", "approval", "recovery", "success", "always"]
Events = Annotated[
    tuple[EventName, ...],
    BeforeValidator(_one_or_many),
    NotEmpty(),
    WithJsonSchema(
        {"anyOf": [{"enum": _EVENTS}, {"type": "array", "items": {"enum": _EVENTS}, "minItems": 1}]}
    ),
]
Addresses = Annotated[
    tuple[NonEmptyText, ...],
    BeforeValidator(_one_or_many),
    NotEmpty(),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]


class SendWindow(Section):
    """When a job may send: outside it waits, and a run that reaches the end of it stops and goes on in the next."""

    between: Span = key(description="Hours, such as 08:00-20:00, in the location's time zone.")
    days: Weekdays = key(
        default=frozenset(range(7)), description="Weekdays, such as mon-fri. Default: every day."
    )
    timezone: Zone | None = key(
        default=None, description="Default: the location's own time zone, else the job's."
    )


class Thresholds(Section):
    """What a file must be like. Checked before anything is sent, and the failed rows once more at the end.

    A file that would do more to the location than ``creates``, ``updates`` or ``lifts`` allow waits for a person.
    """

    failed_rows: RowsOrShare | None = key(
        default=None, description="The job fails when more rows fail than this number, or this share (5%)."
    )
    minimum_rows: Annotated[int, Within(1)] | None = key(
        default=None, description="A file with fewer rows is refused; nothing is sent."
    )
    shrink: Share | None = key(
        default=None,
        description="A file that has lost more than this share of the rows of the last one imported is refused.",
    )
    creates: RowsOrShare | None = key(
        default=None,
        description="A file of which more rows than this number, or this share (10%), would create a contact waits "
        "for `importer approve`.",
    )
    updates: RowsOrShare | None = key(
        default=None,
        description="A file of which more rows than this number, or this share, would change a contact waits for "
        "`importer approve`.",
    )
    lifts: RowsOrShare | None = key(
        default=None,
        description="A file of which more rows than this (0: any) would lift somebody's do-not-disturb waits for "
        "`importer approve`.",
    )


class LeaverRules(Section):
    """What happens to contacts that the files have no longer. Nothing is ever deleted."""

    tag: NonEmptyText | None = key(
        default=None, description="A tag for them; taken by who comes back only by your own automation."
    )
    after_files: Annotated[int, Within(1)] = key(
        default=2, description="How many complete files in a row must lack a person."
    )


class Notify(Section):
    """One channel for messages. Exactly one of webhook, email, heartbeat."""

    webhook: NonEmptyText | None = key(
        default=None, description="A URL that takes a POST; `${NAME}` stands for an environment variable."
    )
    shape: Literal["json", "slack", "teams"] = key(default="json", description="What the webhook is sent.")
    email: Addresses | None = key(
        default=None, description="Addresses; the server is named in SMTP_URL or `smtp`."
    )
    smtp: NonEmptyText | None = key(
        default=None,
        description="smtp://user:password@host:587 (STARTTLS), or smtps://...:465. Default: ${SMTP_URL}.",
    )
    sender: NonEmptyText | None = key(
        default=None, description="The e-mail's From. Default: the user in `smtp`."
    )
    attach_report: Flag = key(default=True, description="Attach report.html (values masked) to e-mails.")
    heartbeat: NonEmptyText | None = key(
        default=None, description="A URL that is asked (GET) after each success; for dead man's switches."
    )
    on: Events = key(
        default=("failure", "threshold", "approval", "recovery"),
        description="Which events are told; `always` tells of all.",
    )
    report_link: NonEmptyText | None = key(
        default=None,
        description="Where reports can be read: a URL with {run_id} in it. Default: the file's path.",
    )

    def _check(self) -> None:
        if sum(channel is not None for channel in (self.webhook, self.email, self.heartbeat)) != 1:
            raise ValueError("Give exactly one of webhook, email and heartbeat.")


Channels = Annotated[tuple[Notify, ...], BeforeValidator(_one_or_many)]


class Stream(Section):
    """One stream of files into one location, whatever starts it."""

    source: Annotated[str, NotEmpty(), AfterValidator(_pattern)] = key(
        description="A path, a URL or a pattern: exports/contacts-*.csv, s3://bucket/contacts-{date:%Y-%m-%d}.csv "
        "({date-1:...} is the day before). Relative to the job file."
    )
    take: Literal["newest", "all"] = key(
        default="newest",
        description="Of several files: the newest alone, or all that were not imported yet, oldest first.",
    )
    minimum_age: Duration = key(
        default=0.0, description="A file younger than this is left for the next time."
    )
    still_for: Duration = key(
        default=0.0, description="A file must keep its size and time this long before it is taken."
    )
    wait_for_file: Duration = key(
        default=0.0, description="How long after its time a job waits for a file that is not there."
    )
    missing_file: Literal["fail", "ignore"] = key(default="fail", description="What no new file means.")
    mapping: NonEmptyText = key(
        description="The mapping file, relative to the job file; or the name of a ready mapping, such as hubspot."
    )
    location: NonEmptyText | None = key(
        default=None, description="Where to; `${NAME}` stands for an environment variable."
    )
    token_file: NonEmptyText | None = key(
        default=None, description="A file with the token. Default: HIGHLEVEL_TOKEN."
    )
    token_variable: NonEmptyText | None = key(
        default=None, description="The environment variable that holds this job's token."
    )
    timezone: Zone | None = key(
        default=None,
        description="What the schedule and {date} go by. Default: the file's, else the machine's.",
    )
    send_window: SendWindow | None = None
    changed_only: Flag = key(default=False, description="Skip rows that are as they were when last imported.")
    compare: Flag = key(
        default=False,
        description="Read the location's contacts first, and send only rows that change something.",
    )
    before_images: Flag = key(
        default=False,
        description="Read each contact before it is updated, so that `importer undo` can put its old values back.",
    )
    full_every: Annotated[int, Within(1)] | None = key(
        default=None, description="With changed_only: each Nth run sends every row."
    )
    gone: LeaverRules | None = None
    thresholds: Thresholds = Thresholds()
    retries: Annotated[int, Within(0)] = key(
        default=3,
        description="How often a job that could not begin (source, network, credentials) is tried again: after 5, 10, 20 ... minutes.",
    )
    after_success: AfterJobs = key(
        default=Afterwards(),
        description="leave, delete, move:FOLDER or archive:FOLDER (compressed); for local files.",
    )
    after_failure: AfterJobs = key(
        default=Afterwards(), description="The same for a file that was refused, or failed a threshold."
    )
    output: NonEmptyText = key(
        default="import-results", description="Folder for results. Relative to the job file."
    )
    results_format: ResultsFormat = ResultsFormat.CSV
    sheet: NonEmptyText | None = key(default=None, description="The sheet to read.")
    api_version: Literal["2021-07-28", "v3"] | None = key(
        default=None, description="The version of HighLevel's API that is spoken. Default: 2021-07-28."
    )
    concurrency: Annotated[int, Within(1)] | None = key(default=None, description="Requests in flight.")
    max_requests: Annotated[int, Within(1)] | None = key(
        default=None, description="Stop a run after so many requests."
    )
    stop_after_failures: RowsOrShare | None = key(
        default=None, description="Stop a run once so many rows, or such a share, failed."
    )
    allow_transforms: Flag = key(default=False, description="Let the mapping call Python functions.")
    enabled: Flag = True
    notify: Channels | None = key(default=None, description="Channels of this job, instead of the file's.")

    def _check(self) -> None:
        if self.token_file and self.token_variable:
            raise ValueError("Give token_file or token_variable, not both.")
        if self.full_every and not self.changed_only:
            raise ValueError("full_every goes with changed_only: true.")
        if self.gone and not self.changed_only:
            raise ValueError("gone goes with changed_only: true, which remembers who was there.")


class Job(Stream):
    """One stream of files into one location, on a schedule."""

    schedule: Crons = key(description="Cron expressions: minute, hour, day, month, weekday.")
    catch_up: Flag = key(default=True, description="Make up once for runs missed while nothing was running.")


_JOB_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"


def _job_name(text: str) -> str:
    if not re.fullmatch(_JOB_NAME, text):
        raise ValueError(f"{text!r} is no name of a job: write up to 63 letters, digits, - _ and dots.")
    return text


JobName = Annotated[str, AfterValidator(_job_name), WithJsonSchema({"type": "string", "pattern": _JOB_NAME})]


class JobFile(Section):
    """Jobs that the importer runs on their schedules."""

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    timezone: Zone | None = key(default=None, description="For jobs that name none. Default: the machine's.")
    notify: Channels = key(default=(), description="Channels for jobs that have none of their own.")
    jobs: Annotated[dict[JobName, Job], NotEmpty()] = key(
        description="Jobs by name; a name is letters, digits, - _ and dots."
    )
