from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import StateError
from importer.state import Previous, StateFolder, changes_since
from importer.state.journal import Journal, Run, RunState

BOTH_STORES = "folder"

CHANGED = "Email\nada@example.test\ngrace@example.test\n"


@pytest.fixture
def candidate(state: StateFolder, make_run: Callable[..., Run]) -> Callable[..., Run]:
    """The run that a command would begin now."""
    return lambda **parts: make_run(state.new_run().path, **parts)


def stop(journal: Journal) -> Run:
    journal.set_state(RunState.STOPPED, "SIGINT")
    journal.close()
    return journal.run


def finish(journal: Journal) -> Run:
    journal.set_state(RunState.FINISHED)
    journal.close()
    return journal.run


def test_the_first_run_has_no_previous(state: StateFolder, candidate: Callable[..., Run]) -> None:
    assert state.previous(candidate()) is None


def test_the_same_command_finds_its_stopped_run(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stopped = stop(begin())
    assert state.previous(candidate()) == Previous(run=stopped)


def test_a_finished_run_of_the_same_is_known_as_finished(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    finish(begin())
    previous = state.previous(candidate())
    assert previous is not None
    assert previous.finished


@pytest.mark.parametrize("reference", ["./contacts.csv", "copies/the same people.csv"])
def test_the_same_bytes_under_another_name_are_the_same_source(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], reference: str
) -> None:
    finish(begin())
    previous = state.previous(candidate(reference=reference))
    assert previous is not None
    assert previous.finished


def test_a_source_changed_under_a_stopped_run_is_told(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stopped = stop(begin())
    previous = state.previous(candidate(content=CHANGED))
    assert previous is not None
    message = str(previous.conflict("importer resume it"))
    assert previous.run.id == stopped.id
    assert "contacts.csv has changed" in message
    assert "importer resume it." in message
    assert "--fresh" in message


def test_a_mapping_changed_under_a_stopped_run_is_told(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stop(begin())
    previous = state.previous(candidate(mapping_text="version: 1\nmode: create_only\n"))
    assert previous is not None
    assert previous.differences == ("the mapping contacts.yaml has changed",)


@pytest.mark.parametrize(
    "parts",
    [
        {"content": CHANGED},
        {"mapping_text": "version: 1\nmode: create_only\n"},
    ],
)
def test_what_changed_since_a_finished_run_is_imported_anew(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], parts: dict[str, str]
) -> None:
    finish(begin())
    assert state.previous(candidate(**parts)) is None


@pytest.mark.parametrize(
    "parts",
    [
        {"location_id": "location2"},
        {"base_url": "https://another.example.test"},
        {"sandbox": True},
        {"options": {"limit": 10}},
        {"mapping_path": "other.yaml", "mapping_text": "version: 1\nmode: create_only\n"},
        {"content": CHANGED, "reference": "others.csv"},
    ],
)
def test_another_import_is_neither_a_repetition_nor_a_conflict(
    state: StateFolder,
    begin: Callable[..., Journal],
    candidate: Callable[..., Run],
    parts: dict[str, object],
) -> None:
    stop(begin())
    assert state.previous(candidate(**parts)) is None


def test_a_source_changed_and_changed_back_is_imported_again(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    finish(begin())
    finish(begin(content=CHANGED))
    assert state.previous(candidate()) is None


def test_the_embedded_sandbox_is_one_place_whatever_its_port(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stopped = stop(begin(sandbox=True, base_url="http://127.0.0.1:1111"))
    assert state.previous(candidate(sandbox=True, base_url="http://127.0.0.1:2222")) == Previous(run=stopped)


def test_standard_input_is_another_source_each_time(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stop(begin(reference="-"))
    assert state.previous(candidate(reference="-", content=CHANGED)) is None


@pytest.mark.file_alone
def test_a_damaged_run_of_the_same_source_is_told_and_one_of_another_source_is_not(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    with begin() as journal:
        pass
    journal.path.write_bytes(b"no journal" * 1_000)
    with pytest.raises(StateError, match=r"damaged .*--fresh"):
        state.previous(candidate())
    assert state.previous(candidate(content=CHANGED)) is None


@pytest.mark.file_alone
def test_a_run_without_its_identity_beside_it_is_still_found(
    state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
) -> None:
    stopped = stop(begin())
    (state.run_folder(stopped.id) / "identity.json").unlink()
    assert state.previous(candidate()) == Previous(run=stopped)


class TestChangesSince:
    def test_an_unchanged_or_deleted_source_is_no_change(
        self, begin: Callable[..., Journal], tmp_path: Path
    ) -> None:
        run = stop(begin())
        assert changes_since(run) == ()
        (tmp_path / "contacts.csv").write_text("Email\nada@example.test\n")
        (tmp_path / "contacts.yaml").write_text("version: 1\n")
        assert changes_since(run) == ()

    def test_a_changed_source_is_named(self, begin: Callable[..., Journal], tmp_path: Path) -> None:
        run = stop(begin())
        (tmp_path / "contacts.csv").write_text(CHANGED)
        assert changes_since(run) == ("contacts.csv has changed",)

    def test_a_mapping_that_is_broken_now_has_changed(
        self, begin: Callable[..., Journal], tmp_path: Path
    ) -> None:
        run = stop(begin())
        (tmp_path / "contacts.yaml").write_text("version: [")
        assert changes_since(run) == ("the mapping contacts.yaml has changed",)
