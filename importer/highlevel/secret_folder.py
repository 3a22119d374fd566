"""Secrets in a folder of this machine: a private file for each, written whole or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from importer.records import value_type
from importer.runtime.private_files import write_private_in_own_folder
from importer.runtime.process_lock import Owner, locked
from importer.settings import SecretStore


@value_type(frozen=True, slots=True)
class SecretFolder:
    """A ``SecretStore`` in a folder."""

    folder: Path

    def read(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        write_private_in_own_folder(self.path(name), content)

    def delete(self, name: str) -> bool:
        path = self.path(name)
        if not path.is_file():
            return False
        path.unlink(missing_ok=True)
        return True

    def names(self, begins: str) -> list[str]:
        found = [path for path in self.folder.glob("*.json") if path.name.startswith(begins)]
        return [path.stem for path in sorted(found, key=lambda path: (path.stat().st_mtime, path))]

    def locked(self, name: str, owner: Owner, *, wait_seconds: float) -> AbstractContextManager[None]:
        return locked(self.path(name).with_suffix(".lock"), owner, wait_seconds=wait_seconds)

    @property
    def guard(self) -> str:
        return "which you alone can read"

    @property
    def shared(self) -> bool:
        return False

    def prepare(self) -> None:
        """Leave it to the writing: a folder of one's own can be made."""

    def where(self, name: str) -> str:
        return str(self.path(name))

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def secret_store(place: Path | SecretStore) -> SecretStore:
    """Give the store that a place is, or is the folder of."""
    return SecretFolder(place) if isinstance(place, Path) else place
