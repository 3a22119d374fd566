"""The list of rows that share a key: the sources are read once more, for those rows alone, and only where there are any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from importer.mapping import Mapping as ContactMapping
from importer.mapping.language.people import SharedKeyPolicy
from importer.reading import Source
from importer.records import Block, Outcome, Record, RowId, Status, limited, row_id
from importer.results.files import RunFiles, replacing
from importer.results.same_contact import SameContact
from importer.results.same_contact_file import FILE_NAME, write_same_contact
from importer.runs.intake import SurveyOptions
from importer.state.memory import PersonCells, SameContacts

Ends = Callable[[RowId, RowId], Iterable[Outcome]]
"""Gives the outcomes of a stretch of rows, as far as there are any."""


def count_same_contacts(links: SameContacts) -> SameContact:
    """Count what was noted."""
    return SameContact(**links.counts()._asdict())


def rows_in_groups(links: SameContacts, sources: Sequence[Source], limit: int | None) -> Iterator[Block]:
    """Read the sources once more, for the rows that are in a group alone."""
    for source in sources:
        for block in limited(source.blocks(), limit):
            limit = None if limit is None else limit - len(block)
            wanted = _only(block, links)
            if len(wanted):
                yield wanted


def list_same_contacts(
    links: SameContacts,
    sources: Sequence[Source],
    mapping: ContactMapping,
    options: SurveyOptions,
    *,
    ends: Ends,
    unsettled: Status | str,
    folder: Path,
    files: RunFiles | None = None,
) -> SameContact:
    """Write ``same-contact.csv`` into a folder where any rows share a key; beside one that somebody changed.

    ``unsettled``: what rows are that have no outcome. ``files``: what was written into the folder before.
    """
    counted, path = count_same_contacts(links), folder / FILE_NAME
    if not counted.groups:
        return counted
    people = _people(links, sources, mapping, options, ends=ends, unsettled=str(unsettled))
    write_same_contact(
        links.list_rows(people),
        path,
        sources=[source.name for source in sources],
        left_out=mapping.model.match.shared_key is SharedKeyPolicy.LEAVE_OUT,
        replacing=replacing if files is None else files.replacing,
    )
    return replace(counted, path=path if files is None else files.place_of(path))


def _people(
    links: SameContacts,
    sources: Sequence[Source],
    mapping: ContactMapping,
    options: SurveyOptions,
    *,
    ends: Ends,
    unsettled: str,
) -> Iterator[PersonCells]:
    left = options.limit
    for source in sources:
        draft = mapping.surveyor(
            source.header,
            location_id=options.location_id,
            today=options.today,
            allow_transforms=options.allow_transforms,
        ).draft
        for block in limited(source.blocks(), left):
            left = None if left is None else left - len(block)
            wanted = _only(block, links)
            if not len(wanted):
                continue
            ended = {each.row: each for each in ends(_row(wanted, 0), _row(wanted, -1))}
            yield from (_cells(each, ended, unsettled) for each in draft.map(wanted))


def _only(block: Block, links: SameContacts) -> Block:
    """Take the rows that are in a group out of a block."""
    rows = links.rows(_row(block, 0), _row(block, -1)) if len(block) else set()
    base = row_id(block.source, 0)
    kept = [at for at, number in enumerate(block.numbers) if base | number in rows]
    return Block(
        source=block.source,
        numbers=[block.numbers[at] for at in kept],
        rows=[block.rows[at] for at in kept],
    )


def _row(block: Block, at: int) -> RowId:
    return row_id(block.source, block.numbers[at])


def _cells(mapped: Record | Outcome, ended: Mapping[RowId, Outcome], unsettled: str) -> PersonCells:
    end = ended.get(mapped.row)
    becomes = unsettled if end is None else _becomes(end)
    if isinstance(mapped, Outcome):
        return PersonCells(mapped.row, "", "", "", becomes)
    said = {name: str(mapped.fields.get(name) or "") for name in ("firstName", "lastName", "email", "phone")}
    name = f"{said['firstName']} {said['lastName']}".strip() or str(mapped.fields.get("name") or "")
    return PersonCells(mapped.row, name, said["email"], said["phone"], becomes)


def _becomes(end: Outcome) -> str:
    return f"{end.status} ({end.code})" if end.code and end.status is not Status.CREATED else str(end.status)
