"""Files that rows name beside their source, on their way to whoever works on a part: kept once each by what they hold.

Each part has a list of its own: what its rows call a file, and the digest of what it held when the run was submitted, or why it
could not be had.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from importer.parts.part_rows import line_of, lines_in
from importer.parts.splitting import PartWriter
from importer.records import Fault, FileContent, Json, Record, limited, value_type
from importer.runs.attaching import FilePlace
from importer.runs.intake import Intake
from importer.sources import is_url
from importer.sources.attached import attachment

Listed: TypeAlias = "str | Fault"
"""The digest of a file, or why it cannot be had."""
Keep: TypeAlias = Callable[[FileContent], None]

_MOST_KNOWN: Final = 100_000
"""Names of files that are remembered, so that one that many rows name is read and listed once; what is listed again, of very many,
is read again to the same end."""


@value_type(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One line of a part's list. ``source``: the source's place among those of the run."""

    source: int
    reference: str
    found: Listed

    def to_line(self) -> bytes:
        found = self.found
        said: Json = found if isinstance(found, str) else [found.code, found.message]
        return line_of([self.source, self.reference, said])


def list_attached(
    intakes: Sequence[Intake],
    origins: Sequence[FilePlace],
    folder: Path,
    keep: Keep,
    *,
    keep_going: Callable[[], None] = lambda: None,
    most_known: int = _MOST_KNOWN,
) -> None:
    """Write the list of each part to a file in ``folder``, and give each file to ``keep``, which keeps what it holds once.

    All rows are looked at, those too that end without being sent: who is whose duplicate is decided elsewhere.
    """
    writer = PartWriter(folder)
    for index, (intake, origin) in enumerate(zip(intakes, origins, strict=True)):
        for location in intake.bound.location_rows:
            writer.append(location, [])  # one without files has a list, too
        known: dict[str, Listed] = {}
        listed: set[tuple[str, str]] = set()
        named = intake.bound.files_named()
        for record in _records(intake, keep_going):
            for reference in named(record):
                place = (record.location_id, reference)
                if is_url(reference) or place in listed:
                    continue
                if len(listed) >= most_known:
                    listed.clear()
                    known.clear()
                listed.add(place)
                if (found := known.get(reference)) is None:
                    found = known[reference] = _kept(origin, reference, keep)
                line = ListedFile(source=index, reference=reference, found=found).to_line()
                writer.append(record.location_id, [line])
    writer.flush()


def _records(intake: Intake, keep_going: Callable[[], None]) -> Iterator[Record]:
    for block in limited(intake.source.blocks(), intake.rows):
        keep_going()
        yield from (item for item in intake.bound.read(block) if isinstance(item, Record))


def _kept(origin: FilePlace, reference: str, keep: Keep) -> Listed:
    file = origin.load(reference)
    if isinstance(file, Fault):
        return file
    keep(file)
    return file.digest


def read_list(path: Path) -> Iterator[ListedFile]:
    """Read the list of a part. Raises StateError."""
    for source, reference, said in lines_in(path):
        found = said if isinstance(said, str) else Fault(code=said[0], message=said[1])
        yield ListedFile(source=source, reference=reference, found=found)


def look_again(location: str, path: Path, origins: Sequence[FilePlace], folder: Path, keep: Keep) -> None:
    """Look once more for what a part could not have; its list is written to ``folder`` where anything came of it."""
    listed = tuple(read_list(path))
    anew = tuple(
        each
        if isinstance(each.found, str)
        else replace(each, found=_kept(origins[each.source], each.reference, keep))
        for each in listed
    )
    if anew != listed:
        writer = PartWriter(folder)
        writer.append(location, [each.to_line() for each in anew])
        writer.flush()


def origins_of_part(
    path: Path, content: Callable[[str], bytes], elsewhere: Sequence[FilePlace]
) -> tuple[PartFiles, ...]:
    """Give where the files of each source's rows are, as the list of a part has them. Raises StateError.

    ``content``: brings what is kept under a digest. ``elsewhere``: where addresses lead.
    """
    listed: list[dict[str, Listed]] = [{} for _ in elsewhere]
    for each in read_list(path):
        listed[each.source][each.reference] = each.found
    return tuple(PartFiles(files, content, other) for files, other in zip(listed, elsewhere, strict=True))


class PartFiles:
    """The files that the rows of one source name in one part. Satisfies ``FilePlace``."""

    def __init__(
        self, listed: Mapping[str, Listed], content: Callable[[str], bytes], elsewhere: FilePlace
    ) -> None:
        self._listed = listed
        self._content = content
        self._elsewhere = elsewhere

    def look(self, reference: str) -> Fault | None:
        if is_url(reference):
            return self._elsewhere.look(reference)
        found = self._listed.get(reference)
        if found is None:
            return Fault(
                code="file_not_found", message=f"{reference!r} was not taken along when the run was submitted"
            )
        return found if isinstance(found, Fault) else None

    def load(self, reference: str) -> FileContent | Fault:
        if is_url(reference):
            return self._elsewhere.load(reference)
        summed = self.sum_up(reference)
        if isinstance(summed, Fault):
            return summed
        name, digest = summed
        return attachment(name, self._content(digest), mimetypes.guess_type(name)[0])

    def sum_up(self, reference: str) -> tuple[str, str] | Fault:
        if is_url(reference):
            return self._elsewhere.sum_up(reference)
        if (fault := self.look(reference)) is not None:
            return fault
        return PurePosixPath(reference.replace("\\", "/")).name, str(self._listed[reference])

    def accepting(self, suffixes: tuple[str, ...]) -> PartFiles:
        return PartFiles(self._listed, self._content, self._elsewhere.accepting(suffixes))
