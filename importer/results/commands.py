"""The commands that go on from a run: whole, so that pasted they mean the same place, rows and account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import Final, Self, TypeAlias

from importer.records import value_type
from importer.results.wording import command
from importer.settings import (
    API_VERSIONS,
    DEFAULT_BASE_URL,
    DEFAULT_OUTPUT,
    SANDBOX_LOCATION,
    FailureLimit,
    ResultsFormat,
    RunSettings,
)
from importer.sources import masked
from importer.state.place import state_folder, state_words

Said: TypeAlias = str | int | Path | bool | None
"""An option's value; ``True`` is said by the flag alone, ``None`` and ``False`` not at all."""


class Reach(Enum):
    """Which of the commands that go on from a run have to say an option again."""

    ACCESS = auto()
    """All: it says where runs are kept, or as whom to send."""
    IMPORT = auto()
    """Those that import: the same source once more, and the corrected rows of it."""
    SOURCE = auto()
    """The same source once more, and not its corrected rows: what it says is true of that file alone."""
    ONCE = auto()
    """None: it was meant for the one command."""


@value_type(frozen=True, slots=True)
class SaidAgain:
    """How an option of ``run`` is said again."""

    flag: str
    reach: Reach
    value: Callable[[RunSettings], Said] = lambda _settings: None


def _failure_limit(limit: FailureLimit | None) -> Said:
    if limit is None:
        return None
    return str(limit.rows) if limit.share is None else f"{limit.share * 100:g}%"


def _state(settings: RunSettings) -> Said:
    return None if settings.state == state_folder() else state_words(settings.state)


def _location(settings: RunSettings) -> Said:
    connection = settings.connection
    usual = connection.sandbox and connection.location_id == SANDBOX_LOCATION
    return None if usual else connection.location_id


def _base_url(settings: RunSettings) -> Said:
    connection = settings.connection
    usual = connection.sandbox or connection.base_url.rstrip("/") == DEFAULT_BASE_URL
    return None if usual else connection.base_url


def _output(settings: RunSettings) -> Said:
    if settings.output.absolute() == DEFAULT_OUTPUT.absolute():
        return None
    here = Path.cwd()
    return settings.output.relative_to(here) if settings.output.is_relative_to(here) else settings.output


def _delimiter(settings: RunSettings) -> Said:
    return "tab" if settings.reading.delimiter == "\t" else settings.reading.delimiter


RUN_OPTIONS: Final[Mapping[str, SaidAgain]] = {
    # by the name that the command line gives them; a test goes over all options of `run`
    "location": SaidAgain("--location", Reach.IMPORT, _location),
    "token_file": SaidAgain("--token-file", Reach.ACCESS, lambda said: said.connection.token_file),
    "sandbox": SaidAgain("--sandbox", Reach.IMPORT, lambda said: said.connection.sandbox),
    "base_url": SaidAgain("--base-url", Reach.IMPORT, _base_url),
    "into_other_location": SaidAgain(
        "--into-other-location", Reach.SOURCE, lambda said: said.into_other_location
    ),
    "accept_rewritten": SaidAgain("--accept-rewritten", Reach.SOURCE, lambda said: said.accept_rewritten),
    # They say which rows of that very file are others.
    "corrections": SaidAgain("--corrections", Reach.SOURCE, lambda said: said.corrections),
    "rows": SaidAgain("--rows", Reach.SOURCE, lambda said: said.rows),
    "follows": SaidAgain("--follows", Reach.ONCE),
    "output": SaidAgain("--output", Reach.IMPORT, _output),
    "results_format": SaidAgain(
        "--results-format",
        Reach.IMPORT,
        lambda said: None if said.results_format == ResultsFormat.CSV else str(said.results_format),
    ),
    "report_details": SaidAgain("--report-details", Reach.IMPORT, lambda said: said.report_details),
    "limit": SaidAgain("--limit", Reach.SOURCE, lambda said: said.limit),
    "trial": SaidAgain("--trial", Reach.ONCE),
    "concurrency": SaidAgain("--concurrency", Reach.IMPORT, lambda said: said.concurrency),
    "fresh": SaidAgain("--fresh", Reach.ONCE),
    # Of the corrected rows alone, everybody else would be missing from the file.
    "changed_only": SaidAgain("--changed-only", Reach.SOURCE, lambda said: said.changed_only),
    "compare": SaidAgain("--compare", Reach.IMPORT, lambda said: said.compare),
    "before_images": SaidAgain("--before-images", Reach.IMPORT, lambda said: said.before_images),
    "full_every": SaidAgain("--full-every", Reach.SOURCE, lambda said: said.full_every),
    "stop_after_failures": SaidAgain(
        "--stop-after-failures", Reach.IMPORT, lambda said: _failure_limit(said.stop_after_failures)
    ),
    "wait_for_quota": SaidAgain("--wait-for-quota", Reach.IMPORT, lambda said: said.wait_for_quota),
    "send_window": SaidAgain(
        "--send-window",
        Reach.IMPORT,
        lambda said: None if said.send_window is None else str(said.send_window),
    ),
    "max_requests": SaidAgain("--max-requests", Reach.IMPORT, lambda said: said.max_requests),
    "verify": SaidAgain(
        "--verify", Reach.IMPORT, lambda said: f"{said.verify_share * 100:g}" if said.verify_share else None
    ),
    "api_version": SaidAgain(
        "--api-version",
        Reach.IMPORT,
        lambda said: None if said.connection.api_version == API_VERSIONS[0] else said.connection.api_version,
    ),
    "allow_transforms": SaidAgain("--allow-transforms", Reach.IMPORT, lambda said: said.allow_transforms),
    "metrics_file": SaidAgain("--metrics-file", Reach.IMPORT, lambda said: said.metrics_file),
    # The failed rows are in a file of ours, which the reader knows.
    "sheet": SaidAgain("--sheet", Reach.SOURCE, lambda said: said.reading.sheet),
    "header_row": SaidAgain("--header-row", Reach.SOURCE, lambda said: said.reading.header_row),
    "encoding": SaidAgain("--encoding", Reach.SOURCE, lambda said: said.reading.encoding),
    "delimiter": SaidAgain("--delimiter", Reach.SOURCE, _delimiter),
    "state": SaidAgain("--state", Reach.ACCESS, _state),
    "yes": SaidAgain("--yes", Reach.ONCE),
    "as_json": SaidAgain("--json", Reach.ONCE),
    "quiet": SaidAgain("--quiet", Reach.ONCE),
    "no_progress": SaidAgain("--no-progress", Reach.ONCE),
    "verbose": SaidAgain("--verbose", Reach.ONCE),
    "log_format": SaidAgain("--log-format", Reach.ONCE),
}


@value_type(frozen=True, slots=True, kw_only=True)
class NextCommands:
    """What the commands that go on from a run have to say beside their own words."""

    access: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    importing: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    location_id: str | None = None
    """Where all of it goes; None where each row names its own."""
    planned: bool = False
    """The run applied a plan: to send its file by a plain run would write over what people did since."""

    @classmethod
    def of(
        cls, settings: RunSettings, *, location_id: str | None, working_folder: Path | None = None
    ) -> Self:
        """Gather them from settings; ``working_folder`` is what the mapping's path is relative to."""
        said = replace(settings, connection=replace(settings.connection, location_id=location_id))
        return cls(
            access=tuple(_words(said, Reach.ACCESS)),
            mapping=_pair("-m", _from_here(settings.mapping, working_folder)),
            importing=tuple(_words(said, Reach.IMPORT)),
            reading=tuple(_words(said, Reach.SOURCE)),
            sources=tuple(dict.fromkeys(map(_source, settings.sources))),
            location_id=location_id,
            planned=settings.plan is not None,
        )

    def resume(self, run_id: str | None = None, *more: str) -> str:
        """Go on with a stopped run, the newest where none is named."""
        named = [] if run_id is None else [run_id]
        return command(["importer", "resume", *named, *more, *self.access])

    def retry(self, run_id: str) -> str:
        """Send the failed rows again that are worth it."""
        return command(["importer", "retry", run_id, *self.access])

    def show(self, run_id: str) -> str:
        """Tell how a run ended."""
        return command(["importer", "show", run_id, *self.access])

    def approve(self, plan_id: str) -> str:
        """Agree to a plan that waits for somebody."""
        return command(["importer", "approve", plan_id, *self.access])

    def results(self, run_id: str, *more: str) -> str:
        """Write a run's files again."""
        return command(["importer", "results", run_id, *more, *self.access])

    def run_corrected(self, failed_rows: Path) -> str:
        """Import the failed rows once they are corrected, into the same place by the same rules."""
        return self._import("run", [_source(str(failed_rows))])

    def run(self, *more: str) -> str:
        """Import the same source."""
        return self._import("run", self.sources, *self.reading, *more)

    def run_anew(self) -> str:
        """Import the same source once more although it was imported; what was compared is compared again."""
        return self.run(*(("--compare",) if self.planned else ()), "--fresh")

    def check(self) -> str:
        """Check the same source."""
        return self._import("check", self.sources, *self.reading)

    def _import(self, name: str, sources: Sequence[str], *more: str) -> str:
        return command(["importer", name, *sources, *self.mapping, *self.importing, *more, *self.access])


UNSAID: Final = NextCommands()
"""Of a run of which nothing is known but its id."""


def access_words(state: Path, token_file: Path | None = None) -> NextCommands:
    """Give what is known of a run's commands where only its place is: which state folder, and as whom."""
    from importer.settings import Connection

    said = RunSettings(sources=(), mapping=Path(), connection=Connection(token_file=token_file), state=state)
    return NextCommands(access=tuple(_words(said, Reach.ACCESS)))


def _words(settings: RunSettings, reach: Reach) -> Iterator[str]:
    for option in RUN_OPTIONS.values():
        if option.reach is not reach:
            continue
        value = option.value(settings)
        if value is True:
            yield option.flag
        elif value is not None and value is not False:
            yield from _pair(option.flag, str(value))


def _pair(flag: str, value: str) -> tuple[str, ...]:
    # A value that begins with a dash would be read as a flag of its own.
    if not value.startswith("-"):
        return (flag, value)
    return (f"{flag}={value}",) if flag.startswith("--") else (f"{flag}{value}",)


def _source(reference: str) -> str:
    """Name a source as an argument: without a URL's secrets, and so that no file is taken for a flag."""
    named = masked(reference)
    return f"./{named}" if named.startswith("-") and named != "-" else named


def _from_here(mapping: Path, working_folder: Path | None) -> str:
    """Name the mapping so that it is found from here; the name of a ready one is found anywhere."""
    if working_folder is None or working_folder == Path.cwd() or mapping.is_absolute():
        return str(mapping)
    there = working_folder / mapping
    return str(there) if there.is_file() else str(mapping)
