"""The screen's socket: what of the guard's rules arrives there, and what a broken or hostile request does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest

from importer.errors import SettingsError
from importer.state import StateFolder
from importer.ui.guard import CSRF_HEADER
from importer.ui.opening import IDLE_SECONDS, open_screen
from importer.ui.screen import Screen
from importer.ui.server import serving, until_idle
from tests.patience import PATIENCE
from tests.state.conftest import HandClock
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run


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


@pytest.mark.parametrize("name", ["draft.json", "forecast.json", "plan.json", "mapping.csv", "findings"])
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
    async with asyncio.timeout(PATIENCE):
        while _left(screen.drafts.path):  # noqa: ASYNC110  (the server lets go in its own time)
            await asyncio.sleep(0.01)


def _left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_an_empty_upload_is_refused(visitor: Visitor, screen: Screen) -> None:
    status, answer = await visitor.upload("a.csv", b"")

    assert (status, answer["error"]) == (422, "The file is empty.")
    assert screen.drafts.list() == ()


@pytest.mark.parametrize(
    "name",
    [
        "a.csv",
        "A.XLSX",
        "a.csv.gz",
        "a.xml",
        "a.dat",
        "contacts",
        "export.2024",
        "Kontakte 03.24",
        "a.b/c.tsv",
    ],
)
async def test_what_may_be_a_table_by_its_name_is_taken(visitor: Visitor, name: str) -> None:
    assert (await visitor.upload(name, b"Email\na@example.com\n"))[0] == 200


@pytest.mark.parametrize(
    "name",
    ["film.mp4", "photo.PNG", "run.exe", "Mapping.YAML", "findings.db", "a.csv.exe", "c:\\a.csv\\b.pdf"],
)
async def test_what_is_no_table_by_its_name_is_refused_before_a_byte_of_it_is_taken(
    visitor: Visitor, screen: Screen, name: str
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    headers = {CSRF_HEADER: visitor.admission.csrf, "Content-Type": "application/octet-stream"}
    upload = visitor.session.put(
        visitor.url("/api/uploads"), params={"name": name}, data=endless(), headers=headers
    )
    async with upload as reply:
        answer = await reply.json()

    assert (reply.status, answer["error"].partition(" is no table")[0]) == (422, name)
    assert _left(screen.drafts.path) == []


class Waits(HandClock):
    """A clock that goes on by waiting alone, and has something happen meanwhile."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self._happens: dict[float, Callable[[], object]] = {}

    def have(self, *, at: float, happen: Callable[[], object]) -> None:
        self._happens[at] = happen

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        for at in sorted(self._happens):
            if at <= self.at:
                self._happens.pop(at)()


@pytest.mark.timeout(60)
async def test_a_screen_ends_itself_after_twelve_hours_without_a_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Waits()

    await open_screen(tmp_path / "state", output=tmp_path, browser=False, clock=clock)

    assert clock.at == 12 * 3600
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


async def test_the_hours_count_from_the_last_request_and_not_while_a_run_is_under_way(tmp_path: Path) -> None:
    clock = Waits()
    screen = Screen(tmp_path / "state", output=tmp_path, clock=clock)
    clock.have(at=3 * 3600.0, happen=screen.heard)
    with ExitStack() as under_way:
        clock.have(
            at=9 * 3600.0,
            happen=lambda: under_way.enter_context(StateFolder(screen.state).lock(past_run(screen.state))),
        )
        clock.have(at=40 * 3600.0, happen=under_way.close)
        await until_idle(screen, seconds=IDLE_SECONDS)

    assert clock.at == pytest.approx((40 + 12) * 3600, abs=120)  # it looks each minute
    clock.have(at=clock.at + 3600, happen=screen.heard)
    screen.heard()
    await until_idle(screen, seconds=IDLE_SECONDS)
    assert clock.at == pytest.approx((40 + 12 + 1 + 12) * 3600, abs=240)
