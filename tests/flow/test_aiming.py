"""Before the first write a run names its target, and asks where somebody sits at the terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from importer.sandbox import Sandbox
from tests.flow.conftest import Desk
from tests.flow.test_plan_command import Planned
from tests.patience import PATIENCE

pty = pytest.importorskip("pty", reason="a terminal of our own needs a Unix")

PEOPLE = (
    "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\nBob,bob@example.com,,vip;spring\nCy,cy@example.com,,\n"
)
ASKED = "Send them? [y/N]"


class Terminal:
    """A command whose stdin and stderr are a terminal, as an operator has them; stdout is a pipe."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def until(self, wanted: str, seconds: float = PATIENCE) -> None:
        """Read on until something is shown."""
        until = time.monotonic() + seconds
        while wanted not in self.shown:
            assert time.monotonic() < until, self.shown
            if not self._read():
                raise AssertionError(self.shown)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """Read to the end, and give the exit code."""
        while self._read():
            pass
        code = self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self._ours)
        return code

    def _read(self) -> bool:
        try:
            read = os.read(self._ours, 65_536)
        except OSError:  # the other side is closed
            return False
        self.shown += read.decode()
        return bool(read)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(desk: Desk, vendor: Sandbox, forked_importer: tuple[str, ...]) -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_one(*words: str, **environment: str) -> Terminal:
        opened.append(Terminal((*forked_importer, *words), environment))
        return opened[-1]

    desk.write("people.csv", PEOPLE)
    vendor.add_contact("loc1", email="ann@example.com")
    yield open_one
    for each in opened:
        each.process.kill()


RUN = ("run", "people.csv", "-m", "mapping.yaml", "--no-progress")


def written(vendor: Sandbox, location_id: str = "loc1") -> set[str]:
    return {contact["email"] for contact in vendor.contacts(location_id)}


def test_the_target_is_named_with_all_that_a_run_would_do_there(terminal: Open, vendor: Sandbox) -> None:
    asked = terminal(*RUN)
    asked.until(ASKED)
    told = " ".join(asked.shown.split())
    assert "(loc1): 3 rows, about 2 of them new, judging by 3 that were looked up." in told
    assert "Tags: vip, spring." in told
    assert "1 published workflow there; any may react" in told
    assert written(vendor) == {"ann@example.com"}
    asked.type("y\n")
    assert asked.end() == 0
    assert len(written(vendor)) == 3


@pytest.mark.parametrize("keys", ["n\n", "\n", "\x04", "yesterday\n", "\x03"])
def test_anything_but_a_yes_sends_nothing(terminal: Open, vendor: Sandbox, desk: Desk, keys: str) -> None:
    asked = terminal(*RUN)
    asked.until(ASKED)
    if keys == "\x03":  # it is no session leader with this terminal, so the key alone would reach nobody
        asked.process.send_signal(signal.SIGINT)
    else:
        asked.type(keys)
    assert asked.end() == 2
    assert "Nothing was sent." in asked.shown
    assert ("Ctrl-C is taken for a no." in asked.shown) == (keys == "\x03")
    assert "in the air" not in asked.shown
    assert written(vendor) == {"ann@example.com"}
    assert "There are no runs" in desk.importer("runs").err


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("--yes",), {}),
        (("-q",), {}),
        (("--json",), {}),
        (("--sandbox",), {}),
        ((), {"IMPORTER_YES": "1"}),
    ],
)
def test_who_wants_no_question_is_asked_none(
    terminal: Open, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    unasked = terminal(*RUN, *words, **environment)
    assert unasked.end() == 0, unasked.shown
    assert "[y/N]" not in unasked.shown


def test_a_script_goes_on_unasked_and_is_told_the_target(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    vendor.add_contact("loc1", email="ann@example.com")
    ended = desk.importer(*RUN)
    assert ended.code == 0
    told = " ".join(ended.err.split())
    assert (
        "(loc1): 3 rows, about 2 of them new, judging by 3 that were looked up. Tags: vip, spring. 1 published workflow"
        in told
    )
    assert told.count("Into ") == 1


@pytest.mark.parametrize("word", ["-q", "--json"])
def test_who_reads_nothing_costs_no_look_ups(desk: Desk, vendor: Sandbox, word: str) -> None:
    desk.write("people.csv", PEOPLE)
    assert desk.importer(*RUN, word).code == 0
    assert not [path for path in vendor.state()["paths"] if "duplicate" in path or "workflows" in path]


def test_a_run_that_was_agreed_to_goes_on_unasked(terminal: Open, vendor: Sandbox) -> None:
    asked = terminal(*RUN, "--concurrency", "1", "--stop-after-failures", "1")
    vendor.leave_for_today("loc1", 7)
    asked.until(ASKED)
    asked.type("yes\n")
    assert asked.end() == 3, asked.shown
    vendor.leave_for_today("loc1", 200_000)
    resumed = terminal("resume", "--no-progress")
    assert resumed.end() in {0, 3}
    assert "[y/N]" not in resumed.shown


def test_another_location_than_last_time_is_said_and_asked_about_again(
    terminal: Open, desk: Desk, vendor: Sandbox
) -> None:
    desk.importer(*RUN)
    again = (*RUN, "--location", "loc2")
    asked = terminal(*again)
    asked.until(ASKED)
    assert "This mapping last went into another location: loc1" in " ".join(asked.shown.split())
    asked.type("y\n")
    asked.until("is that meant? [y/N]")
    assert written(vendor, "loc2") == set()
    asked.type("n\n")
    assert asked.end() == 2
    assert written(vendor, "loc2") == set()
    told = desk.importer(*again)
    assert told.code == 0
    assert "This mapping last went into another location: loc1" in told.err
    assert "This mapping last went" not in desk.importer(*again, "--fresh").err


def test_another_location_than_the_mapping_names_is_said(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    desk.write("fixed.yaml", "version: 1\nlocation: loc1\nfields: {email: Mail}\n")
    words = ("run", "people.csv", "-m", "fixed.yaml", "--no-progress")
    named = "The mapping itself names another location: loc1."
    assert named in " ".join(desk.importer(*words, "--location", "loc2").err.split())
    assert named not in " ".join(desk.importer(*words).err.split())


def test_several_sub_accounts_are_named_with_their_rows(desk: Desk, terminal: Open, vendor: Sandbox) -> None:
    desk.write("many.yaml", "version: 1\nlocation: {column: Where}\nfields: {email: Mail}\n")
    desk.write("many.csv", "Mail,Where\na@example.com,locA\nb@example.com,locB\nc@example.com,locB\n")
    asked = terminal("run", "many.csv", "-m", "many.yaml", "--no-progress")
    asked.until(ASKED)
    told = " ".join(asked.shown.split())
    assert "Into 2 sub-accounts (" in told
    assert "(locB): 2 rows" in told
    asked.type("n\n")
    assert asked.end() == 2


def test_a_mapping_that_hardly_fits_is_said_before_the_first_write_and_in_the_summary(
    terminal: Open, desk: Desk
) -> None:
    desk.write("few.csv", "Email,Code\na@example.com,7\n")
    asked = terminal("run", "few.csv", "-m", "hubspot", "--location", "loc1", "--no-progress")
    asked.until(ASKED)
    question = " ".join(asked.shown.split()).split(" Into ")[-1]
    assert "few.csv: 14 of the 15 rules that read a column find none in this file: 'First Name'" in question
    asked.type("y\n")
    assert asked.end() == 0
    (written_to,) = desk.folder.rglob("summary.json")
    summary = json.loads(written_to.read_text(encoding="utf-8"))
    (doubt,) = summary["sources"][0]["doubts"]
    assert "find none in this file" in doubt


def test_the_answer_is_remembered_with_the_run(terminal: Open, desk: Desk, vendor: Sandbox) -> None:
    asked = terminal(*RUN)
    asked.until(ASKED)
    asked.type("y\n")
    assert asked.end() == 0
    retried = terminal("retry", "--no-progress")
    assert retried.end() == 0
    assert "[y/N]" not in retried.shown
    assert json.loads(desk.importer("show", "--json").out)["created"] == 2


def test_the_first_import_by_a_mapping_is_advised_a_trial_and_a_trial_says_so(
    terminal: Open, desk: Desk, vendor: Sandbox
) -> None:
    desk.write("people.csv", PEOPLE + "".join(f"P{n},p{n}@example.com,,\n" for n in range(5)))
    asked = terminal(*RUN)
    asked.until(ASKED)
    assert "--trial 5 sends so many rows" in asked.shown
    asked.type("n\n")
    assert asked.end() == 2
    tried = terminal(*RUN, "--trial", "2")
    tried.until(ASKED)
    assert "a trial of 2 of 8 rows" in " ".join(tried.shown.split())
    assert "--trial 5" not in tried.shown
    tried.type("y\n")
    assert tried.end() == 3
    assert written(vendor) == {"ann@example.com", "bob@example.com"}


def about_contacts(vendor: Sandbox) -> int:
    """Count the calls so far that read or write contacts."""
    return sum(count for path, count in vendor.state()["paths"].items() if " contacts" in path)


def planned(desk: Desk) -> str:
    return str(Planned(desk, "people.csv", "-m", "mapping.yaml").summary["plan_id"])


def test_apply_names_the_target_and_what_the_plan_does_there(
    terminal: Open, desk: Desk, vendor: Sandbox
) -> None:
    plan = planned(desk)
    before = about_contacts(vendor)
    asked = terminal("apply", plan, "--no-progress")
    asked.until(ASKED)
    assert about_contacts(vendor) == before, "what was decided is not looked up again"
    told = " ".join(asked.shown.split())
    assert f"(loc1): 3 rows, by plan {plan}: 2 to create, 1 to update." in told
    assert written(vendor) == {"ann@example.com"}
    asked.type("y\n")
    assert asked.end() == 0
    assert len(written(vendor)) == 3


def test_apply_advises_no_trial_which_it_has_not(terminal: Open, desk: Desk) -> None:
    desk.write("people.csv", PEOPLE + "".join(f"P{n},p{n}@example.com,,\n" for n in range(5)))
    asked = terminal("apply", planned(desk), "--no-progress")
    asked.until(ASKED)
    assert "--trial" not in asked.shown
    asked.type("n\n")
    assert asked.end() == 2


@pytest.mark.parametrize("keys", ["n\n", "\x04"])
def test_anything_but_a_yes_applies_nothing_and_leaves_the_plan_to_be_applied(
    terminal: Open, desk: Desk, vendor: Sandbox, keys: str
) -> None:
    plan = planned(desk)
    asked = terminal("apply", plan, "--no-progress")
    asked.until(ASKED)
    asked.type(keys)
    assert asked.end() == 2
    assert "Nothing was sent. The plan stays as it is" in " ".join(asked.shown.split())
    assert "--location" not in asked.shown
    assert written(vendor) == {"ann@example.com"}
    assert vendor.state()["paths"].get("PUT contacts/*", 0) == 0
    assert "There are no runs" in desk.importer("runs").err
    assert desk.importer("apply", plan, "--no-progress").code == 0
    assert len(written(vendor)) == 3


@pytest.mark.parametrize(
    ("words", "environment"),
    [(("--yes",), {}), (("-q",), {}), (("--json",), {}), ((), {"IMPORTER_YES": "1"})],
)
def test_who_wants_no_question_of_apply_is_asked_none(
    terminal: Open, desk: Desk, vendor: Sandbox, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    unasked = terminal("apply", planned(desk), "--no-progress", *words, **environment)
    assert unasked.end() == 0, unasked.shown
    assert "[y/N]" not in unasked.shown
    assert len(written(vendor)) == 3


def test_a_script_applies_unasked_and_is_told_the_target(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    ended = desk.importer("apply", planned(desk), "--no-progress")
    assert ended.code == 0
    assert "(loc1): 3 rows" in ended.err


def test_a_comparing_run_asks_with_what_it_found(terminal: Open, desk: Desk, vendor: Sandbox) -> None:
    asked = terminal(*RUN, "--compare")
    asked.until(ASKED)
    told = " ".join(asked.shown.split())
    assert "(loc1): 3 rows, compared with its contacts: 2 to create, 1 to update." in told
    assert written(vendor) == {"ann@example.com"}
    asked.type("n\n")
    assert asked.end() == 2
    assert written(vendor) == {"ann@example.com"}


def test_an_undo_asks_with_what_it_would_do_and_a_no_leaves_all_as_it_is(
    terminal: Open, desk: Desk, vendor: Sandbox
) -> None:
    run_id = desk.run("people.csv", "-m", "mapping.yaml").summary["run_id"]
    asked = terminal("undo", run_id, "--no-progress", IMPORTER_YES="1")
    asked.until("Take it back? [y/N]")
    shown = " ".join(asked.shown.split())
    assert f"Taking back run {run_id} (people.csv) in Sandbox loc1 (loc1):" in shown
    assert "2 created contacts: deleted" in shown
    assert "Up to 16 requests" in shown  # one of them met the location
    asked.type("n\n")
    assert asked.end() == 2
    assert len(vendor.contacts("loc1")) == 3
    assert desk.importer("show", run_id, "--json").summary["undone_at"] is None
