"""Files that rows name come from the folder and the hosts that the mapping allows, whatever a cell says."""

from __future__ import annotations

import hashlib
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from importer.records import Fault, FileContent
from importer.sources.attached import AddressPolicy, is_public
from importer.sources.attachments import Attachments
from tests.highlevel.tls import make_certificate, server_context

PDF = b"%PDF-1.4 not much of one"
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are made otherwise there")


def code(found: FileContent | Fault | None) -> str | None:
    return found.code if isinstance(found, Fault) else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source's folder with a file in it, and a secret beside it."""
    folder = tmp_path / "client"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "cv.pdf").write_bytes(PDF)
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    return folder


# paths


@pytest.mark.parametrize("reference", ["docs/cv.pdf", "docs\\cv.pdf", "./docs/cv.pdf"])
def test_a_file_below_the_folder_is_read_whole(folder: Path, reference: str) -> None:
    file = Attachments(folder).load(reference)
    assert isinstance(file, FileContent)
    assert (file.name, file.media_type, file.content) == ("cv.pdf", "application/pdf", PDF)
    assert file.digest == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.pdf",
        "docs/../../secret.pdf",
        "/etc/passwd",
        "\\\\server\\share\\x.pdf",
        "C:\\x.pdf",
        "C:x.pdf",
        "",
        "a\0b.pdf",
    ],
)
def test_no_path_leads_out_of_the_folder(folder: Path, reference: str) -> None:
    assert code(Attachments(folder).load(reference)) == "file_not_allowed"


@UNIX
def test_no_link_is_followed_out_or_in(folder: Path) -> None:
    (folder / "cv.pdf").symlink_to(folder.parent / "secret.pdf")
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    (folder / "same").symlink_to(folder / "docs", target_is_directory=True)
    for reference in ("cv.pdf", "up/secret.pdf", "same/cv.pdf"):
        assert code(Attachments(folder).load(reference)) == "file_not_allowed", reference


@UNIX
def test_a_folder_that_is_itself_reached_by_a_link_is_the_clients_own_choice(folder: Path) -> None:
    (folder.parent / "current").symlink_to(folder, target_is_directory=True)
    assert code(Attachments(folder.parent / "current").load("docs/cv.pdf")) is None


@UNIX
def test_what_is_no_file_or_empty_or_too_large_is_told_without_reading(folder: Path) -> None:
    (folder / "empty.pdf").touch()
    os.mkfifo(folder / "pipe.pdf")
    small = Attachments(folder, largest=len(PDF) - 1)
    assert code(small.look("docs/cv.pdf")) == "file_too_large"
    assert code(Attachments(folder, largest=len(PDF)).look("docs/cv.pdf")) is None
    for reference in ("empty.pdf", "pipe.pdf", "docs", "none.pdf", "docs/cv.pdf/x.pdf"):
        assert code(Attachments(folder).look(reference)) == "file_not_found", reference


def test_a_source_without_a_folder_has_no_files_of_its_own() -> None:
    assert code(Attachments(None).look("cv.pdf")) == "file_not_allowed"


# addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://files.example.com/a.pdf",
        "https://other.example.com/a.pdf",
        "https://files.example.com.evil.example/a.pdf",
        "https://files.example.com:8443/a.pdf",
        "https://user:pw@files.example.com/a.pdf",
        "https://files.example.com@evil.example/a.pdf",
        "ftp://files.example.com/a.pdf",
        "file:///etc/passwd",
        "https://[::1/a.pdf",
        "https://files.example.com/a.pdf\r\nX: y",
    ],
)
def test_an_address_that_the_mapping_does_not_allow_is_not_asked(address: str) -> None:
    allowing = Attachments(None, frozenset({"files.example.com"}))
    assert code(allowing.look(address)) == "file_not_allowed"


@pytest.mark.parametrize(
    "address",
    [
        "https://user:hunter2@files.example.com/a.pdf",
        "https://hunter2@files.example.com/a.pdf",
        "https://files.example.com:x/a.pdf?token=hunter2",
        "http://files.example.com/a.pdf#hunter2",
        "https://a@b:hunter2@files.example.com/a.pdf",
    ],
)
def test_what_may_be_a_key_to_an_address_is_in_no_sentence(address: str) -> None:
    fault = Attachments(None, frozenset({"files.example.com"})).look(address)
    assert fault is not None
    assert "files.example.com" in fault.message
    assert "hunter2" not in fault.message


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://files.example.com/a.pdf", True),
        ("https://FILES.example.com:443/a.pdf", True),
        ("https://eu.cdn.example.org/a.pdf", True),
        ("https://cdn.example.org/a.pdf", False),
        ("https://evilcdn.example.org/a.pdf", False),
    ],
)
def test_a_host_or_all_below_it_may_be_allowed(address: str, *, allowed: bool) -> None:
    hosts = frozenset({"files.example.com", "*.cdn.example.org"})
    assert (Attachments(None, hosts).look(address) is None) is allowed


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1", "fe80::1%eth0",
     "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"]
)
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


class Server(ThreadingHTTPServer):
    answers: dict[str, Callable[[Handler], None]]

    @property
    def host(self) -> str:
        return f"localhost:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.answers[self.path](self)

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
        server.answers = {}
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def allowing(server: Server, certificate: Path) -> Attachments:
    """What may ask the server, though it is on loopback."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    policy = AddressPolicy(permits=lambda _: True, context=trusting, idle_seconds=5.0)
    return Attachments(None, frozenset({server.host}), policy=policy)


def test_a_file_behind_an_address_is_read_whole(server: Server, allowing: Attachments) -> None:
    server.answers["/my%20cv.pdf?key=1"] = lambda asked: asked.reply(
        200, PDF, Content_Type="application/pdf; q=1"
    )
    file = allowing.load(f"https://{server.host}/my cv.pdf?key=1")
    assert isinstance(file, FileContent)
    assert (file.name, file.media_type, file.content) == ("my cv.pdf", "application/pdf", PDF)


def test_one_without_a_suffix_gets_that_of_its_type_and_is_judged_by_it(
    server: Server, allowing: Attachments
) -> None:
    server.answers["/d/1"] = lambda asked: asked.reply(200, PDF, Content_Type="application/pdf")
    file = replace(allowing, accepts=(".pdf",)).load(f"https://{server.host}/d/1")
    assert isinstance(file, FileContent)
    assert file.name == "1.pdf"
    assert code(replace(allowing, accepts=(".png",)).load(f"https://{server.host}/d/1")) == "wrong_file_type"


def test_a_redirect_is_followed_to_an_allowed_host_and_to_no_other(
    server: Server, allowing: Attachments
) -> None:
    server.answers["/old.pdf"] = lambda asked: asked.reply(302, Location="/new.pdf")
    server.answers["/new.pdf"] = lambda asked: asked.reply(200, PDF)
    server.answers["/away.pdf"] = lambda asked: asked.reply(302, Location="https://evil.example/a.pdf")
    server.answers["/plain.pdf"] = lambda asked: asked.reply(
        302, Location=f"http://{asked.server.host}/new.pdf"
    )
    server.answers["/loop.pdf"] = lambda asked: asked.reply(302, Location="/loop.pdf")
    found = {
        name: code(allowing.load(f"https://{server.host}/{name}.pdf"))
        for name in ("old", "away", "plain", "loop")
    }
    assert found == {
        "old": None,
        "away": "file_not_allowed",
        "plain": "file_not_allowed",
        "loop": "file_unreachable",
    }


def test_a_name_that_leads_to_a_private_address_is_not_asked(server: Server, allowing: Attachments) -> None:
    asked: list[str] = []
    server.answers["/a.pdf"] = lambda handler: asked.append(handler.path)
    careful = replace(allowing, policy=replace(allowing.policy, permits=is_public))
    assert code(careful.load(f"https://{server.host}/a.pdf")) == "file_not_allowed"
    assert asked == []


def test_a_file_without_end_is_left_once_it_is_too_large(server: Server, allowing: Attachments) -> None:
    server.answers["/big.pdf"] = lambda asked: asked.reply(200, b"x" * 300_000)
    assert code(replace(allowing, largest=100_000).load(f"https://{server.host}/big.pdf")) == "file_too_large"


def test_a_file_that_drips_is_left_when_its_time_is_over(server: Server, allowing: Attachments) -> None:
    server.answers["/slow.pdf"] = lambda asked: asked.reply(200, b"x" * 300_000)
    moments = iter(range(0, 10_000, 200))
    hurried = replace(allowing, policy=replace(allowing.policy, clock=lambda: float(next(moments))))
    assert code(hurried.load(f"https://{server.host}/slow.pdf")) == "file_unreachable"


@pytest.mark.parametrize(
    ("status", "expected"), [(404, "file_not_found"), (403, "file_not_found"), (503, "file_unreachable")]
)
def test_what_the_server_refuses_is_told_by_whether_another_try_helps(
    server: Server, allowing: Attachments, status: int, expected: str
) -> None:
    server.answers["/a.pdf"] = lambda asked: asked.reply(status)
    assert code(allowing.load(f"https://{server.host}/a.pdf")) == expected


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(server: Server, allowing: Attachments) -> None:
    server.answers["/a.pdf"] = lambda asked: asked.reply(200, PDF)
    strict = replace(allowing, policy=replace(allowing.policy, context=None))
    found = strict.load(f"https://{server.host}/a.pdf?secret=1")
    assert isinstance(found, Fault)
    assert (found.code, "certificate" in found.message, "secret" in found.message) == (
        "file_unreachable",
        True,
        False,
    )
