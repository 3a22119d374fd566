"""Drafts: private folders that survive a crash and go by themselves."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import SettingsError
from importer.ui.drafts import ChangedElsewhereError, Drafts, safe_name
from tests.state.conftest import HandClock

DAY = 86_400.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock(1_800_000_000.0)


@pytest.fixture
def drafts(tmp_path: Path, clock: HandClock) -> Drafts:
    return Drafts(tmp_path / "state", clock=clock)


def test_what_was_decided_is_there_after_the_program_ended(drafts: Drafts, clock: HandClock) -> None:
    draft = drafts.create()
    drafts.change(draft.id, name="a.csv", source="a.csv", reading={"sheet": "Leads"}, acknowledged=("Opt",))

    again = Drafts(drafts.path.parent, clock=clock).open(draft.id)

    assert (again.name, again.reading, again.acknowledged, again.version) == (
        "a.csv",
        {"sheet": "Leads"},
        ("Opt",),
        2,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_a_draft(drafts: Drafts) -> None:
    draft = drafts.create()
    folder = drafts.folder(draft.id)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_change_upon_an_older_state_is_refused(drafts: Drafts) -> None:
    draft = drafts.create()
    drafts.change(draft.id, version=draft.version, name="first")

    with pytest.raises(ChangedElsewhereError, match="another window"):
        drafts.change(draft.id, version=draft.version, name="second")
    assert drafts.open(draft.id).name == "first"


@pytest.mark.parametrize(
    "said", ["..", "../../etc", "20270115-080000-0000000g", "/etc", "", "20270115-080000-00000000/x"]
)
def test_what_is_no_id_is_never_a_path(drafts: Drafts, said: str) -> None:
    with pytest.raises(SettingsError, match="no such draft"):
        drafts.folder(said)


def test_a_draft_without_a_file_is_not_listed(drafts: Drafts) -> None:
    drafts.create()
    with_file = drafts.create()
    drafts.change(with_file.id, source="a.csv")

    assert [each.id for each in drafts.list()] == [with_file.id]


def test_drafts_that_nobody_changed_for_a_week_are_gone(drafts: Drafts, clock: HandClock) -> None:
    old, young = drafts.create(), drafts.create()
    clock.at += 6 * DAY
    drafts.change(young.id, name="looked at")
    clock.at += 1.5 * DAY

    assert drafts.sweep() == 1
    assert not drafts.folder(old.id).exists()
    assert drafts.folder(young.id).exists()


def test_a_discarded_draft_leaves_nothing(drafts: Drafts) -> None:
    draft = drafts.create()
    (drafts.folder(draft.id) / "people.csv").write_text("Ann")

    drafts.discard(draft.id)

    assert list(drafts.path.iterdir()) == []


def test_a_draft_that_is_gone_says_so(drafts: Drafts) -> None:
    draft = drafts.create()
    drafts.discard(draft.id)

    with pytest.raises(SettingsError, match="not there any more"):
        drafts.open(draft.id)


@pytest.mark.parametrize("kept", ["", "[]", '{"version": "x"', '"text"', '{"created_at": 1}'])
def test_a_damaged_note_is_no_draft(drafts: Drafts, kept: str) -> None:
    draft = drafts.create()
    (drafts.folder(draft.id) / "draft.json").write_text(kept)

    with pytest.raises(SettingsError, match="not there any more"):
        drafts.open(draft.id)


def test_a_draft_holds_no_token(drafts: Drafts) -> None:
    draft = drafts.create()

    kept = json.loads((drafts.folder(draft.id) / "draft.json").read_text())

    assert not [name for name in kept if "token" in name or "secret" in name]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("contacts.csv", "contacts.csv"),
        ("C:\\Users\\Ann\\Müller & Co.xlsx", "Müller _ Co.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("draft.json", "file-draft.json"),
        ("mapping.yaml", "file-mapping.yaml"),
        ("CON.csv", "file-CON.csv"),
        ("a\nb\x1b[31m.csv", "a_b__31m.csv"),
        ("x" * 300 + ".xlsx", "x" * 115 + ".xlsx"),
    ],
)
def test_a_browsers_name_for_a_file_is_made_harmless(said: str, name: str) -> None:
    assert safe_name(said) == name


@given(st.text(max_size=200))
def test_no_name_leads_out_of_its_folder(said: str) -> None:
    name = safe_name(said)

    assert Path(name).name == name
    assert name not in {"", ".", "..", "draft.json"}
    assert len(name) <= 130


def test_a_state_folder_that_the_screen_makes_is_its_owners_alone(tmp_path: Path) -> None:
    Drafts(tmp_path / "state").create()

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "state", tmp_path / "state" / "drafts")} == {
        0o700
    }
