from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from importer.jobs.delivery import UndeliveredError, deliver
from importer.jobs.model import Notify
from importer.jobs.notices import Event, Notice
from importer.jobs.notifying import WAITS
from importer.yaml.kinds import read_section
from tests.jobs.jobs_house import House

NOTICE = Notice(
    event=Event.THRESHOLD,
    job="crm",
    at=1_795_451_858.0,
    sentence="30 of 100 rows failed, more than 5 % of the rows. <The others> were imported.",
    host="machine",
    file="contacts.csv",
    run_id="20261123-023000-ab12",
    counts={"rows_read": 100, "created": 60, "updated": 10, "failed": 30},
    errors_by_code={"invalid_email": 30},
    report="/srv/results/report.html",
)


class Hook(ThreadingHTTPServer):
    status = 200
    posted: list[tuple[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/T0/B0/secret"


class Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.posted.append((self.path, None))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook(("127.0.0.1", 0), Handler) as server:
        server.posted = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def channel(**given: Any) -> Notify:
    return read_section(Notify, given)


def test_a_webhook_is_sent_json(hook: Hook) -> None:
    deliver(NOTICE, channel(webhook=hook.url))
    ((_, posted),) = hook.posted
    assert (posted["event"], posted["job"], posted["counts"]["failed"]) == ("threshold", "crm", 30)
    assert Notice.from_json(posted) == NOTICE


def test_slack_is_sent_blocks(hook: Hook) -> None:
    deliver(NOTICE, channel(webhook=hook.url, shape="slack"))
    ((_, posted),) = hook.posted
    assert posted["text"] == "⚠️ Import job crm crossed a threshold"
    assert [block["type"] for block in posted["blocks"]] == ["header", "section", "section"]
    assert "&lt;The others&gt;" in posted["blocks"][1]["text"]["text"]
    assert "invalid_email: 30" in posted["blocks"][2]["text"]["text"]


def test_teams_is_sent_an_adaptive_card(hook: Hook) -> None:
    deliver(NOTICE, channel(webhook=hook.url, shape="teams"))
    ((_, posted),) = hook.posted
    (attachment,) = posted["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    facts = {fact["title"]: fact["value"] for fact in attachment["content"]["body"][2]["facts"]}
    assert facts["Rows"] == "100 rows read, 60 created, 10 updated, 30 failed"


def test_a_heartbeat_is_asked(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT", hook.url)
    deliver(NOTICE, channel(heartbeat="${BEAT}"))
    assert hook.posted == [("/services/T0/B0/secret", None)]


@pytest.mark.parametrize("status", [404, 500])
def test_a_webhook_that_refuses_is_said_without_its_secret_path(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(UndeliveredError, match=rf"127\.0\.0\.1/\*\*\* answers {status}") as caught:
        deliver(NOTICE, channel(webhook=hook.url))
    assert "secret" not in str(caught.value)


def test_a_webhook_that_does_not_answer_is_said() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    with pytest.raises(UndeliveredError, match="does not answer"):
        deliver(NOTICE, channel(webhook=f"http://127.0.0.1:{port}/x"))


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(UndeliveredError, match="SLACK_URL"):
        deliver(NOTICE, channel(webhook="${SLACK_URL}"))


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802  (aiosmtpd's form)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 Message accepted"

    def authenticate(self, *given: object) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[str]:
    """A real SMTP server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=mailbox.authenticate,
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN"],
    )
    controller.start()
    yield f"127.0.0.1:{port}"
    controller.stop()


def test_an_email_arrives_with_the_report_attached(smtp: str, mailbox: Mailbox, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<html>masked</html>", encoding="utf-8")
    notice = Notice.from_json({**NOTICE.to_json(), "report": str(report)})
    deliver(
        notice,
        channel(
            email=["ops@example.com", "boss@example.com"],
            smtp=f"smtp://robot%40example.com:p%40ss@{smtp}",
        ),
    )
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["ops@example.com", "boss@example.com"]]
    assert mailbox.logins == [(b"robot@example.com", b"p@ss")]
    assert mail["Subject"] == "⚠️ Import job crm crossed a threshold"
    assert mail["From"] == "robot@example.com"
    body = mail.get_body()
    assert body is not None
    assert "Causes: invalid_email: 30" in body.get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content().strip()) == ("report.html", "<html>masked</html>")


def test_an_email_without_a_login_and_without_a_report(
    smtp: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", f"smtp://{smtp}")
    deliver(NOTICE, channel(email="ops@example.com", sender="importer@example.com"))
    (mail,) = mailbox.mails
    assert mail["From"] == "importer@example.com"
    assert list(mail.iter_attachments()) == []


def test_a_refused_login_is_said_without_the_password(smtp: str) -> None:
    with pytest.raises(UndeliveredError, match="SMTPAuthenticationError") as caught:
        deliver(NOTICE, channel(email="ops@example.com", smtp=f"smtp://joe:letmein@{smtp}"))
    assert "letmein" not in str(caught.value)


def test_no_mail_server_is_said() -> None:
    with pytest.raises(UndeliveredError, match="SMTP_URL"):
        deliver(NOTICE, channel(email="ops@example.com"))


async def test_what_does_not_arrive_is_tried_again_over_a_restart_and_then_let_go(
    house: House, hook: Hook
) -> None:
    house.write_jobs(
        f"""\
version: 1
jobs:
  crm:
    source: in/*.csv
    mapping: mapping.yaml
    location: ve9EPM428h8vShlRW1KT
    schedule: 30 2 1 1 *
    notify: {{webhook: "{hook.url}"}}
"""
    )
    hook.status = 503

    def resident_with_a_real_way_out() -> Any:
        from dataclasses import replace

        from importer.jobs.resident import Resident

        return Resident(house.jobs(), replace(house.context(), deliver=deliver))

    resident = resident_with_a_real_way_out()
    await house.once(resident)
    assert (len(hook.posted), resident.context.jobs_state.parcels_waiting()) == (1, 1)
    again = resident_with_a_real_way_out()
    await house.live(again, house.clock.now() + 90)
    assert len(hook.posted) == 2
    hook.status = 200
    await house.live(again, house.clock.now() + 400)
    assert (len(hook.posted), again.context.jobs_state.parcels_waiting()) == (3, 0)
    hook.status = 503
    await house.once(again)
    await house.live(again, house.clock.now() + 2 * 86_400)
    assert (len(hook.posted), again.context.jobs_state.parcels_waiting()) == (3 + 1 + len(WAITS), 0)


async def test_heartbeats_beat_while_all_is_well_and_stop_when_it_is_not(house: House, hook: Hook) -> None:
    from tests.jobs.test_jobs_turns import JOBS

    house.write_jobs(JOBS.replace("{webhook:", "{heartbeat:").replace(", on: [always]", ""))
    resident = house.resident()
    house.put("in/contacts-1.csv", {f"a{n}@example.com": ("A", "B") for n in range(9)})
    await house.once(resident)
    assert len(house.told) == 1
    await house.once(resident)
    assert len(house.told) == 1
