from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from importer.errors import SourceError
from importer.sources import stage
from importer.sources.cloud import list_objects
from importer.sources.sightings import look

pytest.importorskip("paramiko")

from paramiko import (
    RSAKey,
    ServerInterface,
    SFTPAttributes,
    SFTPHandle,
    SFTPServer,
    SFTPServerInterface,
    Transport,
)
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

CONTENT = b"Name,E-mail\n" + b"Ada,ada@example.com\n" * 20_000
PASSWORD = "p@ss/word"


class Doorman(ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if (username, password) == ("joe", PASSWORD) else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002  (paramiko's signature)
        return OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002  (as above)
        return "password"


class Opened(SFTPHandle):
    def __init__(self, flags: int, stream: BinaryIO) -> None:
        super().__init__(flags)
        self.readfile = stream

    def stat(self) -> SFTPAttributes | int:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(SFTPServerInterface):
    root: Path

    def _real(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        return [
            SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in sorted(self._real(path).iterdir())
        ]

    def stat(self, path: str) -> SFTPAttributes | int:
        try:
            return SFTPAttributes.from_stat(os.stat(self._real(path)))  # noqa: PTH116  (what paramiko takes)
        except OSError as cause:
            return SFTPServer.convert_errno(cause.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> SFTPHandle | int:  # noqa: ARG002  (as above)
        try:
            stream = self._real(path).open("rb")
        except OSError as cause:
            return SFTPServer.convert_errno(cause.errno or 0)
        return Opened(flags, stream)


@dataclass(frozen=True, kw_only=True)
class Sftp:
    port: int
    root: Path
    key: RSAKey

    def url(self, path: str, user: str = "joe:p%40ss%2Fword") -> str:
        return f"sftp://{user}@127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def host_key() -> RSAKey:
    return RSAKey.generate(2048)


@pytest.fixture
def server(tmp_path: Path, host_key: RSAKey) -> Iterator[Sftp]:
    """A real SFTP server on loopback."""
    root = tmp_path / "served"
    (root / "out").mkdir(parents=True)
    (root / "out" / "contacts-1.csv").write_bytes(CONTENT)
    (root / "out" / "contacts-2.csv").write_bytes(CONTENT)
    (root / "out" / "notes.txt").write_bytes(b"x")
    files = type("ServedFiles", (Files,), {"root": root})
    transports: list[Transport] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = Transport(connection)
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", SFTPServer, files)
            transports.append(transport)
            transport.start_server(server=Doorman(), event=threading.Event())

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield Sftp(port=listener.getsockname()[1], root=root, key=host_key)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()
    thread.join(5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture
def known(home: Path, server: Sftp) -> None:
    line = f"[127.0.0.1]:{server.port} {server.key.get_name()} {server.key.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(line, encoding="ascii")


def test_a_file_is_copied_over_sftp(server: Sftp, known: None, tmp_path: Path) -> None:
    staged = stage(server.url("/out/contacts-1.csv"), tmp_path / "copies", 0)
    assert staged.fingerprint == hashlib.sha256(CONTENT).hexdigest()
    assert staged.reference == f"sftp://joe:***@127.0.0.1:{server.port}/out/contacts-1.csv"


def test_files_are_listed_by_pattern(server: Sftp, known: None) -> None:
    entries = list_objects(server.url("/out/contacts-*.csv"))
    assert [entry.reference.rpartition("/")[2] for entry in entries] == ["contacts-1.csv", "contacts-2.csv"]
    assert entries[0].size == len(CONTENT)
    assert entries[0].modified_at == pytest.approx(
        (server.root / "out" / "contacts-1.csv").stat().st_mtime, abs=1
    )


def test_what_was_listed_can_be_copied(server: Sftp, known: None, tmp_path: Path) -> None:
    seen = look(server.url("/out/contacts-*.csv"))
    assert stage(seen[-1].reference, tmp_path / "copies", 0).size == len(CONTENT)


def test_an_unknown_server_is_refused_with_its_fingerprint(server: Sftp, home: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is not known: its ssh-rsa key SHA256:\S+ is not in"):
        stage(server.url("/out/contacts-1.csv"), tmp_path / "copies", 0)


def test_a_server_whose_key_changed_is_refused(server: Sftp, home: Path, tmp_path: Path) -> None:
    other = RSAKey.generate(2048)
    line = f"[127.0.0.1]:{server.port} {other.get_name()} {other.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(line, encoding="ascii")
    with pytest.raises(SourceError, match="does not match"):
        stage(server.url("/out/contacts-1.csv"), tmp_path / "copies", 0)


def test_a_wrong_password_is_said_and_not_repeated(server: Sftp, known: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Authentication failed.*Credentials: the ssh agent") as caught:
        stage(server.url("/out/contacts-1.csv", "joe:letmein"), tmp_path / "copies", 0)
    assert "letmein" not in str(caught.value)


def test_a_missing_file_names_the_nearest_over_sftp(server: Sftp, known: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Nearest there: contacts-"):
        stage(server.url("/out/contacts-9.csv"), tmp_path / "copies", 0)


def test_host_and_user_come_from_the_ssh_config(
    server: Sftp, known: None, home: Path, tmp_path: Path
) -> None:
    (home / ".ssh" / "config").write_text(
        f"Host partner\n  HostName 127.0.0.1\n  Port {server.port}\n  User joe\n", encoding="utf-8"
    )
    with pytest.raises(SourceError, match=r"sftp://partner/.*(Authentication|authentication)"):
        stage("sftp://partner/out/contacts-1.csv", tmp_path / "copies", 0)
