"""The list of people who are sent nothing, read before anything is sent."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import SettingsError, SourceError
from importer.highlevel.contacts import email_key
from importer.mapping.compiled.headers import HeaderIndex
from importer.mapping.suppression import CODE, Suppression
from importer.mapping.values.emails import read_email
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.phones import read_phones
from importer.mapping.values.texts import clean
from importer.reading import Source, open_source
from importer.records import Fault, Intent, Landed, MatchKey, Outcome, RowState, value_type
from importer.results.wording import number, rows
from importer.runtime import environment
from importer.runtime.regex import regex
from importer.settings import ReadingOptions
from importer.sources import is_url, stage_each

if TYPE_CHECKING:
    from importer.mapping.language.model import MappingModel
    from importer.mapping.language.people import Suppress
    from importer.suggestion.evidence import Column

_SEVERAL: Final = regex(r"[;,|\s]+")
_NAMED: Final = 5
_FILE: Final = "suppression.sha256"


@value_type(frozen=True, slots=True, kw_only=True)
class SuppressionList:
    """A list as it was read, and what is to be said of it."""

    suppression: Suppression
    notes: tuple[str, ...] = ()


def read_suppression(model: MappingModel, mapping: Path) -> SuppressionList | None:
    """Read the list that a mapping names, beside the mapping's own file; None where it names none.

    Raises SettingsError where the list is missing, unreadable, empty, or lacks its columns.
    """
    said = model.suppress
    if said is None:
        return None
    reference = said.file if is_url(said.file) else str(mapping.parent / Path(said.file).expanduser())
    try:
        with tempfile.TemporaryDirectory(prefix="importer-") as folder:
            staged = stage_each(reference, Path(folder), 0)
            reading = ReadingOptions(password=environment.source_password(), wanted_headers=_headers(said))
            sources = [
                open_source(each.path, options=reading, index=each.index, name=each.name) for each in staged
            ]
            fingerprint = hashlib.sha256("".join(each.fingerprint for each in staged).encode()).hexdigest()
            return _ListReader(model, said).read(sources, fingerprint)
    except SourceError as cause:
        raise _unusable(said, str(cause)) from None


def _headers(said: Suppress) -> tuple[str, ...]:
    return tuple(header for headers in said.columns.values() for header in headers)


def _unusable(said: Suppress, why: str) -> SettingsError:
    return SettingsError(
        f"The suppression list {said.file} cannot be used: {why} Nothing was sent: without it, people who are to be sent "
        "nothing would be written to. Correct it, or the mapping's suppress."
    )


class _ListReader:
    """Reads one list."""

    def __init__(self, model: MappingModel, said: Suppress) -> None:
        self._said = said
        phone = model.fields.get("phone")
        regions = (said.region, phone.region if phone is not None else None, model.defaults.region)
        self._regions = tuple(dict.fromkeys(region for region in regions if region))
        self._unread: list[int] = []

    def read(self, sources: Sequence[Source], fingerprint: str) -> SuppressionList:
        keys = {key for source in sources for key in self._keys(source)}
        if not keys:
            raise _unusable(self._said, f"it names nobody by {' or '.join(self._said.on)}.")
        suppression = Suppression.of(keys, name=self._said.file, fingerprint=fingerprint)
        return SuppressionList(suppression=suppression, notes=tuple(self._notes()))

    def _notes(self) -> Iterator[str]:
        if self._unread:
            where = ", ".join(map(number, self._unread[:_NAMED])) + (
                ", ..." if len(self._unread) > _NAMED else ""
            )
            hint = (
                ""
                if self._regions
                else "; phones without a country code need suppress: region, or defaults: region"
            )
            yield (
                f"The suppression list {self._said.file}: {rows(len(self._unread))} with a value that is no e-mail or phone, "
                f"and holds nobody back by it (row {where}){hint}."
            )

    def _keys(self, source: Source) -> Iterator[str]:
        places = {key: self._places(source, key) for key in self._said.on}
        missing = [key.value for key, found in places.items() if not found]
        if missing and ("on" in self._said.given or len(missing) == len(places)):
            raise _unusable(
                self._said, f"it has no column for {' or '.join(missing)} (suppress: columns names it)."
            )
        for block in source.blocks():
            for index, (row_number, cells) in enumerate(zip(block.numbers, block.rows, strict=True)):
                # with a delimiter too many, the address stands in another column
                shifted = any(fault.fails for fault in block.faults.get(index, ()))
                looked_at = dict.fromkeys(places, tuple(range(len(cells)))) if shifted else places
                yield from self._row(row_number, cells, looked_at)

    def _row(
        self, row_number: int, cells: Sequence[str], places: dict[MatchKey, tuple[int, ...]]
    ) -> Iterator[str]:
        for key, indexes in places.items():
            for index in indexes:
                text = clean(cells[index]) if index < len(cells) else ""
                if text:
                    found = list(self._values(key, text))
                    yield from found
                    if not found and self._unread[-1:] != [row_number]:
                        self._unread.append(row_number)

    def _places(self, source: Source, key: MatchKey) -> tuple[int, ...]:
        """Find the columns of a key: those that the mapping names, else those whose header or cells say it."""
        named = self._said.columns.get(key)
        if named is None:
            return _likely_places(source, key)
        index = HeaderIndex(source.header)
        found = [index.find(header) for header in named]
        if faults := [each for each in found if not isinstance(each, int)]:
            raise _unusable(self._said, str(faults[0]))
        return tuple(each for each in found if isinstance(each, int))

    def _values(self, key: MatchKey, text: str) -> Iterator[str]:
        match key:
            case MatchKey.EMAIL:
                for part in (text, *_SEVERAL.split(text)):
                    if email := email_key(_certain(read_email(part))):
                        yield f"email:{email}"
            case MatchKey.PHONE:
                phones = _certain(read_phones(text, self._regions))
                for each in phones if isinstance(phones, list) else ():
                    if isinstance(each, dict):
                        yield f"phone:{each['phone']}"


def _certain(read: ReadValue) -> object:
    if isinstance(read, ValueFault):
        return None if read.fails else read.value
    return read


def _likely_places(source: Source, key: MatchKey) -> tuple[int, ...]:
    # it brings all that `suggest` knows, and most mappings suppress nobody
    from importer.suggestion.candidates import candidates
    from importer.suggestion.sampling import sampled_columns

    def says(column: Column) -> bool:
        # by its header alone, too: numbers that are hard to read are numbers still, and are told
        readings = (*candidates(column), *candidates(replace(column, values=())))
        return any(found.field == key.value for found in readings)

    return tuple(column.place for column in sampled_columns(source) if says(column))


def changed_since_noted(suppression: Suppression, folder: Path) -> bool:
    """Note which list a run goes by, in its own folder; tell whether it was another one before."""
    path = folder / _FILE
    before = ""
    with suppress(OSError):
        before = path.read_text(encoding="ascii", errors="replace")
    if before == suppression.fingerprint:
        return False
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(suppression.fingerprint)
    return bool(before)


def stored_before(end: Outcome, row_state: RowState | None) -> Outcome:
    """Say of a row that ends by the list what was sent of it before its person stood there."""
    if end.code != CODE:
        return end
    match row_state:
        case Landed():
            warning = Fault(
                code=CODE,
                message=f"{end.message} Nothing more is sent of it, no tag and no workflow.",
                fails=False,
            )
            return replace(
                end,
                status=row_state.status,
                contact_id=row_state.contact_id,
                code=None,
                message=None,
                warnings=(*row_state.warnings, warning),
                http_status=row_state.http_status or None,
                attempts=row_state.attempts,
                trace_id=row_state.trace_id,
            )
        case Intent():
            return replace(
                end, message=f"{end.message} It may have been sent before.", attempts=row_state.attempts
            )
        case _:
            return end
