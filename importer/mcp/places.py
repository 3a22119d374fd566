"""Which files an assistant may name: those of one folder, and none that a link leads to from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.runtime.installation import shipped_folder
from importer.runtime.regex import regex

_NAME_OF_MAPPING: Final = regex(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Places:
    """The one folder; what is named is relative to it."""

    folder: Path

    def file(self, name: str) -> Path:
        """Find a file of the folder. Raises SettingsError."""
        path = self._inside(name)
        if not path.is_file():
            raise SettingsError(f"There is no file {name!r} in {self.folder}.")
        return path

    def mapping(self, name: str) -> Path:
        """Find a mapping: a file of the folder, or a ready one by its name. Raises SettingsError."""
        if _NAME_OF_MAPPING.fullmatch(name) and (shipped_folder("mappings") / f"{name}.yaml").is_file():
            return Path(name)
        return self.file(name)

    def new_mapping(self, name: str) -> Path:
        """Say where a new mapping is written. Raises SettingsError where something is already, or the name is none."""
        path = self._inside(name)
        if path.suffix not in {".yaml", ".yml"}:
            raise SettingsError(f"A mapping's name ends in .yaml: {name!r} does not.")
        if path.exists() or not path.parent.is_dir():
            raise SettingsError(f"{name!r} is there already, or its folder is not: choose another name.")
        return path

    def _inside(self, name: str) -> Path:
        root = self.folder.resolve()
        # resolved: a link inside that leads out is out
        path = (root / name).resolve() if name and "\0" not in name and "://" not in name else None
        if path is None or not path.is_relative_to(root):
            raise SettingsError(
                f"{name!r} is not in the folder {self.folder}, which is all that is shown here."
            )
        return path
