"""The screen's socket: what of the guard's rules arrives there, and what a broken or hostile request does."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest

from importer.errors import SettingsError
from importer.ui.screen import Screen
from importer.ui.server import serving, until_idle
from tests.ui.conftest import Visitor


async def test_it_listens_on_this_machine_alone(screen: Screen) -> None:
    async with serving(screen) as admission:
        assert admission.origin.startswith("http://127.0.0.1:")
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(OSError):  # noqa: PT011  (any refusal will do)
                await asyncio.open_connection(own, admission.port)


async def test_a_port_that_is_taken_is_said(screen: Screen) -> None:
    async with serving(screen) as admission:
        with pytest.raises(SettingsError, match="Name another port"):
            async with serving(screen, port=admission.port):
                pass


async def test_the_link_lets_in_one_browser_once(visitor: Visitor) -> None:
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(visitor.admission.link, allow_redirects=False) as late,
    ):
        assert late.status == 403
        assert "Set-Cookie" not in late.headers
    assert (await visitor.get("/"))[0] == 200


async def test_a_stranger_gets_nothing_by_which_a_change_could_be_made(visitor: Visitor) -> None:
    async with aiohttp.ClientSession() as stranger:
        async with stranger.get(visitor.url("/")) as page:
            text = await page.text()
            assert page.status == 403
        async with stranger.get(visitor.url("/api/live")) as live:
            assert live.status == 403
    assert visitor.admission.csrf not in text
    assert visitor.admission.session not in text


async def test_another_name_is_refused_before_anything_else(visitor: Visitor) -> None:
    for path in ("/", "/static/ui.js", "/enter?t=x"):
        async with visitor.session.get(visitor.url(path), headers={"Host": "evil.example"}) as reply:
            assert reply.status == 421


async def test_a_change_without_the_pages_token_changes_nothing(visitor: Visitor, screen: Screen) -> None:
    async with visitor.session.post(visitor.url("/api/sample"), json={}) as forged:
        assert forged.status == 403
    status, _ = await visitor.post("/api/sample", Origin="http://evil.example")

    assert status == 403
    assert screen.drafts.list() == ()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/static/../words.en.json", 404),
        ("/static/screen.py", 404),
        ("/static/vendor/README.md", 404),
        ("/d/20270115-080000-00000000/file", 422),
        ("/d/..%2F..%2Fetc/file", 404),
        ("/r/20270115-080000-abcd", 422),
        ("/r/20270115-080000-abcd/files/journal.db", 422),
        ("/api/d/20270115-080000-00000000/file", 422),
    ],
)
async def test_what_is_not_there_is_said_and_nothing_else(visitor: Visitor, path: str, status: int) -> None:
    found, text = await visitor.get(path)

    assert found == status
    assert "Traceback" not in text


async def test_a_method_that_an_address_does_not_take_is_refused(visitor: Visitor) -> None:
    assert (await visitor.post("/api/live"))[0] == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"on": 1}',
        b'{"on": "yes"}',
        b"[" * 50_000,
        b'{"on": "\\ud800"}',
        b'{"on": true, "more": "\\ud800"}',
    ],
)
async def test_a_body_that_is_not_what_is_asked_for_is_a_fault_of_the_sender(
    visitor: Visitor, body: bytes
) -> None:
    headers = {"X-Importer-Token": visitor.admission.csrf, "Content-Type": "application/json"}
    async with visitor.session.post(visitor.url("/api/mask"), data=body, headers=headers) as reply:
        assert reply.status == 400


async def test_a_body_that_is_too_large_is_not_read(visitor: Visitor) -> None:
    headers = {"X-Importer-Token": visitor.admission.csrf, "Content-Type": "application/json"}
    async with visitor.session.post(visitor.url("/api/mask"), data=b" " * 70_000, headers=headers) as reply:
        assert reply.status == 413


async def test_every_answer_has_the_headers_of_its_kind(visitor: Visitor) -> None:
    for path in ("/", "/static/ui.js", "/api/live", "/nothing"):
        async with visitor.session.get(visitor.url(path)) as reply:
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert "trusted-types 'none'" in reply.headers["Content-Security-Policy"]
            assert not any(name.startswith("Access-Control") for name in reply.headers)


async def test_an_upload_is_kept_in_a_private_draft_under_a_harmless_name(
    visitor: Visitor, screen: Screen
) -> None:
    status, answer = await visitor.upload("../../etc/passwd.csv", b"Email\na@example.com\n")

    draft = screen.drafts.open(answer["draft"])
    assert status == 200
    assert draft.name == "passwd.csv"
    assert screen.drafts.source(draft) == screen.drafts.folder(draft.id) / "file" / "passwd.csv"
    assert screen.drafts.source(draft).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["draft.json", "forecast.json", "plan.json", "Mapping.YAML", "findings.db"])
async def test_an_upload_called_like_a_file_of_the_draft_is_none_of_its_files(
    visitor: Visitor, screen: Screen, name: str
) -> None:
    _, answer = await visitor.upload(name, b"Email\na@example.com\n")

    beside = {path.name for path in screen.drafts.folder(answer["draft"]).iterdir()}
    assert beside == {"draft.json", "file"}
    assert screen.drafts.open(answer["draft"]).name == name


@pytest.mark.parametrize("path", ["/enter?t=guessed", "/enter?t=", "/static/nothing.js", "/enternot"])
async def test_who_was_not_let_in_sees_nothing_by_which_a_change_could_be_made(
    visitor: Visitor, path: str
) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(visitor.url(path)) as reply:
        assert reply.status in {403, 404}
        assert visitor.admission.csrf not in await reply.text()


async def test_a_disk_that_fails_is_told_in_a_sentence(visitor: Visitor, screen: Screen) -> None:
    _, answer = await visitor.upload("a.csv", b"Email\na@example.com\n")
    folder = screen.drafts.folder(answer["draft"])
    (folder / "mapping.yaml").mkdir()

    async with visitor.session.get(visitor.url(f"/api/d/{answer['draft']}/row?row=2")) as reply:
        found = await reply.json()

    assert reply.status == 507
    assert "The state folder cannot be used" in found["error"]


async def test_an_upload_that_breaks_off_leaves_nothing(visitor: Visitor, screen: Screen) -> None:
    async def half() -> object:
        yield b"Email\n"
        await asyncio.sleep(0)
        raise ConnectionError

    headers = {"X-Importer-Token": visitor.admission.csrf, "Content-Type": "application/octet-stream"}
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        async with visitor.session.put(
            visitor.url("/api/uploads"), params={"name": "a.csv"}, data=half(), headers=headers
        ):
            pass
    async with asyncio.timeout(10):
        while _left(screen.drafts.path):  # noqa: ASYNC110  (the server lets go in its own time)
            await asyncio.sleep(0.01)


def _left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_an_empty_upload_is_refused(visitor: Visitor, screen: Screen) -> None:
    status, answer = await visitor.upload("a.csv", b"")

    assert (status, answer["error"]) == (422, "The file is empty.")
    assert screen.drafts.list() == ()


async def test_a_screen_that_nobody_asks_ends(screen: Screen) -> None:
    async with asyncio.timeout(10):
        await until_idle(screen, seconds=0.0)
