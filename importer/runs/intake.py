"""What is taken in: every source opened, surveyed once from end to end, and bound to the mapping."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import suppress
from dataclasses import field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from importer.errors import MappingError, SettingsError, SourceError
from importer.mapping import BoundMapping, Mapping, Surveyor
from importer.mapping.footers import FooterSurvey, skip_no_people
from importer.mapping.ready import ready_path
from importer.mapping.shared_keys import HolderStore, SharedKeys
from importer.mapping.suppressed_people import SuppressedPeople
from importer.mapping.suppression import Suppression
from importer.reading import Source, open_source
from importer.reading.selection import RowNumbers
from importer.records import Block, Outcome, Record, limited, value_type
from importer.runs.key_sharing import draft_holders
from importer.runtime import environment
from importer.settings import SANDBOX_LOCATION, Connection, ReadingOptions, RunSettings, is_location_id
from importer.sources import StagedSource, stage, stage_each
from importer.sources.corrections import correct, kept_corrections
from importer.sources.expanding import expand_sources
from importer.sources.selection import kept_rows, select

Mapped: TypeAlias = list[Record | Outcome]
Resolve: TypeAlias = Callable[[Record], Record | Outcome]
_PIECE: Final = 250
"""Rows that cross to the sending process at once: 500 take 3 MB more, and no less time."""


class RowSource(Protocol):
    """A header and numbered rows, wherever they lie; every walk over it gives the same rows."""

    @property
    def name(self) -> str: ...

    @property
    def header(self) -> tuple[str, ...]: ...

    def blocks(self, size: int = 1000) -> Iterator[Block]: ...


@value_type(frozen=True, slots=True, kw_only=True)
class Intake:
    """One source with the mapping bound to it. ``rows`` are those a run takes, after ``--limit``."""

    source: RowSource
    bound: BoundMapping
    rows: int
    no_people: MappingOf[int, str] = field(default_factory=dict, repr=False)
    """Rows that are totals, notes or headers, each with the reason: they are skipped."""

    def mapped(self) -> Iterator[Mapped]:
        """Map a block at a time, before anything is asked of a location."""
        for block in limited(self.source.blocks(_PIECE), self.rows):
            yield self.bound.settle(self._read(block))

    def pieces(
        self, resolve: Resolve, shared: SharedKeys | None = None, *, refused: bool = True
    ) -> Iterator[tuple[Block, Mapped]]:
        """Read, map and resolve anew, a block at a time, always with the same result.

        ``shared`` decides who keeps a key that several people share; without it all do, as it was before there was
        one. Without ``refused``, a row that is mapped and refused by its location's catalog comes as it is mapped.
        """
        for block in limited(self.source.blocks(_PIECE), self.rows):
            mapped = self._read(block)
            if shared is None:
                settled = self.bound.settle(mapped)
                yield block, _resolved(settled, resolve) if refused else settled
                continue
            ready = _resolved(mapped, resolve)
            # A row that is refused holds nothing, so that is known before.
            decided = shared.decide(ready)
            if not refused:
                decided = [
                    mapped[at] if isinstance(each, Outcome) else decided[at] for at, each in enumerate(ready)
                ]
            yield block, self.bound.settle(decided)

    def _read(self, block: Block) -> Mapped:
        mapped = self.bound.read(block)
        return skip_no_people(mapped, self.no_people) if self.no_people else mapped


@value_type(frozen=True, slots=True, kw_only=True)
class SourceIntake(Intake):
    """One whole source, with what was detected of it."""

    source: Source


@value_type(frozen=True, slots=True, kw_only=True)
class SurveyOptions:
    """What a survey needs beside the mapping and the source. ``today`` bounds birthdays and two-digit years."""

    location_id: str | None
    today: date
    limit: int | None = None
    allow_transforms: bool = False
    apart: bool = True
    """Whether different people with one key are kept apart; runs that older importers began go on without."""
    suppression: Suppression | None = None
    failed_rows_of: str | None = None
    """The one location whose failed rows may be imported; None: any location's."""


def choose_location(connection: Connection, mapping: Mapping) -> str | None:
    """Choose the location: the flag's, the mapping's, the environment's; None where each row names its own.

    Raises SettingsError where a flag contradicts the mapping, and for what can be no id.
    """
    if mapping.location_by_column:
        if connection.location_id is not None:
            raise SettingsError(
                "--location names one location, but the mapping takes each row's from a column. Leave out one of the two."
            )
        return None
    sandbox = SANDBOX_LOCATION if connection.sandbox else None
    found = connection.location_id or mapping.fixed_location or environment.location_id() or sandbox
    if found is not None and not is_location_id(found):
        raise SettingsError(
            f"{found!r} is no location's id. It is made of letters and digits, and stands in the address of the sub-account: "
            ".../location/ID/..."
        )
    return found


def require_destination(connection: Connection, mapping: Mapping) -> None:
    """Refuse before a large file is read what the first request would refuse anyway."""
    if connection.sandbox:
        return
    if connection.location_id is None and not mapping.location_by_column and mapping.unset_variables:
        # HIGHLEVEL_LOCATION_ID may name another client's: what the mapping names must not end up there
        unset = " and ".join(mapping.unset_variables)
        raise SettingsError(
            f"The mapping's location is {mapping.stated_location}, and {unset} is not set. Set it in the environment or in "
            "the file .env, or give --location ID (it stands in the address of the sub-account: .../location/ID/...). "
            "--sandbox needs none."
        )
    if choose_location(connection, mapping) is None and not mapping.location_by_column:
        raise SettingsError(
            "No location is named. Give --location ID, set HIGHLEVEL_LOCATION_ID, or write location: into the mapping "
            "(the id stands in the address of the sub-account: .../location/ID/...). --sandbox needs none."
        )


def stage_all(settings: RunSettings, folder: Path) -> tuple[StagedSource, ...]:
    """Copy every source that the settings name into a private folder.

    Corrections and the list of the rows that are meant are kept beside the copies. Raises SourceError.
    """
    staged: list[StagedSource] = []
    for reference in expand_sources(settings.sources):
        staged.extend(_stage(reference, folder, len(staged), settings.fetched))
    return select(correct(staged, settings.corrections), settings.rows)


def _stage(reference: str, folder: Path, index: int, fetched: MappingOf[str, Path]) -> Iterable[StagedSource]:
    if reference not in fetched:
        return stage_each(reference, folder, index)
    return (replace(stage(str(fetched[reference]), folder, index), reference=reference),)


def open_staged(staged: Sequence[StagedSource], mapping: Mapping, given: ReadingOptions) -> list[Source]:
    """Open private copies as the mapping and the flags say. Raises SourceError."""
    return [_open_one(each, mapping, given) for each in staged]


def _open_one(staged: StagedSource, mapping: Mapping, given: ReadingOptions) -> Source:
    if not staged.path.exists():
        raise SourceError(
            f"The run keeps no copy of {staged.name} any more: it is deleted when a person in it is forgotten. What the run "
            "did stays known (importer show); import the source anew with: importer run ... --fresh"
        )
    open_copy = partial(
        open_source,
        staged.path,
        index=staged.index,
        name=staged.name,
        corrections=kept_corrections(staged),
        only=kept_rows(staged),
    )
    said = mapping.reading_options(given)
    plain = replace(given, wanted_headers=said.wanted_headers)
    if said != plain:
        # What the mapping says of its source is said of the first file, not of the failed rows we made of it.
        with suppress(SourceError):
            source = open_copy(options=plain)
            if source.ours:
                return source
    return open_copy(options=said)


def survey(
    sources: Sequence[Source],
    mapping: Mapping,
    options: SurveyOptions,
    *,
    keep_going: Callable[[], None] = lambda: None,
    beat: Callable[[int], None] = lambda _rows: None,
) -> list[SourceIntake]:
    """Read every source once and bind the mapping to it; nothing is kept of the rows but counts and hashes.

    Raises SourceError when there is not one row, and MappingError where the mapping does not fit a source.

    ``keep_going`` is asked between blocks and raises to end the survey; ``beat`` is told how many rows each has.
    """
    intakes: list[SourceIntake] = []
    left = options.limit
    with draft_holders(mapping) as draft:
        store = draft if options.apart else None
        listed = options.suppression
        suppressed = None if listed is None else mapping.suppressed_people(listed)
        for source in sources:
            _refuse_strangers(source, options)
            surveyor = _lay_over(source, mapping, options, store, suppressed, sources)
            footers = FooterSurvey(source.header)
            _see_all(_watched(source.every_block(), keep_going, beat), source.only, surveyor, footers, left)
            bound = _bound(surveyor, mapping)
            left = None if left is None else left - bound.rows
            whole = source.every_block() if source.only is not None else limited(source.blocks(), bound.rows)
            no_people = footers.prove(whole)
            intakes.append(SourceIntake(source=source, bound=bound, rows=bound.rows, no_people=no_people))
        if suppressed is not None:
            suppressed.spread()
    if not any(intake.rows for intake in intakes):
        names = ", ".join(source.name for source in sources)
        raise SourceError(f"{names} has a header and no rows below it: there is nothing to import.")
    return intakes


def _watched(
    blocks: Iterable[Block], keep_going: Callable[[], None], beat: Callable[[int], None]
) -> Iterator[Block]:
    for block in blocks:
        keep_going()
        beat(len(block))
        yield block


def _see_all(
    blocks: Iterator[Block],
    only: RowNumbers | None,
    surveyor: Surveyor,
    footers: FooterSurvey,
    limit: int | None,
) -> None:
    """Show the surveys every row of a source. Raises SourceError where it lacks one that is meant."""
    if only is not None:
        _see_meant(blocks, only, surveyor, footers, limit)
        return
    for block in limited(blocks, limit):
        surveyor.see(block)
        footers.see(block)


def _see_meant(
    blocks: Iterator[Block],
    only: RowNumbers,
    surveyor: Surveyor,
    footers: FooterSurvey,
    limit: int | None,
) -> None:
    met = array("L")
    for block in blocks:
        footers.see(block)
        meant = only.among(block)
        # Three rows alone may leave open which is the month; those around them tell.
        surveyor.see_writing(block.only(_others(meant, len(block))))
        met.extend(block.numbers[place] for place in meant)
        room = len(meant) if limit is None else min(limit, len(meant))
        limit = None if limit is None else limit - room
        if room:
            surveyor.see(block.only(meant[:room]))
    if lacking := only.lacking(met):
        shown = ", ".join(map(str, lacking[:8])) + (f" and {len(lacking) - 8:,} more" if lacking[8:] else "")
        raise SourceError(
            f"The source has no row {shown}, or it is blank; rows are counted as a spreadsheet does. Nothing was sent: "
            "take it out of the list of --rows."
        )


def _others(places: Sequence[int], count: int) -> list[int]:
    taken = set(places)
    return [place for place in range(count) if place not in taken]


def _resolved(mapped: Mapped, resolve: Resolve) -> Mapped:
    return [resolve(item) if isinstance(item, Record) else item for item in mapped]


def _refuse_strangers(source: Source, options: SurveyOptions) -> None:
    """Refuse failed rows of another location: its clients would become this one's contacts. Raises SettingsError."""
    wanted = options.failed_rows_of
    if wanted is None or not source.ours:
        return
    if others := sorted(source.noted_locations() - {wanted}):
        raise SettingsError(
            f"{source.name} holds rows of location {', '.join(others[:3])} (its column import_location_id), and this "
            f"import goes into {wanted}; nothing was sent. Name their own with --location, or insist with "
            "--into-other-location."
        )


def _lay_over(
    source: Source,
    mapping: Mapping,
    options: SurveyOptions,
    store: HolderStore | None,
    suppressed: SuppressedPeople | None,
    all_of: Sequence[Source],
) -> Surveyor:
    try:
        return _surveyor(source, mapping, options, store, suppressed)
    except MappingError as fault:
        if len(all_of) == 1:
            raise
        fitting = [other.name for other in all_of if _fits(other, mapping, options)]
        hint = f" It fits {_listed(fitting)}: name only what is meant." if fitting else ""
        raise MappingError(f"{source.name}: {fault.args[0]}{hint}", faults=fault.faults) from None


def _bound(surveyor: Surveyor, mapping: Mapping) -> BoundMapping:
    """Bind the mapping; where it is one of ours and leaves something open, say how to change a copy of it."""
    try:
        return surveyor.bind()
    except MappingError as fault:
        if ready_path(mapping.name) is None:
            raise
        copy = (
            f"Write a copy that can be changed: importer mappings {mapping.name} > my.yaml, then -m my.yaml."
        )
        raise MappingError(f"{fault.args[0]} {copy}", faults=fault.faults) from None


def _surveyor(
    source: Source,
    mapping: Mapping,
    options: SurveyOptions,
    store: HolderStore | None = None,
    suppressed: SuppressedPeople | None = None,
) -> Surveyor:
    return mapping.surveyor(
        source.header,
        location_id=options.location_id,
        today=options.today,
        allow_transforms=options.allow_transforms,
        draft_store=store,
        suppressed=suppressed,
    )


def _fits(source: Source, mapping: Mapping, options: SurveyOptions) -> bool:
    try:
        _surveyor(source, mapping, options)
    except MappingError:
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def count_rows(sources: Sequence[Source], limit: int | None) -> int:
    """Count the rows that a run over these sources takes."""
    rows = sum(len(block) for source in sources for block in source.blocks())
    return rows if limit is None else min(rows, limit)
