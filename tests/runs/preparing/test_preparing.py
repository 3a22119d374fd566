"""A preparation in a second process does what one in this process does, and a run does without when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.errors import InterruptedRunError, MappingError, SettingsError, SourceError
from importer.highlevel.catalog import Catalog, CustomField
from importer.records import Outcome, Record, Remedy, Status, TypedText, row_id
from importer.runs.preparing import WORTH_A_PROCESS, Preparation, start_early
from importer.runs.preparing.in_subprocess import InSubprocess
from importer.runs.preparing.subprocess_pipe import ProcessLostError, SecondProcess
from importer.runs.superseding import superseded
from importer.state.journal import RunState, SessionKind

if TYPE_CHECKING:
    from tests.runs.preparing.conftest import Bureau

CATALOG = Catalog(
    location_id="loc1",
    custom_fields=(CustomField(id="f1", name="Shirt Size", key="contact.shirt_size", data_type="TEXT"),),
)
EVERY_PREPARATION = pytest.mark.parametrize("second_process", [False, True], ids=["here", "second process"])


def go_on() -> None:
    """Let the survey go on."""


def ready(preparation: Preparation) -> Preparation:
    preparation.survey(go_on)
    preparation.resolve_for({"loc1": CATALOG})
    return preparation


def test_both_find_map_resolve_and_build_the_same(bureau: Callable[..., Bureau]) -> None:
    house = bureau()
    here, there = (house.prepare(second_process=second) for second in (False, True))
    assert isinstance(there, InSubprocess)
    assert here.survey(go_on) == there.survey(go_on)
    for preparation in (here, there):
        preparation.resolve_for({"loc1": CATALOG})
    pieces = list(here.pieces())
    assert pieces == list(there.pieces())
    assert pieces == list(there.pieces())  # and again
    first = pieces[0][0]
    assert isinstance(first, Record)
    assert first.custom_fields == (("f1", "M"),)
    assert [each.upsert for each in next(iter(there.pieces())) if isinstance(each, Record)] == [
        each.upsert for each in pieces[0] if isinstance(each, Record)
    ]
    assert first.upsert is not None
    assert '"firstName":"Zoë 0"'.encode() in first.upsert


@EVERY_PREPARATION
def test_whoever_only_looks_at_values_gets_the_same_rows_without_their_payloads(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    preparation = ready(bureau().prepare(second_process=second_process))
    looked, sent = (
        [each for piece in preparation.pieces(built=built) for each in piece if isinstance(each, Record)]
        for built in (False, True)
    )
    assert looked == sent
    assert {each.upsert for each in looked} == {None}
    assert None not in {each.upsert for each in sent}


@EVERY_PREPARATION
def test_a_source_is_cut_once_and_its_rows_are_taken_from_there_after_that(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=second_process))
    (staged,) = house.order.sources
    staged.path.write_text("Nothing,of,what,was,there\n")
    assert sum(map(len, preparation.pieces())) == 1_200
    house.journal.set_rows_read(1_200)
    house.settle(*range(2, 1_202))
    house.journal.set_state(RunState.FINISHED)
    results = preparation.write_results().results.read_text(encoding="utf-8-sig")
    assert "Zoë 1199" in results
    assert not [each for each in house.journal.folder.iterdir() if each.name.startswith("importer-")]


@EVERY_PREPARATION
def test_rows_of_a_refused_location_fail(bureau: Callable[..., Bureau], *, second_process: bool) -> None:
    from importer.errors import CredentialsError

    preparation = bureau().prepare(second_process=second_process)
    preparation.survey(go_on)
    preparation.resolve_for({"loc1": CredentialsError("HighLevel refuses location loc1.")})
    ends = next(iter(preparation.pieces()))
    assert {(getattr(end, "code", None), getattr(end, "message", None)) for end in ends} == {
        ("location_refused", "HighLevel refuses location loc1.")
    }


def test_preparing_knows_what_is_told_of_a_refused_location_without_what_sends() -> None:
    """The second process would pay for it with its start."""
    code = (
        "import sys, importer.runs.preparing.in_process, importer.runs.resolving as here\n"
        "print(here.location_refused.__module__, {'aiohttp', 'importer.sending'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "importer.highlevel.refusals set()\n"


@EVERY_PREPARATION
def test_faults_of_mapping_and_source_are_told_as_they_are(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    preparation = bureau().prepare(second_process=second_process)
    preparation.survey(go_on)
    with pytest.raises(MappingError, match="does not fit the location") as refused:
        preparation.resolve_for({"loc1": Catalog(location_id="loc1")})
    assert refused.value.faults[0].startswith(
        "mapping.yaml:9:3: The location has no custom field 'Shirt Size'"
    )


@EVERY_PREPARATION
def test_a_file_without_rows_is_refused(bureau: Callable[..., Bureau], *, second_process: bool) -> None:
    preparation = bureau("First,Mail,Phone,Tags,Shirt\n").prepare(second_process=second_process)
    with pytest.raises(SourceError, match="no rows below it"):
        preparation.survey(go_on)


@EVERY_PREPARATION
def test_a_survey_ends_when_it_is_not_to_go_on(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    def stop() -> None:
        raise InterruptedRunError("Stopped by SIGINT.")

    with pytest.raises(InterruptedRunError, match="SIGINT"):
        bureau().prepare(second_process=second_process).survey(stop)


@EVERY_PREPARATION
def test_pieces_that_nobody_took_do_not_stand_in_the_way_of_the_results(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=second_process))
    house.journal.set_rows_read(1_200)
    preparation.follow()
    next(iter(preparation.pieces()))
    house.settle(2, 3)
    house.journal.set_state(RunState.STOPPED, "Stopped by SIGINT.", code="interrupted")
    summary = preparation.write_results()
    assert (summary.state, summary.reason, summary.created, summary.pending) == (
        "stopped", "Stopped by SIGINT.", 2, 1_198,
    )  # fmt: skip


def test_a_mistake_over_pieces_that_nobody_wants_is_nobodys_matter(bureau: Callable[..., Bureau]) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=True))
    assert isinstance(preparation, InSubprocess)
    house.journal.set_rows_read(1_200)
    preparation._process.ask("resolve_for")  # lacks what it is to be done for
    preparation._under_way += 1
    house.journal.set_state(RunState.STOPPED, "Stopped by SIGINT.", code="interrupted")
    assert preparation.write_results().pending == 1_200


def test_one_that_worked_ends_by_itself(bureau: Callable[..., Bureau]) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=True))
    assert isinstance(preparation, InSubprocess)
    house.open.close()
    assert preparation._process._process.returncode == 0


@EVERY_PREPARATION
def test_a_newer_row_that_its_location_would_refuse_by_now_still_keeps_the_older_one_back(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    house = bureau("First,Mail,Phone,Tags,Shirt\nOld,ann@example.com,,,S\nNew,ann@example.com,,,M\n")
    house.journal.set_rows_read(2)
    house.settle(3)
    house.journal.settle(
        [
            Outcome(
                row=2, status=Status.FAILED, location_id="loc1", code="service_down", remedy=Remedy.RUN_AGAIN
            )
        ]
    )
    house.journal.begin(SessionKind.RETRY)
    preparation = house.prepare(second_process=second_process)
    preparation.survey(go_on)
    (shirts,) = CATALOG.custom_fields
    no_m = replace(shirts, data_type="SINGLE_OPTIONS", options=("S",))  # there was an M when row 3 was sent
    preparation.resolve_for({"loc1": replace(CATALOG, custom_fields=(no_m,))})
    assert [getattr(item, "code", None) for item in next(preparation.pieces())] == [None, "invalid_option"]
    skipped = superseded(house.journal, preparation.pieces(resolved=False))
    assert [(each.row, each.code, each.contact_id) for each in skipped] == [(2, "superseded", "c3")]


def killed(process: SecondProcess) -> None:
    os.kill(process._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process._process.wait()


def test_a_process_that_is_gone_ends_the_run_in_a_way_that_can_be_resumed(
    bureau: Callable[..., Bureau],
) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=True))
    assert isinstance(preparation, InSubprocess)
    killed(preparation._process)
    with pytest.raises(ProcessLostError, match="importer resume") as lost:
        list(preparation.pieces())
    assert (lost.value.exit_code, lost.value.code) == (3, "interrupted")


def test_a_process_that_ends_over_the_survey_means_that_nothing_was_sent(
    bureau: Callable[..., Bureau],
) -> None:
    preparation = bureau().prepare(second_process=True)
    assert isinstance(preparation, InSubprocess)
    killed(preparation._process)
    with pytest.raises(SourceError, match=r"contacts\.csv could not be read.* Nothing was sent\.") as lost:
        preparation.survey(go_on)
    assert lost.value.exit_code == 2


def test_results_are_written_here_when_the_process_is_gone(bureau: Callable[..., Bureau]) -> None:
    house = bureau()
    preparation = ready(house.prepare(second_process=True))
    assert isinstance(preparation, InSubprocess)
    house.journal.set_rows_read(1_200)
    preparation.follow()
    house.settle(*range(2, 1_202))
    killed(preparation._process)
    house.journal.set_state(RunState.FINISHED)
    summary = preparation.write_results()
    assert (summary.created, summary.state) == (1_200, "finished")
    assert not list(summary.results.parent.glob(".*"))


def test_a_process_that_never_gets_ready_is_done_without() -> None:
    process = SecondProcess.start()
    assert process is not None
    killed(process)
    assert not process.ready()
    process.end()


def test_what_the_other_process_gets_wrong_is_told_with_the_place(bureau: Callable[..., Bureau]) -> None:
    preparation = ready(bureau().prepare(second_process=True))
    assert isinstance(preparation, InSubprocess)
    preparation._process.ask("resolve_for")
    with pytest.raises(TypeError) as mistake:
        preparation._process.answer()
    assert any("subprocess_main.py" in note for note in mistake.value.__notes__)


def test_own_functions_run_in_the_process_of_whoever_allowed_them(
    bureau: Callable[..., Bureau], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_cleaning.py").write_text("def shout(text):\n    return text.upper()\n")
    monkeypatch.syspath_prepend(tmp_path)
    house = bureau(allow_transforms=True)
    assert not isinstance(house.prepare(second_process=True), InSubprocess)


def test_none_is_started_for_a_small_file_or_where_one_process_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(b"x" * (WORTH_A_PROCESS - 1))
    large.write_bytes(b"x" * WORTH_A_PROCESS)
    monkeypatch.delenv("IMPORTER_PROCESSES", raising=False)
    with start_early([str(small), "https://example.com/contacts.csv", "-", "*.csv"]) as none:
        assert none is None
    monkeypatch.setenv("IMPORTER_PROCESSES", "1")
    with start_early([str(large)]) as none:
        assert none is None
    monkeypatch.setenv("IMPORTER_PROCESSES", "2")
    with start_early(()) as none:  # nothing that it might read
        assert none is None
    monkeypatch.setenv("IMPORTER_PROCESSES", "three")
    with pytest.raises(SettingsError, match="IMPORTER_PROCESSES is 'three'"), start_early([str(large)]):
        pass


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores, on Linux",
)
@pytest.mark.parametrize(
    ("name", "size"), [("large.csv", WORTH_A_PROCESS), ("Large.XLSX", WORTH_A_PROCESS // 4)]
)
def test_one_is_started_for_a_large_file_and_ends_with_its_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    monkeypatch.delenv("IMPORTER_PROCESSES", raising=False)
    large = tmp_path / name
    large.write_bytes(b"x" * size)
    with start_early([str(large)]) as process:
        assert process is not None
        assert process.ready()
    assert process._process.returncode is not None


def test_a_module_beside_the_file_does_not_stand_in_for_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('this is not the json you are looking for')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in {"", str(tmp_path)}])
    process = SecondProcess.start()
    assert process is not None
    with process:
        assert process.ready()


def test_values_with_a_type_behind_them_travel() -> None:
    import pickle

    found: Any = pickle.loads(pickle.dumps(TypedText("0123", 123)))  # noqa: S301  (just made)
    assert (found, found.value, type(found)) == ("0123", 123, TypedText)


def test_row_numbers_are_those_of_the_spreadsheet(bureau: Callable[..., Bureau]) -> None:
    pieces = list(ready(bureau().prepare(second_process=True)).pieces())
    assert [item.row for piece in pieces for item in piece] == [
        row_id(0, number) for number in range(2, 1_202)
    ]
