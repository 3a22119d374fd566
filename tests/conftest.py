from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.forked_importer import forking_importer
from tests.postgres_server import Postgres, arrange_shared, empty_database, end_shared, shared_server

# A machine that does other work, too, takes longer for an example; that says nothing of the program.
# The same examples each time: what chance finds was wrong before. Whoever looks for it takes the other profile.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("patient")


_COMPILED = pytest.StashKey[str]()
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108  (pytest makes a private folder in it)
_ROOM_BYTES: Final = 2 << 30
_HERE: Final = Path(__file__).parent
_OURS: Final = ("HIGHLEVEL_", "IMPORTER_", "SMTP_")
_LONG_FIRST: Final = {
    room: turn
    for turn, room in enumerate(
        ("documents", "jobs", "suggestion", "parts", "flow", "runs", "state", "sandbox", "sending")
    )
}
"""Rooms whose files start processes and databases, or judge hundreds of exports."""
_SCREEN: Final = "ui"


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # xdist's workers find all of it as it was arranged for them
    _keep_files_in_memory(config)
    _share_compiled_modules(config)
    arrange_shared()


def _keep_files_in_memory(config: pytest.Config) -> None:
    """Let what tests write lie in memory, where there is room: journals wait for the disk thousands of times.

    ``--basetemp`` and PYTEST_DEBUG_TEMPROOT say otherwise.
    """
    if config.option.basetemp is None and _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK):
        disk = os.statvfs(_IN_MEMORY)
        # Tests write programs, too, which a container's may refuse to start.
        if disk.f_bavail * disk.f_frsize > _ROOM_BYTES and not disk.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


def _share_compiled_modules(config: pytest.Config) -> None:
    """Let the processes that tests start share compiled modules, as they do where the package is installed.

    Where PYTHONDONTWRITEBYTECODE is set, each of hundreds of processes would compile all that it imports anew, which
    is most of what the suite costs. Nothing is written beside the modules.
    """
    compiled = (_HERE / "__pycache__").is_dir()
    if os.environ.get("PYTHONDONTWRITEBYTECODE") and "PYTHONPYCACHEPREFIX" not in os.environ:
        del os.environ["PYTHONDONTWRITEBYTECODE"]
        kept = tempfile.mkdtemp(prefix="compiled-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        config.stash[_COMPILED] = os.environ["PYTHONPYCACHEPREFIX"] = kept
        _take_over_compiled(Path(kept))
        compiled = False
    if getattr(config.option, "numprocesses", None) and not compiled:
        _compile_beforehand(config.args)


def _take_over_compiled(folder: Path) -> None:
    """Let Python find there what was compiled as packages were installed: told of a folder, it looks nowhere else.

    To compile it anew was most of what collecting tests took.
    """
    if sys.platform == "win32":
        return  # links are not everybody's there
    for place in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}:
        for found, folders, names in os.walk(place):
            folders[:] = [each for each in folders if each not in {"site-packages", "test", "tests"}]
            if Path(found).name == "__pycache__":
                kept = folder / Path(found).parent.relative_to("/")
                kept.mkdir(parents=True, exist_ok=True)
                for name in names:
                    with contextlib.suppress(FileExistsError):
                        (kept / name).symlink_to(f"{found}/{name}")


def _compile_beforehand(places: Sequence[str]) -> None:
    """Load the tests once, a part of them on each core: workers begin at once, and each would compile all modules."""
    folders = [Path(place) for place in places if Path(place).is_dir()]
    files = sorted(str(path) for folder in folders for path in folder.rglob("test_*.py"))
    words = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider")
    variables = {**os.environ, "PYTEST_ADDOPTS": ""}
    cores = os.cpu_count() or 1
    loading = [
        subprocess.Popen([*words, *files[core::cores]], env=variables, stdout=subprocess.DEVNULL)
        for core in range(min(cores, len(files)))
    ]
    for each in loading:
        each.wait()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        end_shared()
    if _COMPILED in config.stash:
        shutil.rmtree(config.stash[_COMPILED], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among modules that are being loaded: there is none, and the looks are a quarter of loading them.

    Nor later among what was collected, nearly half a million objects: that was a twelfth of what the tests take.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with what takes long: the last files are short ones then, and no worker ends long after the others."""
    if hasattr(config, "workerinput"):
        turns = {
            path: turn for turn, path in enumerate(_in_turn(list(dict.fromkeys(item.path for item in items))))
        }
        items.sort(key=lambda item: turns[item.path])


def _in_turn(files: Sequence[Path]) -> Iterator[Path]:
    """Yield files of rooms that take long first, and every third one of the screen's: browsers wait, and hinder each other."""
    screens = iter([path for path in files if _room_of(path) == _SCREEN])
    others = [path for path in files if _room_of(path) != _SCREEN]
    for number, path in enumerate(
        sorted(others, key=lambda path: _LONG_FIRST.get(_room_of(path), len(_LONG_FIRST)))
    ):
        if number % 2 == 0:
            yield from itertools.islice(screens, 1)
        yield path
    yield from screens


def _room_of(path: Path) -> str:
    return path.relative_to(_HERE).parts[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Start two workers a core for ``-n auto``: flows of real processes spend most of their time waiting ten seconds."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def _variables_as_found() -> Iterator[None]:
    """A command that a test runs in this process takes in a ``.env`` file; the next test must not find its variables."""
    found = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    yield
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in found]:
        del os.environ[name]
    os.environ.update(found)


@pytest.fixture(autouse=True)
def _logs_as_found() -> Iterator[None]:
    """A command that a test runs in this process configures logging; the next test must not hear of it.

    `importer worker` gives whole rooms of the package handlers of their own, and what they write to is closed with the test.
    """
    found = {logger: _manner_of(logger) for logger in _loggers_of_ours()}
    yield
    for logger in _loggers_of_ours():
        before = found.get(logger, _UNTOUCHED)
        if before != _manner_of(logger):  # to set a level goes over all loggers there are
            handlers, level, propagate = before
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate


_UNTOUCHED: tuple[tuple[logging.Handler, ...], int, bool] = ((), logging.NOTSET, True)


def _loggers_of_ours() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict.items()
    return [
        each
        for name, each in known
        if isinstance(each, logging.Logger) and (name == "importer" or name.startswith("importer."))
    ]


def _manner_of(logger: logging.Logger) -> tuple[tuple[logging.Handler, ...], int, bool]:
    return tuple(logger.handlers), logger.level, logger.propagate


@pytest.fixture(scope="session")
def forked_importer() -> Iterator[tuple[str, ...]]:
    """The words that begin a command: a process of its own that need not load the package first."""
    with forking_importer() as words:
        yield words


@pytest.fixture(scope="session")
def forked_script(forked_importer: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a shell's PATH, in which ``importer`` is such a command."""
    folder = tmp_path_factory.mktemp("scripts")
    script = folder / "importer"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(forked_importer)} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Postgres:
    """The PostgreSQL of the test run; without one its tests are skipped, or fail where IMPORTER_POSTGRES=required."""
    return shared_server()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[str]:
    """The address of an empty database."""
    with empty_database(postgres_server) as address:
        yield address


@pytest.fixture(params=["file", "schema"])
def store_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A state folder whose databases are files, and one whose are schemas of a Postgres: what is kept is the same."""
    if request.param == "file":
        return tmp_path
    from importer.state.postgres.address import Address
    from importer.state.postgres.faces import make_face

    return make_face(Address.read(request.getfixturevalue("postgres")), tmp_path)
