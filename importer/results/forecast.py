"""What a run would do, known without sending: counted while the rows pass by, then told as JSON, text or report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

from importer.highlevel.additions import COMPANY, calls_beside
from importer.highlevel.companies import LINK_LIMIT
from importer.records import Block, Json, Outcome, Record, RowObject, row_id, value_type
from importer.results.commands import UNSAID, NextCommands
from importer.results.lifts import Lifts
from importer.results.same_contact import NO_ROWS, SameContact
from importer.results.similar import SimilarRows
from importer.results.summary import SourceSummary, group_json, moment
from importer.results.tally import CodeGroup, Tally


@value_type(frozen=True, slots=True, kw_only=True)
class LocationForecast:
    """What a run would ask of one location; ``daily_share`` is its part of the daily allowance, 1.5 is a day and a half."""

    rows: int
    requests: int
    seconds: float
    daily_share: float


@value_type(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the location's own duplicate search said of a sample of the rows."""

    asked: int
    found: int

    @property
    def updated_share(self) -> float:
        return self.found / self.asked if self.asked else 0.0


@value_type(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run would do. ``ready + skipped + failed == rows_read``, always."""

    rows_read: int
    """All rows of the sources, blank ones aside."""
    row_object: RowObject = RowObject.CONTACT
    """What each row becomes: a contact, or something else that the mapping's ``object`` names."""
    ready: int
    """Rows that a run would send."""
    skipped: int
    """Rows that the mapping leaves out, or that are no contacts."""
    failed: int
    """Rows that a run would not send, as they stand."""
    duplicates: int
    """Rows of a person who has another row before them in the same import."""
    updates_again: int = 0
    """Rows that go to the contact of a row before them."""
    warnings: int
    """Warnings given; ``rows_with_warnings`` counts the rows that carry them."""
    rows_with_warnings: int
    """Rows that carry any."""
    requests: int
    """Calls that the run needs at most."""
    seconds: float
    """How long it takes at the vendor's quota."""
    daily_share: float
    """Of the location that needs most of its daily allowance."""
    days: int = 1
    """Over how many days the daily allowance spreads it."""
    errors_by_code: Mapping[str, int]
    """Failing rows by their code."""
    locations: Mapping[str, LocationForecast] = field(default_factory=dict)
    """What is asked of each location, by its id."""
    expected: Expected | None = None
    """What the location's own search said of a sample of rows; None: it was not asked."""
    lifts: Lifts = Lifts()
    """Rows that switch do-not-disturb off."""
    same_contact: SameContact = NO_ROWS
    """Rows that share an e-mail or a phone."""
    similar: SimilarRows | None = None
    """Rows that may be of one person; None: nobody looked."""
    errors: Sequence[CodeGroup] = field(default=(), repr=False)
    """Why rows fail, by code, each with its first rows."""
    warning_groups: Sequence[CodeGroup] = field(default=(), repr=False)
    """What rows are warned of, likewise."""
    skip_groups: Sequence[CodeGroup] = field(default=(), repr=False)
    """Why rows are skipped, likewise."""
    overlooked: Sequence[str] = ()
    """What the mapping leaves out that a careful person would ask about; sentences without anybody's values."""
    unchecked: Sequence[str] = ()
    """What a location alone knows and could not be asked for, each with the reason."""
    new_tags: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Tags that the location does not have yet, with their rows, the most frequent first."""
    sources: Sequence[SourceSummary] = ()
    """What was read, file by file."""
    mapping: str = ""
    """The mapping's file, as it was named."""
    mapping_fingerprint: str = ""
    """Two mappings that mean the same have the same one."""
    base_url: str = ""
    """The address of the API."""
    sandbox: bool = False
    """Whether it is for a stand-in."""
    made_at: float = 0.0
    """When, in seconds since 1970."""
    tool_version: str = ""
    """The version of this program."""
    commands: NextCommands = UNSAID
    """How the run that it foretells is said."""
    first_time: bool = False
    """No run went by this mapping before, in the place that it goes to."""

    @property
    def exit_code(self) -> int:
        """0 no row would fail, 1 some would."""
        return 1 if self.failed else 0

    def to_json(self) -> dict[str, Json]:
        """Write the forecast for programs; names that a summary has too mean the same."""
        return {
            "source": ", ".join(source.reference for source in self.sources),
            "doubts": [f"{source.name}: {doubt}" for source in self.sources for doubt in source.doubts],
            "rows_read": self.rows_read,
            "ready": self.ready,
            "skipped": self.skipped,
            "failed": self.failed,
            "duplicates": self.duplicates,
            "same_contact": self.same_contact.to_json(),
            **({} if self.similar is None else {"similar": self.similar.to_json()}),
            "warnings": self.warnings,
            "rows_with_warnings": self.rows_with_warnings,
            "requests": self.requests,
            "seconds": round(self.seconds, 1),
            "daily_share": round(self.daily_share, 4),
            "days": self.days,
            "errors_by_code": dict(self.errors_by_code),
            "errors": group_json(self.errors),
            "warnings_by_code": {group.code: group.rows for group in self.warning_groups},
            "skipped_by_code": {group.code: group.rows for group in self.skip_groups},
            "locations": {name: _location(part) for name, part in self.locations.items()},
            "expected": self._expected(),
            "lifts": self.lifts.to_json(),
            "overlooked": list(self.overlooked),
            "unchecked": list(self.unchecked),
            "new_tags": dict(self.new_tags),
            "mapping": self.mapping,
            "mapping_sha256": self.mapping_fingerprint,
            "made_at": moment(self.made_at),
            "version": self.tool_version,
        }

    @property
    def expected_updates(self) -> int:
        """Rows that would update a contact: one that the location knows, or one that a row before them made or met."""
        known = 0.0 if self.expected is None else self.expected.updated_share
        again = min(self.updates_again, self.ready)
        return again + round((self.ready - again) * known)

    def _expected(self) -> Json:
        if self.expected is None:
            return None
        updated = self.expected_updates
        return {
            "asked": self.expected.asked,
            "found": self.expected.found,
            "created": self.ready - updated,
            "updated": updated,
        }


class Foresight:
    """Count mapped rows, a block at a time and in source order. ``headers`` holds the header of each source."""

    def __init__(self, headers: Sequence[Sequence[str]], *, keep: int = 5) -> None:
        self.tally = Tally(headers, keep=keep)
        self.location_rows: Counter[str] = Counter()
        self.source_rows: Counter[int] = Counter()
        self._calls_beside: Counter[str] = Counter()
        self._companies: dict[str, set[int]] = {}
        self.uploads: Mapping[str, int] = {}
        """Files that are uploaded before the rows that name them are sent, by location."""

    def see(self, block: Block, mapped: Sequence[Record | Outcome]) -> None:
        """Count a block beside what the mapping made of each of its rows."""
        self.source_rows[block.source] += len(block)
        for number, cells, made in zip(block.numbers, block.rows, mapped, strict=True):
            row = row_id(block.source, number)
            if isinstance(made, Outcome):
                self.tally.see(row, made, cells)
                continue
            self.location_rows[made.location_id] += 1
            if made.additions:
                self._see_beside(made)
            if made.warnings:
                self.tally.warn(row, made.warnings, cells)

    def _see_beside(self, record: Record) -> None:
        self._calls_beside[record.location_id] += calls_beside(
            each for each in record.additions if each.kind != COMPANY
        )
        named = {
            hash(str(each.content["name"]).casefold()) for each in record.additions if each.kind == COMPANY
        }
        self._companies.setdefault(record.location_id, set()).update(named)

    @property
    def calls_beside(self) -> dict[str, int]:
        """Calls at most for files and what rows want added beside their contacts, by location; a company's contacts share theirs."""
        calls = Counter(self._calls_beside)
        calls.update(self.uploads)
        for location, named in self._companies.items():
            shared = 1 + self.location_rows[location] // LINK_LIMIT if named else 0
            calls[location] += 2 * len(named) + shared
        return dict(calls)

    @property
    def ready(self) -> int:
        return self.location_rows.total()

    @property
    def rows_read(self) -> int:
        return self.source_rows.total()

    @property
    def skipped_duplicates(self) -> int:
        """Rows that are not sent since another row of the person is."""
        return self.tally.skips.counts["duplicate_in_file"]

    def forecast(
        self,
        *,
        locations: Mapping[str, LocationForecast],
        seconds: float,
        days: int = 1,
        expected: Expected | None = None,
        duplicates: int = 0,
        **facts: object,
    ) -> Forecast:
        """Make the forecast; ``facts`` are its further fields (sources, mapping, made_at, ...)."""
        tally, counts = self.tally, self.tally.counts
        return Forecast(
            rows_read=self.rows_read,
            ready=self.ready,
            skipped=counts.skipped,
            failed=counts.failed,
            duplicates=duplicates,
            warnings=tally.warnings.counts.total(),
            rows_with_warnings=tally.warned_rows,
            requests=sum(part.requests for part in locations.values()),
            seconds=seconds,
            days=days,
            daily_share=max((part.daily_share for part in locations.values()), default=0.0),
            errors_by_code=dict(tally.errors.counts.most_common()),
            locations=locations,
            expected=expected,
            errors=tally.errors.ranked(),
            warning_groups=tally.warnings.ranked(),
            skip_groups=tally.skips.ranked(),
            **facts,  # type: ignore[arg-type]
        )


def _location(part: LocationForecast) -> dict[str, Json]:
    return {
        "rows": part.rows,
        "requests": part.requests,
        "seconds": round(part.seconds, 1),
        "daily_share": round(part.daily_share, 4),
    }
