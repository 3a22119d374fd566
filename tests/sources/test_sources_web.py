from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import pytest

from importer.errors import SourceError
from importer.sources import stage, web
from importer.sources.sheets import export_url, is_sheet
from importer.sources.web import WebPolicy, copy_web

CONTENT = b"Name,E-mail\n" + b"".join(b"Ada %d,ada%d@example.com\n" % (n, n) for n in range(5000))
OTHER = CONTENT.replace(b"Ada", b"Eva")

Answer: TypeAlias = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    answers: dict[str, Answer]
    seen: list[tuple[str, dict[str, str]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.answers[self.path.partition("?")[0]](self)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers, running.seen = {}, []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Waits(list[float]):
    """Stands in for sleeping: remembers how long, and does not."""

    @property
    def policy(self) -> WebPolicy:
        return WebPolicy(sleep=self.append, timeout_seconds=5)


def test_a_file_is_downloaded_byte_for_byte(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200, CONTENT)
    staged = stage(f"{server.url}/contacts.csv?sig=secret", tmp_path, 2)
    assert staged.fingerprint == hashlib.sha256(CONTENT).hexdigest()
    assert (staged.name, staged.path.name) == ("contacts.csv", "contacts.csv")
    assert "secret" not in repr(staged)


def test_redirects_are_followed(server: Server, tmp_path: Path) -> None:
    server.answers["/latest"] = lambda ask: ask.reply(302, Location="/contacts.csv")
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200, CONTENT)
    assert stage(f"{server.url}/latest", tmp_path, 0).size == len(CONTENT)


def test_a_redirect_into_the_clear_is_refused(server: Server, tmp_path: Path) -> None:
    server.answers["/latest"] = lambda ask: ask.reply(302, Location="http://example.com/contacts.csv")
    with pytest.raises(SourceError, match=r"http://example\.com/contacts\.csv is not encrypted"):
        stage(f"{server.url}/latest", tmp_path, 0)


def test_an_endless_redirect_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers["/loop"] = lambda ask: ask.reply(302, Location="/loop")
    with pytest.raises(SourceError, match="302"):
        stage(f"{server.url}/loop", tmp_path, 0)


def test_the_password_goes_to_its_own_server_and_not_along_a_redirect(server: Server, tmp_path: Path) -> None:
    server.answers["/latest"] = lambda ask: ask.reply(302, Location=f"{server.url}/contacts.csv")
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200, CONTENT)
    staged = stage(f"{server.url.replace('//', '//joe:p%40ss@')}/latest", tmp_path, 0)
    assert staged.reference == f"{server.url.replace('//', '//joe:***@')}/latest"
    (_, first), (_, second) = server.seen
    assert first["Authorization"] == "Basic " + base64.b64encode(b"joe:p@ss").decode()
    assert "Authorization" not in second


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Log in"),
        (403, "may have expired"),
        (404, "Nothing is there"),
        (410, "taken away"),
        (418, "418"),
    ],
)
def test_a_refusal_is_said_with_its_status_and_what_to_do(
    server: Server, tmp_path: Path, status: int, words: str
) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(status)
    with pytest.raises(SourceError, match=rf"the server answers {status}.*{words}|{words}"):
        stage(f"{server.url}/contacts.csv?token=hidden", tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    answers = iter([503, 429, 200])

    def answer(ask: Handler) -> None:
        status = next(answers)
        ask.reply(status, CONTENT if status == 200 else b"")

    server.answers["/contacts.csv"] = answer
    waits = Waits()
    assert copy_web(f"{server.url}/contacts.csv", tmp_path, 0, policy=waits.policy).size == len(CONTENT)
    assert waits == [1, 2]


def test_a_server_that_stays_down_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(503)
    with pytest.raises(SourceError, match="503 Service Unavailable, 4 times"):
        copy_web(f"{server.url}/contacts.csv", tmp_path, 0, policy=Waits().policy)


def test_nobody_listening_is_said(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    with pytest.raises(SourceError, match=r"no connection \(Connection refused"):
        copy_web(f"http://127.0.0.1:{port}/contacts.csv", tmp_path, 0, policy=Waits().policy)


def broken_once(versions: tuple[bytes, bytes], *, ranges: bool) -> Answer:
    """Send a third of the first version and hang up; then what the request asks for of the second."""
    calls = iter(range(10))

    def answer(ask: Handler) -> None:
        first = next(calls) == 0
        content = versions[0] if first else versions[1]
        tag = '"' + hashlib.md5(content, usedforsecurity=False).hexdigest() + '"'
        if first:
            ask.reply(200, content[: len(content) // 3], length=len(content), ETag=tag)
        elif ranges and ask.headers.get("If-Range") == tag:
            start = int(ask.headers["Range"].removeprefix("bytes=").rstrip("-"))
            ask.reply(206, content[start:], ETag=tag)
        else:
            ask.reply(200, content, ETag=tag)

    return answer


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
def test_a_truncated_download_ends_whole(server: Server, tmp_path: Path, *, ranges: bool) -> None:
    server.answers["/contacts.csv"] = broken_once((CONTENT, CONTENT), ranges=ranges)
    copy = copy_web(f"{server.url}/contacts.csv", tmp_path, 0, policy=Waits().policy)
    assert copy.path.read_bytes() == CONTENT
    assert copy.fingerprint == hashlib.sha256(CONTENT).hexdigest()
    assert server.seen[1][1]["Range"] == f"bytes={len(CONTENT) // 3}-"


def test_a_file_replaced_in_the_middle_is_never_mixed(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = broken_once((CONTENT, OTHER), ranges=True)
    assert (
        copy_web(f"{server.url}/contacts.csv", tmp_path, 0, policy=Waits().policy).path.read_bytes() == OTHER
    )


def test_a_download_that_always_breaks_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200, b"Name\n", length=99)
    with pytest.raises(SourceError, match="ended after 5 of 99 bytes, 4 times"):
        copy_web(f"{server.url}/contacts.csv", tmp_path, 0, policy=Waits().policy)
    assert list(tmp_path.iterdir()) == []


def test_a_login_page_is_not_taken_for_a_file(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200, b"\n<!DOCTYPE html><title>Log in</title>")
    with pytest.raises(SourceError, match="web page"):
        stage(f"{server.url}/contacts.csv", tmp_path, 0)


def test_an_empty_answer_is_refused(server: Server, tmp_path: Path) -> None:
    server.answers["/contacts.csv"] = lambda ask: ask.reply(200)
    with pytest.raises(SourceError, match="is empty"):
        stage(f"{server.url}/contacts.csv", tmp_path, 0)


def test_spaces_and_letters_beyond_ascii_are_quoted_and_signed_links_kept(
    server: Server, tmp_path: Path
) -> None:
    server.answers["/kund%20%C3%A4.csv"] = lambda ask: ask.reply(200, CONTENT)
    staged = stage(f"{server.url}/kund ä.csv?sig=a%2Fb%2B", tmp_path, 0)
    assert server.seen[0][0] == "/kund%20%C3%A4.csv?sig=a%2Fb%2B"
    assert staged.name == "kund ä.csv"


def test_plain_http_is_for_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not encrypted"):
        stage("http://example.com/contacts.csv", tmp_path, 0)


def test_an_unknown_scheme_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gopher:// is not a kind of source.*s3://"):
        stage("gopher://example.com/contacts.csv", tmp_path, 0)


SHEET = "https://docs.google.com/spreadsheets/d/1AbC-xyz_9"


@pytest.mark.parametrize(
    ("address", "link"),
    [
        (f"{SHEET}/edit?usp=sharing", f"{SHEET}/export?format=xlsx"),
        (f"{SHEET}/edit#gid=123", f"{SHEET}/export?format=csv&gid=123"),
        (f"{SHEET}/edit?gid=0#gid=0", f"{SHEET}/export?format=csv&gid=0"),
        (SHEET, f"{SHEET}/export?format=xlsx"),
    ],
)
def test_the_address_of_a_google_sheet_becomes_its_export_link(address: str, link: str) -> None:
    assert is_sheet(address)
    assert export_url(address) == link


def test_an_export_link_or_a_published_sheet_is_a_download_like_any_other() -> None:
    assert not is_sheet(f"{SHEET}/export?format=csv")
    assert not is_sheet("https://docs.google.com/spreadsheets/d/e/2PACX-1v/pub?output=csv")


def test_the_default_patience_is_bounded() -> None:
    assert (web.ATTEMPTS, web.TIMEOUT_SECONDS) == (4, 60)
