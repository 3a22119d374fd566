"""A migration file: which mapping takes which files of a folder, and in what order, by what depends on what."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal

from importer.errors import MappingError, SettingsError, SourceError
from importer.mapping import Mapping, load_mapping
from importer.mapping.language.scalars import one_or_more
from importer.mapping.ready import migration_path, nearest_migration, placed
from importer.records import RowObject, value_type
from importer.runtime.counting import counted
from importer.sources.names import is_taken
from importer.yaml.document import parse
from importer.yaml.section import NonEmptyText, NotEmpty, Section, WithJsonSchema, key

ORDER: Final = (RowObject.COMPANY, RowObject.CONTACT, RowObject.OPPORTUNITY, RowObject.NOTE, RowObject.TASK)
"""What is linked to comes before what links to it."""


class StepRule(Section):
    """One kind of file, and the mapping that takes it."""

    files: one_or_more(NonEmptyText) = key(  # type: ignore[valid-type]
        description="The files, by name or pattern (`deals*.csv`) within the folder, whatever their case."
    )
    mapping: NonEmptyText = key(
        description="Their mapping: a file, by its path from this one, or the name of a ready mapping."
    )


class MigrationFile(Section):
    """What a folder of exports holds."""

    version: Annotated[Literal["1"], WithJsonSchema({"const": 1})] = key(description="The form's version: 1.")
    steps: Annotated[tuple[StepRule, ...], NotEmpty()] = key(
        description="The kinds of files. Companies go before contacts, and these before deals, notes and tasks, however they "
        "are written here."
    )


@value_type(frozen=True, slots=True, kw_only=True)
class MigrationStep:
    """The files of one mapping; they are one run."""

    mapping: Mapping
    path: Path
    """The mapping's, as a command names it."""
    files: tuple[Path, ...]

    @property
    def row_object(self) -> RowObject:
        return self.mapping.row_object

    @property
    def names(self) -> str:
        return ", ".join(file.name for file in self.files)

    def depends_on(self, earlier: MigrationStep) -> bool:
        """Tell whether it is of use only where an earlier step stored something."""
        if self.row_object.beside:
            return earlier.row_object is RowObject.CONTACT
        links = self.row_object is RowObject.CONTACT and self.mapping.model.company is not None
        return links and earlier.row_object is RowObject.COMPANY


@value_type(frozen=True, slots=True, kw_only=True)
class Migration:
    """The steps over one folder, in order, and the files of the folder that none of them takes."""

    folder: Path
    steps: tuple[MigrationStep, ...]
    left: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Patterns that no file of the folder has."""

    @property
    def notes(self) -> Iterator[str]:
        """Say what of folder and file was not taken."""
        if self.missing:
            yield f"No file of {self.folder} is called {' or '.join(self.missing)}: nothing of that kind is imported."
        if self.left:
            yield f"Left alone, since no step takes them: {', '.join(self.left)}."


def load_migration(named: str | os.PathLike[str], folder: Path) -> Migration:
    """Read a migration file, or the ready one of that name, over a folder.

    Raises SettingsError and MappingError with every fault, and SourceError where the folder holds none of the files.
    """
    path = migration_path(named)
    rules = _read(path, named).steps
    names = _files_in(folder)
    taken = [_matching(rule.files, names) for rule in rules]
    if twice := sorted(name for name in names if sum(name in found for found in taken) > 1):
        raise SettingsError(f"{path}: two steps take {twice[0]}. Make their patterns narrower.")
    if not any(taken):
        patterns = ", ".join(pattern for rule in rules for pattern in rule.files)
        raise SourceError(f"{folder} holds no file that {path} names ({patterns}).")
    steps = [_step(rule, found, path, folder) for rule, found in zip(rules, taken, strict=True) if found]
    return Migration(
        folder=folder,
        steps=tuple(sorted(steps, key=lambda step: ORDER.index(step.row_object))),
        left=tuple(name for name in names if not any(name in found for found in taken)),
        missing=tuple(", ".join(rule.files) for rule, found in zip(rules, taken, strict=True) if not found),
    )


def _read(path: Path, named: str | os.PathLike[str]) -> MigrationFile:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"The migration {path} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as cause:
        raise SettingsError(
            f"The migration {path} cannot be read: {cause.strerror}.{nearest_migration(named)}"
        ) from None
    parsed = parse(text, MigrationFile)
    if parsed.value is None:
        faults = tuple(fault.at(str(path)) for fault in parsed.faults)
        raise MappingError(f"The migration has {counted(len(faults), 'fault')}.", faults=faults)
    return parsed.value


def _files_in(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(
            sorted(place.name for place in folder.iterdir() if place.is_file() and is_taken(place.name))
        )
    except OSError as cause:
        raise SourceError(f"The folder {folder} cannot be looked into: {cause.strerror}.") from None


def _matching(patterns: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)
    )


def _step(rule: StepRule, found: Sequence[str], path: Path, folder: Path) -> MigrationStep:
    mapping = placed(rule.mapping, path.parent)
    return MigrationStep(
        mapping=load_mapping(mapping), path=mapping, files=tuple(folder / name for name in found)
    )
