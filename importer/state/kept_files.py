"""The files of a run that other machines need: its sources, the rows of its parts, its results.

They lie where all machines reach them: in the folder or object store that IMPORTER_FILES names, else in the database itself,
cut into pieces. What a machine has of them is a copy, proven by its hash each time it is fetched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from importer.errors import StateError
from importer.records import value_type
from importer.runtime.environment import variables
from importer.state.database import Database, Purpose, database_is_there, ensure_database

VARIABLE: Final = "IMPORTER_FILES"
_FILE_NAME: Final = "kept.db"
_PIECE_BYTES: Final = 1 << 20
_PURPOSE: Final = Purpose(
    title="The files of a run",
    go_on="go on with the run",
    if_damaged="Restore the database from a backup, or import the sources anew.",
)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS kept_files (
    name TEXT PRIMARY KEY, size INTEGER NOT NULL, sha256 TEXT NOT NULL, place TEXT
);
CREATE TABLE IF NOT EXISTS pieces (
    sha256 TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (sha256, number)
);
"""


@value_type(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """One file as the store knows it. ``place``: where its bytes are, if not in the database."""

    name: str
    size: int
    sha256: str
    place: str | None = None


class KeptFiles:
    """The files of the run in a folder, which is the face of one in Postgres."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, path: Path) -> None:
        """Keep a file under a name, in the place of an older one. Raises StateError."""
        with self._opened() as db:
            self._put(db, name, path)

    def put_all(self, files: Iterable[tuple[str, Path]]) -> None:
        """Keep many, over one connection. Raises StateError."""
        with self.putting() as put:
            for name, path in files:
                put(name, path)

    @contextlib.contextmanager
    def putting(self) -> Iterator[Callable[[str, Path], None]]:
        """Keep files as they come, over one connection. Raises StateError."""
        with self._opened() as db:
            yield partial(self._put, db)

    def fetch(self, name: str, path: Path) -> Path:
        """Bring a file to a place of this machine, unless it is there already. Raises StateError where it is not kept, or not whole."""
        with self._opened() as db:
            kept = self._find(db, name)
            if _hash_of(path) != kept.sha256:
                _write(path, self._pieces(db, kept), kept)
        return path

    def content(self, name: str) -> bytes:
        """Give all that a file holds, and leave no copy. Raises StateError where it is not kept, or not whole."""
        with self._opened() as db:
            kept = self._find(db, name)
            found = b"".join(self._pieces(db, kept))
        if hashlib.sha256(found).hexdigest() != kept.sha256:
            raise _not_as_kept(name)
        return found

    def _find(self, db: Database, name: str) -> KeptFile:
        kept = _kept(db, name)
        if kept is None:
            raise StateError(
                f"Run {self._folder.name} keeps no {name} any more: it is deleted when the run, or a person in it, is "
                "forgotten. Import the sources anew with --fresh."
            )
        return kept

    @property
    def are_there(self) -> bool:
        """Tell whether anything is kept of the run; of one in a folder of this machine, nothing is."""
        return database_is_there(self._folder / _FILE_NAME) and bool(self.names())

    def names(self) -> tuple[str, ...]:
        """Name the files that are kept."""
        with self._opened() as db:
            return tuple(
                name for (name,) in db.execute("SELECT name FROM kept_files ORDER BY name").fetchall()
            )

    def delete(self, *names: str) -> None:
        """Delete files, of all machines' store; what a machine has copied stays there."""
        with self._opened() as db:
            for kept in filter(None, (_kept(db, name) for name in names)):
                db.execute("DELETE FROM kept_files WHERE name = ?", (kept.name,))
                if kept.place is not None:
                    _outside(kept.place).delete(kept.place)
                elif not db.execute("SELECT 1 FROM kept_files WHERE sha256 = ?", (kept.sha256,)).fetchone():
                    db.execute("DELETE FROM pieces WHERE sha256 = ?", (kept.sha256,))

    def delete_all(self) -> None:
        """Delete all that is kept outside of the database, which is to be dropped."""
        if database_is_there(self._folder / _FILE_NAME):
            self.delete(*self.names())

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Database]:
        with closing(ensure_database(self._folder / _FILE_NAME, _PURPOSE, _SCHEMA)) as db:
            yield db

    def _put(self, db: Database, name: str, path: Path) -> None:
        size, sha256 = path.stat().st_size, _hash_of(path)
        assert sha256 is not None  # noqa: S101  (the file is there)
        place = _place_of(self._folder.name, name)
        if place is not None:
            _outside(place).write(place, path)
        elif not db.execute(
            "SELECT 1 FROM kept_files WHERE sha256 = ? AND place IS NULL", (sha256,)
        ).fetchone():
            # Named once all of it is there: what a process that died left has no name.
            db.execute("DELETE FROM pieces WHERE sha256 = ?", (sha256,))
            for number, piece in enumerate(_pieces_of(path)):
                db.execute("INSERT INTO pieces VALUES (?, ?, ?)", (sha256, number, piece))
        db.execute(
            "INSERT INTO kept_files (name, size, sha256, place) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
            "size = excluded.size, sha256 = excluded.sha256, place = excluded.place",
            (name, size, sha256, place),
        )

    def _pieces(self, db: Database, kept: KeptFile) -> Iterator[bytes]:
        if kept.place is not None:
            yield from _outside(kept.place).read(kept.place)
            return
        number = 0
        query = "SELECT content FROM pieces WHERE sha256 = ? AND number = ?"
        while (found := db.execute(query, (kept.sha256, number)).fetchone()) is not None:
            yield bytes(found[0])
            number += 1


class _Outside(Protocol):
    """A place for files that is no database."""

    def write(self, place: str, path: Path) -> None: ...

    def read(self, place: str) -> Iterator[bytes]: ...

    def delete(self, place: str) -> None: ...


class _Folder:
    """A folder that all machines share."""

    def write(self, place: str, path: Path) -> None:
        with _refusing(place):
            _make_private(Path(place).parent)
            _write_aside(Path(place), _pieces_of(path))

    def read(self, place: str) -> Iterator[bytes]:
        with _refusing(place):
            yield from _pieces_of(Path(place))

    def delete(self, place: str) -> None:
        with _refusing(place):
            Path(place).unlink(missing_ok=True)


class _ObjectStore:
    """An object store that fsspec knows."""

    def write(self, place: str, path: Path) -> None:
        from importer.sources.cloud import put_object

        put_object(path, place)

    def read(self, place: str) -> Iterator[bytes]:
        from importer.sources.cloud import read_object

        yield from read_object(place)

    def delete(self, place: str) -> None:
        from importer.sources.cloud import delete_object

        delete_object(place)


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone: names of files tell something, too."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _place_of(run_id: str, name: str) -> str | None:
    """Tell where a file goes that is kept outside of the database; None where it is kept in it."""
    base = variables().get(VARIABLE, "").strip().rstrip("/")
    return f"{base}/{run_id}/{name}" if base else None


def _outside(place: str) -> _Outside:
    return _ObjectStore() if "://" in place else _Folder()


def _kept(db: Database, name: str) -> KeptFile | None:
    found = db.execute("SELECT size, sha256, place FROM kept_files WHERE name = ?", (name,)).fetchone()
    return None if found is None else KeptFile(name=name, size=found[0], sha256=found[1], place=found[2])


def _hash_of(path: Path) -> str | None:
    if not path.is_file():
        return None
    digest = hashlib.sha256()
    for piece in _pieces_of(path):
        digest.update(piece)
    return digest.hexdigest()


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _write(path: Path, pieces: Iterable[bytes], kept: KeptFile) -> None:
    with _refusing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_aside(path, pieces, sha256=kept.sha256)


def _write_aside(path: Path, pieces: Iterable[bytes], *, sha256: str | None = None) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    digest = hashlib.sha256()
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(aside, flags, 0o600), "wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        if sha256 is not None and digest.hexdigest() != sha256:
            raise _not_as_kept(path.name)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _not_as_kept(name: str) -> StateError:
    return StateError(
        f"{name} of the run is not as it was kept: what it lies in was changed, or is not whole. Restore it from a backup, or "
        "import the sources anew with --fresh."
    )


@contextlib.contextmanager
def _refusing(place: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise StateError(f"{place} cannot be used: {cause.strerror or cause}. {_LOOK}") from cause


_LOOK: Final = f"See that there is room, and that {VARIABLE} names a place that this machine may write to."
