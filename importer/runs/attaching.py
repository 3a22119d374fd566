"""Files that rows name for custom fields: looked for where the mapping allows, told by content, and put into the rows once they are uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from importer.errors import SettingsError
from importer.highlevel.catalog import Catalog
from importer.highlevel.equality import FILE_UPLOAD
from importer.highlevel.files import ACCEPTED, LARGEST_BYTES, StoredFile, file_value, references_in, wanted
from importer.mapping import Mapping as FieldMapping
from importer.mapping.compiled.columns import fault_of
from importer.mapping.compiled.program import failed
from importer.mapping.custom_targets import fields_named
from importer.mapping.language.model import FileOrigins
from importer.mapping.values.fault import ValueFault
from importer.records import Fault, FileContent, Json, Outcome, Record, source_of, value_type
from importer.runs.resolving import Catalogs
from importer.sources import StagedSource, is_url
from importer.sources.archives import member_named
from importer.sources.attachments import Attachments
from importer.sources.locations import location_named
from importer.state.memory.uploads import KnownUploads, UploadKey

_REMEMBERED: Final = 10_000

Found: TypeAlias = "tuple[str, StoredFile] | Fault | None"
"""A file's name and what the vendor has of it; why it cannot be had; or nothing is known of it yet."""


Alter: TypeAlias = Callable[[Record | Outcome], Record | Outcome]


@value_type(frozen=True, slots=True, kw_only=True)
class FileField:
    """A custom field of files, and the rule that fills it."""

    location_id: str
    id: str
    rule: str
    """As the mapping calls it."""
    header: str
    drop: bool
    accepts: tuple[str, ...]


class FilePlace(Protocol):
    """Where the files of one source's rows come from."""

    def look(self, reference: str) -> Fault | None:
        """Tell what is wrong with a reference as far as can be seen without a network."""
        ...

    def load(self, reference: str) -> FileContent | Fault:
        """Read a file whole, or say why it cannot be."""
        ...

    def sum_up(self, reference: str) -> tuple[str, str] | Fault:
        """Give a file's name and the digest of what it holds, or say why it cannot be had."""
        ...

    def accepting(self, suffixes: tuple[str, ...]) -> FilePlace:
        """Give the same for a field that takes files of these suffixes alone."""
        ...


def origins_of(
    model: FileOrigins, sources: Sequence[StagedSource], working_folder: Path
) -> tuple[Attachments, ...]:
    """Say for each source where its files may come from."""
    return tuple(
        Attachments(
            folder=_folder_of(model, source.reference, working_folder),
            hosts=frozenset(model.hosts),
            largest=LARGEST_BYTES,
        )
        for source in sources
    )


def lie_beside(model: FileOrigins) -> bool:
    """Tell whether paths in cells lead to files beside the source, which one machine has, and not to a folder that all may have."""
    return model.folder is None or not Path(model.folder).is_absolute()


def _folder_of(model: FileOrigins, reference: str, working_folder: Path) -> Path | None:
    """Find the folder that a source lies in; what came by an address or a pipe has none of its own."""
    if reference == "-" or is_url(reference) or location_named(reference):
        return working_folder / model.folder if model.folder and Path(model.folder).is_absolute() else None
    place = working_folder / reference
    member = member_named(place)
    # Of one that is gone, or was another machine's, no folder above it is taken for its own: cells would reach what is there.
    folder = place.parent if member is None else member[0].parent
    return folder / (model.folder or ".")


class Attaching:
    """The files of a run's rows; ``origins`` are those of its sources, in order."""

    def __init__(self, mapping: FieldMapping, catalogs: Catalogs, origins: Sequence[FilePlace]) -> None:
        met = (each for each in catalogs.values() if isinstance(each, Catalog))
        self._fields = {field.id: field for each in met for field in _file_fields(mapping, each)}
        self._origins = origins
        self._looks: dict[tuple[int, str], Fault | None] = {}
        self._digests: dict[tuple[int, str], tuple[str, str] | Fault] = {}
        self.uploaded: Callable[[FileField, str], bool] = lambda _field, _reference: False
        """Whether the run has a file already: it need not be there any more."""

    def refuse_unnamed(self, model: FileOrigins) -> None:
        """Raise SettingsError where a location has fields of files that the mapping does not name: nobody brought what rows name for them."""
        if unnamed := sorted({field.rule for field in self._fields.values()} - {*model.fields}):
            raise SettingsError(
                f"Rows name files for the custom field {unnamed[0]!r}, which lie beside the source, and were not taken along when "
                f"the run was submitted. Say that it holds files, and submit anew: files: {{fields: [{', '.join(unnamed)}]}}; or put "
                "them where all machines find them: files: {folder: /path/on/all/machines}; or import with importer run."
            )

    @property
    def location_ids(self) -> frozenset[str]:
        """The locations that have such fields."""
        return frozenset(field.location_id for field in self._fields.values())

    def looked(self, item: Record | Outcome) -> Record | Outcome:
        """Fail a row whose files can be seen to be missing, or forbidden; nothing is read."""
        return self.filled(
            item,
            lambda field, source, reference: (
                None if self.uploaded(field, reference) else self._look(source, reference)
            ),
        )

    def known(self, uploads: KnownUploads) -> Alter:
        """Make what puts in files whose content was uploaded before; what is behind an address is not read for that."""

        def find(field: FileField, source: int, reference: str) -> Found:
            summed = self._sum_up(source, reference)
            if summed is None or isinstance(summed, Fault):
                return summed
            name, digest = summed
            key = UploadKey(location_id=field.location_id, field_id=field.id, digest=digest)
            known = uploads.find(key)
            return (
                None if known is None or known.stored is None else (name, StoredFile.from_text(known.stored))
            )

        return lambda item: self.filled(item, find)

    def digested(self, item: Record | Outcome) -> Record | Outcome:
        """Write beside each path what its content is, so that a row of another content is another row."""
        item = self.looked(item)
        if isinstance(item, Outcome) or not self._names_files(item):
            return item
        custom = [(field_id, self._digested(item, value)) for field_id, value in item.custom_fields]
        return replace(item, custom_fields=tuple(custom), upsert=None)

    def load(self, field: FileField, source: int, reference: str) -> FileContent | Fault:
        """Read a file whole. It may take long."""
        return self._origins[source].accepting(field.accepts).load(reference)

    def digest_of(self, source: int, reference: str) -> str | None:
        """Give what a file's content is, where it was read already."""
        found = self._digests.get((source, reference))
        return found[1] if isinstance(found, tuple) else None

    def named(self, record: Record) -> Iterator[tuple[FileField, str]]:
        """Yield the files that a record names and does not hold yet."""
        for field_id, value in record.custom_fields:
            if (field := self._fields.get(field_id)) is not None:
                yield from ((field, reference) for reference in references_in(value))

    def filled(
        self, item: Record | Outcome, find: Callable[[FileField, int, str], Found]
    ) -> Record | Outcome:
        """Put files into a row, as far as they are known; a row fails for one that cannot be had, unless its rule drops it."""
        if isinstance(item, Outcome) or not self._names_files(item):
            return item
        faults: list[Fault] = []
        custom: list[tuple[str, Json]] = []
        for field_id, value in item.custom_fields:
            field = self._fields.get(field_id)
            references = references_in(value) if field is not None else ()
            if field is None or not references:
                custom.append((field_id, value))
                continue
            found = [find(field, source_of(item.row), reference) for reference in references]
            if wrong := [each for each in found if isinstance(each, Fault)]:
                faults += [_at(each, field) for each in wrong]
                continue
            files = [each for each in found if isinstance(each, tuple)]
            custom.append((field_id, file_value(files) if len(files) == len(found) else value))
        if any(fault.fails for fault in faults):
            return failed(item.row, item.location_id, (*item.warnings, *faults))
        return replace(item, custom_fields=tuple(custom), warnings=(*item.warnings, *faults), upsert=None)

    def _names_files(self, record: Record) -> bool:
        return bool(self._fields) and any(
            field_id in self._fields and references_in(value) for field_id, value in record.custom_fields
        )

    def _look(self, source: int, reference: str) -> Fault | None:
        place = (source, reference)
        if place not in self._looks:
            if len(self._looks) > _REMEMBERED:
                self._looks.clear()
            self._looks[place] = self._origins[source].look(reference)
        return self._looks[place]

    def _sum_up(self, source: int, reference: str) -> tuple[str, str] | Fault | None:
        """Give name and digest of a file of this machine; None for one behind an address."""
        if (fault := self._look(source, reference)) is not None or is_url(reference):
            return fault
        place = (source, reference)
        if place not in self._digests:
            if len(self._digests) > _REMEMBERED:
                self._digests.clear()
            self._digests[place] = self._origins[source].sum_up(reference)
        return self._digests[place]

    def _digested(self, record: Record, value: Json) -> Json:
        references = references_in(value)
        summed = [self._sum_up(source_of(record.row), reference) for reference in references]
        digests = [each[1] if isinstance(each, tuple) else "" for each in summed]
        return wanted(references, digests) if references else value


def _file_fields(mapping: FieldMapping, catalog: Catalog) -> Iterator[FileField]:
    for name, rule in mapping.model.custom_fields.items():
        for held in fields_named(name, catalog.custom_fields):
            if held.data_type == FILE_UPLOAD:
                yield FileField(
                    location_id=catalog.location_id,
                    id=held.id,
                    rule=name,
                    header=" or ".join(rule.headers) or name,
                    drop=rule.on_invalid == "drop" and not rule.required,
                    accepts=held.accepts or ACCEPTED,
                )


def _at(fault: Fault, field: FileField) -> Fault:
    """Say a fault with its column; where the rule drops what is not valid, it is a warning."""
    return fault_of(ValueFault(fault.code, fault.message), field.header, drop=field.drop)
