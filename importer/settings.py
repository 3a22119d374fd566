"""What a run is given: flags, environment and defaults, gathered once at the edge and frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import field
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, Self

from importer.records import value_type

DEFAULT_BASE_URL: Final = "https://services.leadconnectorhq.com"
USUAL_REDIRECT: Final = "https://localhost:8765/callback"
"""Where OAuth sends a browser back to: the vendor's portal refuses plain http. Nobody listens there, and the address is pasted."""
API_VERSIONS: Final = ("2021-07-28", "v3")
"""The versions of the vendor's API that are spoken; the first is the usual one."""
DEFAULT_OUTPUT: Final = Path("import-results")
_LOCATION_ID: Final = re.compile(r"[A-Za-z0-9_-]+")
SANDBOX_LOCATION: Final = "sandboxLocation00001"


def location_in(text: str) -> str:
    """Take a location's id out of what people paste for it: the address of the sub-account, or the id itself."""
    found = re.search(r"^(?:https?://)?[^\s/]+/(?:.*/)?location/([A-Za-z0-9_-]+)", text.strip())
    return found[1] if found else text


def is_location_id(text: str) -> bool:
    """Tell whether a text has the form of a location's id."""
    return _LOCATION_ID.fullmatch(text) is not None


class ResultsFormat(StrEnum):
    """The form of the results; ``failed`` is there as CSV and workbook in either case, to be corrected and imported again."""

    CSV = "csv"
    XLSX = "xlsx"


@value_type(frozen=True, slots=True)
class Secret:
    """A token or password: usable by ``reveal()``, never printed."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"


@value_type(frozen=True, slots=True, kw_only=True)
class FailureLimit:
    """How many rows may fail before the run stops: a number of rows, or a share (0 to 1) of those settled."""

    rows: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``50`` (rows) or ``5%`` (a share). Raises ValueError with a sentence."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
        if not match or (not match[2] and "." in match[1]):
            raise ValueError(f"{text!r} is neither a number of rows (50) nor a share (5%).")
        return cls(share=float(match[1]) / 100) if match[2] else cls(rows=int(match[1]))


@value_type(frozen=True, slots=True, kw_only=True)
class OpenHours:
    """The hours of a day in which rows may be sent; over midnight where the last is not later than the first."""

    between: tuple[time, time]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``08:00-20:00``. Raises ValueError with a sentence."""
        match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", text)
        if match and int(match[3]) <= 24:
            with suppress(ValueError):
                first, last = time(int(match[1]), int(match[2])), time(int(match[3]) % 24, int(match[4]))
                return cls(between=(first, last))
        raise ValueError(f"{text!r} is no time span: write it as 08:00-20:00 (over midnight: 20:00-06:00).")

    def __str__(self) -> str:
        first, last = self.between
        return f"{first:%H:%M}-{last:%H:%M}"


class SecretStore(Protocol):
    """Where grants and tokens are kept, each under a name, for their owner alone."""

    def read(self, name: str) -> bytes:
        """Give what was kept. Raises OSError where there is none that can be read."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Keep it durably, whole or not at all. Raises SettingsError."""
        ...

    def delete(self, name: str) -> bool:
        """Delete it; False where there is none."""
        ...

    def names(self, begins: str) -> list[str]:
        """List the names that begin so, the one that was written last at the end."""
        ...

    def locked(self, name: str, owner: Any, *, wait_seconds: float) -> AbstractContextManager[None]:
        """Hold a name against other processes. Raises LockHeldError when another one holds it for longer than that."""
        ...

    def where(self, name: str) -> str:
        """Say where it is kept, for people."""
        ...

    @property
    def guard(self) -> str:
        """Say who can read it, as the end of a sentence."""
        ...

    @property
    def shared(self) -> bool:
        """Other machines have to find it: the keyring of this one is no place for it."""
        ...

    def prepare(self) -> None:
        """See that something could be stored, before it is asked for. Raises SettingsError."""
        ...


@value_type(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to send and as whom. ``tokens`` holds a token per location, ahead of a ``token`` for all."""

    base_url: str = DEFAULT_BASE_URL
    token: Secret | None = None
    tokens: dict[str, Secret] = field(default_factory=dict)
    token_first: bool = False
    """Whether ``token`` was named for this very command, so that it goes ahead of those by location."""
    location_id: str | None = None
    sandbox: bool = False
    token_file: Path | None = None
    """Where the token came from, where that was a file: commands that go on have to name it again."""
    api_version: str | None = None
    """One of ``API_VERSIONS``; None is the usual one, or the one of the run that is gone on with."""
    grants: Path | SecretStore | None = None
    """Where to find what `importer connect` and `importer login` stored, for locations that have no token of their own."""

    def __post_init__(self) -> None:
        if self.location_id is not None:
            object.__setattr__(self, "location_id", location_in(self.location_id))


@value_type(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """What the user says about a source; everything left ``None`` is detected."""

    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    wanted_headers: tuple[str, ...] = ()
    """Headers the mapping names; they decide between sheets and tables."""
    password: Secret | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """One call of ``run``, ``check`` or ``retry``."""

    sources: tuple[str, ...]
    mapping: Path
    connection: Connection
    state: Path
    output: Path = DEFAULT_OUTPUT
    results_format: ResultsFormat = ResultsFormat.CSV
    reading: ReadingOptions = ReadingOptions()
    corrections: Path | None = None
    """A file of corrections that are laid over the sources."""
    rows: Path | None = None
    """A list of the rows that are meant, where not all are."""
    follows: str | None = None
    """The run that a run of such rows follows; None: the newest of the same source."""
    limit: int | None = None
    trial: int | None = None
    """So many of the rows that can be sent are sent, the first ones; then the run stops, to be looked at."""
    into_other_location: bool = False
    """Whether failed rows of one location may go into another."""
    accept_rewritten: bool = False
    """Import cells of a corrected file although a spreadsheet seems to have rewritten them."""
    concurrency: int | None = None
    fresh: bool = False
    changed_only: bool = False
    compare: bool = False
    """Compare each row with the location's contacts first, and send only what changes something."""
    before_images: bool = False
    """Read each contact before it is updated; a run that compares knows it without."""
    plan: str | None = None
    """The plan that is applied."""
    replan: bool = False
    """Decide rows of the plan anew whose contact somebody changed since."""
    over_newer: bool = False
    """Of a run that is gone on with: send rows, too, whose person a run that began later imported."""
    full_every: int | None = None
    feed: str | None = None
    """The stream of files that this one belongs to, for changed-only: a job's name; default: the mapping's path."""
    stop_after_failures: FailureLimit | None = None
    wait_for_quota: bool = False
    send_window: OpenHours | None = None
    """When rows may be sent, by each location's own clock; outside of it the run waits."""
    max_requests: int | None = None
    verify_share: float = 0.0
    allow_transforms: bool = False
    report_details: bool = False
    fetched: Mapping[str, Path] = field(default_factory=dict)
    """The files that stand for sources which are locations, while they are read."""
    metrics_file: Path | None = None
