"""The commands as processes of their own, in real time, against a sandbox on loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.cli import main
from importer.runtime.own_commands import PROGRAM
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.flow.conftest import Desk, Ended
from tests.jobs.jobs_house import HOME, MAPPING
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals between processes are POSIX")
HEADER = "First Name,E-mail,City\n"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=10_000, daily=0, latency_ms=(1, 2))) as running:
        yield running


class Shop:
    """A folder with a mapping and jobs, and the processes that work in it."""

    def __init__(self, folder: Path, sandbox: Sandbox, desk: Desk, program: tuple[str, ...]) -> None:
        self.program = program
        self.folder = folder
        self.sandbox = sandbox
        self.desk = desk
        (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        (folder / "in").mkdir()
        self.jobs('"* * * * *"')

    def jobs(self, schedule: str, more: str = "") -> None:
        (self.folder / "jobs.yaml").write_text(
            f"version: 1\njobs:\n  crm:\n    source: in/*.csv\n    mapping: mapping.yaml\n    location: {HOME}\n"
            f"    schedule: {schedule}\n    after_success: move:done/\n{more}",
            encoding="utf-8",
        )

    def drop(self, name: str, rows: int, first: int = 0) -> None:
        """Deliver a file as a careful sender does: under another name, then renamed."""
        part = self.folder / "in" / f"{name}.part"
        lines = (f"Ada,a{number}@example.com,London\n" for number in range(first, first + rows))
        part.write_text(HEADER + "".join(lines), encoding="utf-8")
        part.rename(part.with_suffix(""))

    def start(self, *words: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "HIGHLEVEL_TOKEN": "pit-invented",
            "HIGHLEVEL_BASE_URL": self.sandbox.base_url,
            "IMPORTER_STATE": str(self.folder / "state"),
        }
        return subprocess.Popen(
            [*self.program, *words],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> Ended:
        """Run a command that leaves by itself in the test's own process, which has the package loaded."""
        with pytest.MonkeyPatch.context() as here:
            here.chdir(self.folder)
            here.setenv("HIGHLEVEL_TOKEN", "pit-invented")
            here.setenv("HIGHLEVEL_BASE_URL", self.sandbox.base_url)
            here.setenv("IMPORTER_STATE", str(self.folder / "state"))
            return self.desk.importer(*words)

    def finish(self, process: subprocess.Popen[str], number: int | None = None) -> tuple[int, str]:
        if number is not None:
            process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    @property
    def contacts(self) -> int:
        return len(self.sandbox.contacts(HOME))


@pytest.fixture
def shop(
    tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], forked_importer: tuple[str, ...]
) -> Shop:
    return Shop(tmp_path, sandbox, Desk(tmp_path, capsys), forked_importer)


def wait_for(claim: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for another process, on the machine's own clock."""
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as reply:  # noqa: S310  (loopback)
        return str(reply.read().decode())


def test_watch_imports_what_is_there_and_what_is_dropped_in(shop: Shop) -> None:
    shop.drop("before.csv", 3)
    done = shop.folder / "in" / "done"
    process = shop.start(
        "watch",
        "in",
        "-m",
        "mapping.yaml",
        "--location",
        HOME,
        "--still-for",
        "0.2s",
        "--after-success",
        "move:done",
    )
    wait_for((done / "before.csv").exists)
    shop.drop("dropped.csv", 4, first=3)
    (shop.folder / "in" / "notes.md").write_text("no spreadsheet", encoding="utf-8")
    wait_for((done / "dropped.csv").exists)
    code, said = shop.finish(process, signal.SIGTERM)
    assert (code, shop.contacts) == (0, 7)
    assert ", dropped.csv: finished: 4 rows: 4 created" in said
    assert "Traceback" not in said
    assert (shop.folder / "in" / "notes.md").exists()


def test_watch_imports_each_content_once_whatever_it_is_called(shop: Shop) -> None:
    for name, first in (("a.csv", 0), ("b.csv", 1), ("c.csv", 0)):
        shop.drop(name, 3, first)
    words = ("--location", HOME, "--still-for", "0.1s", "--after-success", "move:done")
    process = shop.start("watch", "in", "-m", "mapping.yaml", *words)
    done = shop.folder / "in" / "done"
    wait_for(lambda: all((done / name).exists() for name in ("a.csv", "b.csv", "c.csv")))
    code, said = shop.finish(process, signal.SIGTERM)
    assert (code, shop.contacts) == (0, 4)
    assert "c.csv has the content of a.csv" in said


def test_what_was_tried_in_the_sandbox_is_still_new(shop: Shop) -> None:
    shop.drop("a.csv", 3)
    words = ("watch", "in", "-m", "mapping.yaml", "--location", HOME, "--still-for", "0.1s", "-v")
    for more, imported in ((["--sandbox"], True), ([], True), ([], False)):
        process = shop.start(*words, *more)
        assert process.stderr is not None
        _, said = process.stderr.readline(), process.stderr.readline()
        shop.finish(process, signal.SIGTERM)
        assert ("finished: 3 rows" in said) == imported
    assert shop.contacts == 3


def test_watch_says_what_is_wrong_with_its_words(shop: Shop) -> None:
    ended = shop.run("watch", "nowhere", "-m", "mapping.yaml")
    assert (ended.code, "There is no folder nowhere" in ended.err) == (2, True)
    ended = shop.run("watch", "in", "-m", "mapping.yaml", "--min-age", "soon")
    assert (ended.code, "'soon' is no duration" in ended.err) == (2, True)
    ended = shop.run("watch", "in", "-m", "mapping.yaml", "--full-every", "7")
    assert (ended.code, "Error: full_every goes with changed_only" in ended.err) == (2, True)


def test_serve_runs_jobs_answers_for_its_health_and_stops_in_good_order(shop: Shop) -> None:
    shop.jobs('"0 0 1 1 *"')
    process = shop.start("serve", "jobs.yaml", "--health", "0")
    assert process.stderr is not None
    said = ""
    while not (found := re.search(r"Health on (http://127\.0\.0\.1:\d+)", said)):
        said = process.stderr.readline()
    assert json.loads(ask(found[1] + "/health")) == {"status": "ok"}
    assert json.loads(ask(found[1] + "/status"))["jobs"]["crm"]["health"] == "new"
    assert 'highlevel_importer_job_failing{job="crm"} 0' in ask(found[1] + "/metrics")
    code, said = shop.finish(process, signal.SIGTERM)
    assert (code, "Traceback" in said) == (0, False)


def test_a_second_service_on_a_state_folder_says_who_holds_it_and_leaves(shop: Shop) -> None:
    shop.program = PROGRAM
    shop.jobs('"0 0 1 1 *"')
    first = shop.start("serve", "jobs.yaml")
    assert first.stderr is not None
    while "Serving" not in first.stderr.readline():
        pass
    ended = shop.run("serve", "jobs.yaml")
    assert ended.code == 2
    assert f"is served already, by importer serve jobs.yaml (process {first.pid} on" in ended.err
    assert shop.run("serve", "jobs.yaml", "--check").code == 0
    shop.finish(first, signal.SIGTERM)
    third = shop.start("serve", "jobs.yaml")
    assert third.stderr is not None
    assert "Serving" in third.stderr.readline()
    assert shop.finish(third, signal.SIGTERM)[0] == 0


def test_once_leaves_with_the_exit_code_of_what_happened(shop: Shop) -> None:
    ended = shop.run("serve", "jobs.yaml", "--once")
    assert (ended.code, "There is no new file" in ended.err) == (2, True)
    shop.drop("a.csv", 5)
    assert shop.run("serve", "jobs.yaml", "--once").code == 0
    (shop.folder / "in" / "b.csv").write_text(
        HEADER + "Ada,new@example.com,X\nEva,broken,Y\n", encoding="utf-8"
    )
    assert shop.run("serve", "jobs.yaml", "--once").code == 1
    assert shop.contacts == 6


def test_what_would_keep_jobs_from_working_is_said_before(shop: Shop) -> None:
    assert shop.run("serve", "jobs.yaml", "--check").code == 0
    shop.jobs(
        '"* * * * *"',
        "    token_variable: NO_TOKEN\n    notify: [{webhook: '${NO_HOOK}'}, {email: ops@example.com}]\n",
    )
    (shop.folder / "mapping.yaml").write_text("version: 1\nfields: {firstnam: X}\n", encoding="utf-8")
    ended = shop.run("serve", "jobs.yaml", "--check")
    assert ended.code == 2
    for words in ("NO_TOKEN", "NO_HOOK", "SMTP_URL", "firstnam", "1 job, 4 faults"):
        assert words in ended.err


def test_a_killed_process_is_gone_on_with_by_the_next(shop: Shop) -> None:
    shop.program = PROGRAM
    shop.jobs('"0 0 1 1 *"')
    shop.drop("many.csv", 1500)
    process = shop.start("serve", "jobs.yaml", "--once")
    wait_for(lambda: shop.contacts >= 700)
    shop.finish(process, signal.SIGKILL)
    reached = shop.contacts
    assert reached < 1500
    ended = shop.run("serve", "jobs.yaml", "--once")
    assert (ended.code, shop.contacts) == (0, 1500)
    upserts = sum(each.upserts for each in shop.sandbox.vendor.contacts)
    assert upserts <= 1500 + 400  # what was in the air or in doubt, and not all of it again
    assert (shop.folder / "in" / "done" / "many.csv").exists()


@pytest.mark.parametrize("form", ["--systemd", "--cron", "--windows"])
def test_an_entry_carries_the_state_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    (tmp_path / "jobs.yaml").write_text(
        "version: 1\njobs:\n  crm: {source: a.csv, mapping: m.yaml, schedule: 30 2 * * *}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", "our-state")
    with pytest.raises(SystemExit):
        main(("schedule", "jobs.yaml", form))
    assert f"--state {tmp_path / 'our-state'}" in capsys.readouterr().out
    monkeypatch.delenv("IMPORTER_STATE")
    with pytest.raises(SystemExit):
        main(("schedule", "jobs.yaml", form))
    assert "--state" not in capsys.readouterr().out


def test_schedule_prints_an_entry_and_the_schema(shop: Shop) -> None:
    printed = shop.run("schedule", "jobs.yaml", "--systemd").out
    assert "OnCalendar=*-*-* *:*:00" in printed
    printed = shop.run("schedule", "--schema").out
    assert json.loads(printed)["title"] == "Jobs of highlevel-importer"
    ended = shop.run("schedule", "jobs.yaml", "--job", "crn")
    assert (ended.code, "has no job crn" in ended.err) == (2, True)
