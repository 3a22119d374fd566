"""How a run itself is written to its journal and read back."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from importer.errors import ImporterError, RunConflictError, StateError
from importer.records import QuotaMark
from importer.sources import StagedSource
from importer.state.database import Database, Purpose, open_database, sync_file, sync_folder
from importer.state.journal.integrity import checksum, damaged, may_be_unchecked
from importer.state.journal.rows import QUOTA_COLUMNS
from importer.state.journal.run import Identity, Operator, Run, RunState, SessionKind
from importer.state.journal.schema import VERSION, migrate, read_version
from importer.state.journal.seal import SEAL_NAME
from importer.state.postgres.faces import face_of

FILE_NAME: Final = "journal.db"
MAPPING_NAME: Final = "mapping.yaml"
IDENTITY_NAME: Final = "identity.json"
PURPOSE: Final = Purpose(
    title="The journal",
    go_on="go on with: importer resume",
    if_damaged="Restore the state folder from a backup, or start afresh with: importer run ... --fresh",
    # An intent that is not on the disk when its request goes out would turn a created contact into an updated one
    # after a power cut; macOS needs `fullfsync` for that.
    pragmas=("fullfsync = ON",),
    busy_seconds=10.0,
    misfit_is_damage=True,
)
BEGINNING: Final = replace(PURPOSE, go_on="run the same command again")
"""As long as there is no run to go on with."""

_RUN_COLUMNS: Final = (
    "id, started_at, finished_at, state, reason, mapping_path, mapping_text, mapping_fingerprint, "
    "location_id, base_url, sandbox, options, tool_version, working_folder, follows, reason_code"
)


class NeverBegunError(RunConflictError):
    """The process died while it made the journal: nothing was read, let alone sent."""


def has_begun(folder: Path) -> bool:
    """Tell whether a run began in a folder of this machine; one that lost its journal has its seal left."""
    # Asked of each of thousands of folders: a Path takes three times as long.
    return os.path.isfile(f"{folder}/{FILE_NAME}") or os.path.isfile(f"{folder}/{SEAL_NAME}")  # noqa: PTH113


def write_run(db: Database, run: Run, folder: Path, operator: Operator | None) -> None:
    cells = (
        run.id,
        run.started_at,
        run.finished_at,
        run.state.value,
        run.reason,
        db.name_cell(str(run.mapping_path)),
        run.mapping_text,
        run.mapping_fingerprint,
        run.location_id,
        run.base_url,
        run.sandbox,
        json.dumps(dict(run.options)),
        run.tool_version,
        db.name_cell(str(run.working_folder)),
        run.follows,
        run.reason_code,
    )
    marks = ", ".join("?" * len(cells))
    db.execute(f"INSERT INTO run ({_RUN_COLUMNS}) VALUES ({marks})", cells)  # noqa: S608  (our own names)
    for source in run.sources:
        db.execute("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", _source_cells(db, source, folder))
    begin_session(db, SessionKind.RUN, run.started_at, operator)
    sum_up_run(db)


def begin_session(db: Database, kind: SessionKind, at: float, operator: Operator | None) -> None:
    """Note that a process goes to work on the run, and on whose behalf."""
    who = (None, None, None) if operator is None else (operator.name, operator.command, operator.approved_by)
    db.execute(
        "INSERT INTO sessions (kind, started_at, state, operator, command, approved_by)"
        " VALUES (?, ?, 'running', ?, ?, ?)",
        encodable((kind.value, at, *who)),
    )


def sum_up_run(db: Database) -> None:
    """Renew the run's checksum after any change to it; Postgres looks after its own pages."""
    if db.shared:
        return
    cells, _ = _run_cells(db)
    db.execute("UPDATE run SET checksum = ?", (checksum((*cells, *_all_sources(db))),))


def _run_cells(db: Database) -> tuple[tuple[Any, ...], int]:
    found = db.execute(f"SELECT {_RUN_COLUMNS}, pass, rows_read, checksum FROM run").fetchall()  # noqa: S608  (our own names)
    if len(found) != 1:
        raise damaged(db, "it tells of no run, or of several")
    return found[0][:-1], found[0][-1]


def _all_sources(db: Database) -> list[tuple[Any, ...]]:
    return db.execute('SELECT * FROM sources ORDER BY "index"').fetchall()


def read_run(db: Database, folder: Path) -> Run:
    """Read the run; raises DamagedError where it is not as it was written."""
    cells, kept = _run_cells(db)
    sources = _all_sources(db)
    if not (db.shared or kept == checksum((*cells, *sources)) or (kept == 0 and may_be_unchecked(db))):
        raise damaged(db, "the run's own line in it is not as it was written")
    try:
        return replace(_run_of(cells, sources, folder), undone_at=_undone_at(db))
    except (ValueError, TypeError) as cause:
        raise damaged(db, f"the run's own line in it cannot be read: {cause}") from cause


def _undone_at(db: Database) -> float | None:
    found = db.execute("SELECT min(started_at) FROM sessions WHERE kind = ?", (SessionKind.UNDO.value,))
    at: float | None = found.fetchone()[0]
    return at


def _run_of(cells: Sequence[Any], sources: Sequence[Sequence[Any]], folder: Path) -> Run:
    return Run(
        id=cells[0],
        started_at=cells[1],
        finished_at=cells[2],
        state=RunState(cells[3]),
        reason=cells[4],
        mapping_path=_to_path(cells[5]),
        mapping_text=cells[6],
        mapping_fingerprint=cells[7],
        location_id=cells[8],
        base_url=cells[9],
        sandbox=bool(cells[10]),
        options=json.loads(cells[11]),
        tool_version=cells[12],
        working_folder=_to_path(cells[13]),
        follows=cells[14],
        reason_code=cells[15],
        sources=tuple(_source_of(source, folder) for source in sources),
    )


def read_quota_marks(db: Database) -> dict[str, QuotaMark]:
    names = QUOTA_COLUMNS.split(", ")
    query = f"SELECT {QUOTA_COLUMNS} FROM quota_marks"  # noqa: S608  (our own names)
    marks = (QuotaMark(**dict(zip(names, cells, strict=True))) for cells in db.execute(query))
    return {mark.location_id: mark for mark in marks}


def open_up_to_date(path: Path, *, begun: bool) -> Database:
    """Open a journal and migrate it if an older importer wrote it; ``begun``: rows of it were sent."""
    db = open_database(path, PURPOSE)
    try:
        _bring_up_to_date(db, begun=begun)
    except BaseException:
        db.close()
        raise
    return db


def migrate_to_date(db: Database) -> None:
    """Bring the schema up to date inside the caller's transaction; refuse what a newer importer wrote."""
    if db.shared:
        from importer.state.journal import shared_schema

        shared_schema.migrate(db)
    else:
        migrate(db)


def _versions(db: Database) -> tuple[int, int]:
    """Tell how far a journal's schema is, and how far it could be."""
    if db.shared:
        from importer.state.journal import shared_schema

        return shared_schema.read_version(db), shared_schema.VERSION
    return read_version(db), VERSION


def _bring_up_to_date(db: Database, *, begun: bool) -> None:
    version, newest = _versions(db)
    if version == 0 and begun:
        raise damaged(db, "it is empty, and was not")
    if version == 0:
        raise NeverBegunError(
            f"The journal {db.path} is empty: its run never began, and nothing was sent. Delete it with: "
            f"importer forget {db.path.parent.name}"
        )
    if version != newest:
        with db.transaction():
            migrate_to_date(db)


def keep_beside(folder: Path, run: Run) -> None:
    """Keep the mapping's text and the run's identity beside the journal, readable by their owner alone; Postgres has both."""
    if face_of(folder / FILE_NAME) is not None:
        return
    _write_private(folder / MAPPING_NAME, run.mapping_text)
    _write_private(folder / IDENTITY_NAME, json.dumps(asdict(Identity.of(run))))


def read_identity(folder: Path) -> Identity | None:
    """Read what tells a run from others, without its journal; None for a run that did not keep it."""
    if face_of(folder / FILE_NAME) is not None:
        return _identity_in_journal(folder)
    try:
        kept = json.loads((folder / IDENTITY_NAME).read_bytes())
        return Identity(
            **{**kept, "references": tuple(kept["references"]), "fingerprints": tuple(kept["fingerprints"])}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _identity_in_journal(folder: Path) -> Identity | None:
    # in Postgres nothing is kept beside a journal
    with (
        contextlib.suppress(ImporterError),
        contextlib.closing(open_up_to_date(folder / FILE_NAME, begun=False)) as db,
    ):
        return Identity.of(read_run(db, folder))
    return None


def keep_sources(run: Run, folder: Path) -> None:
    """Keep a run's copies of its sources where other machines find them. Raises StateError."""
    from importer.state.kept_files import KeptFiles  # on one machine there is nobody to keep them for

    KeptFiles(folder).put_all(_own_copies(run, folder))


def fetch_sources(run: Run, folder: Path) -> None:
    """Copy a run's sources to this machine, where they are not. Raises StateError."""
    from importer.state.kept_files import KeptFiles

    for name, path in _own_copies(run, folder):
        if not path.is_file():
            KeptFiles(folder).fetch(name, path)


def _own_copies(run: Run, folder: Path) -> Iterator[tuple[str, Path]]:
    for source in run.sources:
        paths = [source.path]
        paths += [source.corrections_path] if source.corrections_sha256 else []
        paths += [source.rows_path] if source.rows_sha256 else []
        for path in paths:
            if path.is_relative_to(folder):
                yield path.relative_to(folder).as_posix(), path


def _write_private(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(text.encode())
    except OSError as cause:
        raise StateError(
            f"{path} cannot be written: {cause.strerror}. See that the disk has room."
        ) from cause


def sync_run(folder: Path, run: Run) -> None:
    """Put the folder and its private copies on the disk: without them no row could be sent again after a cut."""
    copies = (folder / MAPPING_NAME, folder / IDENTITY_NAME, *(source.path for source in run.sources))
    here = [path for path in copies if path.is_file()]
    folders = [
        above
        for path in here
        for above in path.parents
        if above == path.parent or above.is_relative_to(folder)
    ]
    try:
        for path in here:
            sync_file(path)
        # each once: the names of all files come to the disk with their folder
        for path in dict.fromkeys((*folders, folder, folder.parent, folder.parent.parent)):
            sync_folder(path)
    except OSError as cause:
        raise StateError(f"{folder} cannot be written to the disk: {cause.strerror}.") from cause


def encodable(cells: Sequence[Any]) -> tuple[Any, ...]:
    """Replace what UTF-8 cannot hold: half of a surrogate pair, quoted from a cell."""
    return tuple(cell.encode(errors="replace").decode() if isinstance(cell, str) else cell for cell in cells)


def _source_cells(db: Database, source: StagedSource, folder: Path) -> tuple[Any, ...]:
    path = source.path
    if path.is_relative_to(folder):  # so that the state folder can be moved
        path = path.relative_to(folder)
    return (
        source.index,
        db.name_cell(source.reference),
        db.name_cell(source.name),
        db.name_cell(str(path)),
        source.fingerprint,
        source.size,
    )


def _source_of(cells: Sequence[Any], folder: Path) -> StagedSource:
    index, reference, name, path, fingerprint, size = cells
    return StagedSource(
        index=index,
        reference=_to_text(reference),
        name=_to_text(name),
        path=folder / _to_path(path),
        fingerprint=fingerprint,
        size=size,
    )


def _to_text(cell: str | bytes) -> str:
    return cell if isinstance(cell, str) else cell.decode(errors="surrogateescape")


def _to_path(cell: str | bytes) -> Path:
    return Path(_to_text(cell))
