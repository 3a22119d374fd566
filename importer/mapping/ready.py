"""The mappings that come with the package: `-m hubspot` names one wherever a mapping file is taken."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.records import value_type
from importer.runtime.installation import shipped_folder
from importer.runtime.regex import regex

SCHEMA_NAME: Final = "mapping.schema.json"
_SUFFIX: Final = ".yaml"
_MIGRATIONS: Final = "migrations"
_COMMENT: Final = regex(r"^# (?!yaml-language-server)(.*)$", re.MULTILINE)


@value_type(frozen=True, slots=True, kw_only=True)
class ReadyMapping:
    """One of them: the program it is for, and the export of it."""

    name: str
    title: str
    export: str
    """How the file is had from that program, and what to know of it."""
    path: Path

    @property
    def migrates(self) -> bool:
        """Whether it is no mapping, but says which mapping takes which file."""
        return self.path.parent.name == _MIGRATIONS

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


def mappings_folder() -> Path:
    """Find the folder of ready mappings, with their schema for editors. Raises SettingsError."""
    return shipped_folder("mappings")


def ready_mappings() -> tuple[ReadyMapping, ...]:
    """List the ready mappings by name, those of the samples last."""
    paths = sorted(
        mappings_folder().glob(f"*{_SUFFIX}"), key=lambda path: (path.stem.startswith("sample"), path.stem)
    )
    return tuple(map(_described, paths))


def ready_mapping(name: str) -> ReadyMapping:
    """Find a ready mapping by its name. Raises SettingsError with the nearest name."""
    if (path := ready_path(name)) is None:
        raise SettingsError(f"No ready mapping is called {name}.{nearest_ready(name)}")
    return _described(path)


def mapping_file(named: str | os.PathLike[str]) -> Path:
    """Find the file that ``-m`` names: the file of that path, else the ready mapping of that name."""
    path = Path(named)
    return path if _there(path) else ready_path(os.fspath(named)) or path


def placed(named: str | os.PathLike[str], folder: Path) -> Path:
    """Lay a mapping's path over the folder that it is relative to; the name of a ready one stays a name."""
    path = folder / named
    return path if _there(path) or ready_path(os.fspath(named)) is None else Path(named)


def ready_path(name: str) -> Path | None:
    """Tell where the ready mapping of a name lies; None when there is no such."""
    if not re.fullmatch(r"[a-z][a-z-]*", name):
        return None
    path = mappings_folder() / f"{name}{_SUFFIX}"
    return path if path.is_file() else None


def migrations_folder() -> Path:
    """Find the folder of ready migrations. Raises SettingsError."""
    return mappings_folder() / _MIGRATIONS


def ready_migrations() -> tuple[ReadyMapping, ...]:
    """List the ready migrations: files that say which mapping takes which export of a folder."""
    paths = sorted(migrations_folder().glob(f"*{_SUFFIX}"), key=lambda path: path.stem)
    return tuple(map(_described, paths))


def ready_migration(name: str) -> ReadyMapping:
    """Find a ready migration by its name. Raises SettingsError."""
    found = next((each for each in ready_migrations() if each.name == name), None)
    if found is None:
        raise SettingsError(f"No ready migration is called {name}.{nearest_migration(name)}")
    return found


def migration_path(named: str | os.PathLike[str]) -> Path:
    """Find the migration file that ``-m`` names: the file of that path, else the ready migration of that name."""
    path = Path(named)
    if _there(path) or not re.fullmatch(r"[a-z][a-z-]*", os.fspath(named)):
        return path
    ready = migrations_folder() / f"{named}{_SUFFIX}"
    return ready if ready.is_file() else path


def nearest_migration(named: str | os.PathLike[str]) -> str:
    """Say, after the sentence that a migration is not there, which ready ones there are."""
    names = ", ".join(each.name for each in ready_migrations())
    return f" Ready ones, by their names: {names}." if not _there(Path(named)) else ""


def nearest_ready(named: str | os.PathLike[str]) -> str:
    """Say, after the sentence that a mapping is not there, which ready one may be meant and how to list all."""
    import difflib

    names = [each.stem for each in mappings_folder().glob(f"*{_SUFFIX}")]
    found = difflib.get_close_matches(Path(named).stem.casefold(), names, n=1)
    meant = f" Did you mean the ready mapping, -m {found[0]}?" if found else ""
    return f"{meant} `importer mappings` lists the ready ones."


def _there(path: Path) -> bool:
    # A folder `hubspot` may well hold the exports; a pipe is as good as a file.
    return path.exists() and not path.is_dir()


def _described(path: Path) -> ReadyMapping:
    head = path.read_text(encoding="utf-8").partition("\nversion:")[0]
    title, _, export = " ".join(_COMMENT.findall(head)).partition(": ")
    return ReadyMapping(name=path.stem, title=title, export=export, path=path)
