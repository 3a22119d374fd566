from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.sources import StagedSource
from importer.state import StateFolder
from importer.state.journal import Journal, Run
from importer.state.postgres.address import Address
from importer.state.postgres.faces import mark_face


class HandClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.at = now

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a module that says so over both stores, but for those that are about the file itself."""
    if getattr(metafunc.module, "BOTH_STORES", False):
        alone = metafunc.definition.get_closest_marker("file_alone") is not None
        metafunc.fixturenames.append("store")
        metafunc.parametrize("store", ["file"] if alone else ["file", "postgres"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    """Where the state of a test lies."""
    return str(getattr(request, "param", "file"))


@pytest.fixture
def tmp_path(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> Path:
    """The test's folder; over Postgres, the one for runs in a face folder: what is a journal in it, is a schema."""
    if store == "file" or getattr(request.module, "BOTH_STORES", None) == "folder":
        return tmp_path
    mark_face(tmp_path, Address.read(request.getfixturevalue("postgres")))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """A run of one staged source; any part of it by name."""

    def make(
        folder: Path,
        *,
        content: str = "Email\nada@example.test\n",
        reference: str = "contacts.csv",
        mapping_text: str = "version: 1\n",
        mapping_path: str = "contacts.yaml",
        location_id: str | None = "location1",
        base_url: str = "https://api.example.test",
        started_at: float = 1_700_000_000.0,
        **parts: object,
    ) -> Run:
        copy = folder / "sources" / "0.csv"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(content)
        staged = StagedSource(
            index=0,
            reference=reference,
            name=Path(reference).name,
            path=copy,
            fingerprint=hashlib.sha256(content.encode()).hexdigest(),
            size=len(content),
        )
        fields: dict[str, object] = {
            "id": folder.name,
            "started_at": started_at,
            "sources": (staged,),
            "mapping_path": Path(mapping_path),
            "mapping_text": mapping_text,
            "mapping_fingerprint": hashlib.sha256(mapping_text.encode()).hexdigest(),
            "location_id": location_id,
            "base_url": base_url,
            "working_folder": tmp_path,
        }
        return Run(**{**fields, **parts})  # type: ignore[arg-type]  # parts come by name, in any order

    return make


@pytest.fixture
def journal(tmp_path: Path, make_run: Callable[..., Run], clock: HandClock) -> Iterator[Journal]:
    """A journal whose run has just begun."""
    folder = tmp_path / "20260101-120000-abcd"
    with Journal.create(folder, make_run(folder), clock=clock) as journal:
        yield journal


@pytest.fixture
def state(tmp_path: Path, clock: HandClock, store: str, request: pytest.FixtureRequest) -> StateFolder:
    if store == "postgres":  # of a module whose BOTH_STORES is "folder"
        (tmp_path / "state").mkdir(mode=0o700)
        mark_face(tmp_path / "state", Address.read(request.getfixturevalue("postgres")))
    return StateFolder(tmp_path / "state", clock=clock)


@pytest.fixture
def begin(state: StateFolder, make_run: Callable[..., Run], clock: HandClock) -> Callable[..., Journal]:
    """Begin a run in the state folder, a second after the one before; the caller closes its journal."""

    def begin_run(**parts: object) -> Journal:
        clock.at += 1
        new = state.new_run()
        return Journal.create(new.path, make_run(new.path, started_at=new.started_at, **parts), clock=clock)

    return begin_run
