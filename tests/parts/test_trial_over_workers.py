"""A trial over workers, the question before a run is queued, and functions of a mapping's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.parts.submitting import submit, submit_again
from importer.parts.trying import trial_shares
from importer.runs.context import RunContext
from importer.state.parts import PartState
from tests.parts.cluster import MAPPING, Cluster
from tests.watching import Listener


def held(cluster: Cluster) -> dict[str, int]:
    return {each: len(cluster.vendor.contacts(each)) for each in "ABC"}


async def test_a_trial_sends_the_first_rows_of_the_file_and_the_rest_waits_for_a_person(
    cluster: Cluster,
) -> None:
    # the file goes round: A, B, C, A, B, A ...
    cluster.write({"A": 4, "B": 3, "C": 1})
    submitted = await cluster.submit(trial=4)
    assert (submitted.parts, submitted.rows) == (3, 4)
    assert (await cluster.work()).tally.exit_code == 3
    assert held(cluster) == {"A": 2, "B": 1, "C": 1}
    lines = {
        line.location: (line.state, line.reason_code) for line in cluster.store().lines(submitted.run_id)
    }
    stopped = (PartState.STOPPED, "trial_done")
    assert lines == {"A": stopped, "B": stopped, "C": (PartState.FINISHED, None)}
    run = cluster.store().run(submitted.run_id)
    assert str(run.reason).startswith("The trial of 4 rows is done")
    assert [line["import_status"] for line in cluster.results(run.id)].count("created") == 4
    again = await cluster.submit(trial=4)
    assert (again.tried, again.parts, again.rows) == (True, 0, 4)
    rest = await submit_again(run.id, cluster.store("two"), {})
    assert (rest.parts, rest.rows) == (2, 4)
    assert (await cluster.work()).tally.exit_code == 0
    assert held(cluster) == {"A": 4, "B": 3, "C": 1}


async def test_locations_without_a_row_of_the_trial_are_not_asked_anything(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 2})
    (cluster.folder / "contacts.csv").write_text(
        "Sub,First,Mail\nA,N,bad\nA,N,n1@example.com\nA,N,n2@example.com\nB,N,n3@example.com\n",
        encoding="utf-8",
    )
    run_id = (await cluster.submit(trial=2)).run_id
    lines = {line.location: (line.state, line.reason) for line in cluster.store().lines(run_id)}
    assert lines["A"] == (PartState.QUEUED, None)
    assert (lines["B"][0], str(lines["B"][1])[:24]) == (PartState.STOPPED, "The trial of 2 rows is d")
    await cluster.work()
    assert held(cluster) == {"A": 2, "B": 0, "C": 0}
    # a larger one goes on with the rows that are new in it
    assert (await cluster.submit(trial=3)).parts == 1
    assert (await cluster.work()).tally.exit_code == 0
    assert held(cluster) == {"A": 2, "B": 1, "C": 0}
    assert cluster.store().run(run_id).state.value == "finished"


async def test_a_trial_of_changed_rows_alone_needs_one_process(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    with pytest.raises(SettingsError, match="Not to be spread over workers: --trial with --changed-only"):
        await cluster.submit(trial=1, changed_only=True)


def test_a_trial_of_more_rows_than_there_are_takes_all_of_them() -> None:
    assert trial_shares([], 5) == {}


async def test_before_anything_is_queued_somebody_is_asked_and_a_no_leaves_nothing(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1}, mapping=f"{MAPPING}tags: {{always: [vip]}}\n")
    asked: list[str] = []

    async def no(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(SettingsError, match="Nothing was sent"):
        await submit(cluster.settings(), context=RunContext(confirm=no))
    (question,) = asked
    assert "Into 2 sub-accounts (A: 2 rows, B: 1 row): 3 rows." in question
    assert "Tags: vip." in question
    assert list(cluster.store().folder.run_ids()) == []


FUNCTION = """\
def own(text):
    return f"own.{text}"
"""


async def test_functions_are_called_on_machines_that_let_them_be(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own_functions.py").write_text(FUNCTION, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    mail = 'email: {column: Mail, transforms: ["own_functions:own"]}'
    cluster.write({"A": 1, "B": 1}, mapping=MAPPING.replace("email: Mail", mail))
    run_id = (await cluster.submit(allow_transforms=True)).run_id
    with pytest.raises(SettingsError, match="started without that flag"):
        await cluster.part(run_id, "A")
    (line, _) = cluster.store().lines(run_id)
    assert line.state is PartState.STOPPED
    assert held(cluster)["A"] == 0
    cluster.allow_transforms = True
    assert (await cluster.part(run_id, "A")).counts.created == 1
    assert [each["email"] for each in cluster.vendor.contacts("A")] == ["own.n0@a.example.com"]


FIXED = "version: 1\nlocation: {}\nfields: {{email: Mail, firstName: First}}\n"


async def test_a_mapping_that_went_elsewhere_last_time_is_told_where_nobody_is_asked(
    cluster: Cluster,
) -> None:
    cluster.write({"A": 1}, mapping=FIXED.format("A"))
    told = Listener()
    await submit(cluster.settings(), context=RunContext(progress=told))
    assert (await cluster.work()).tally.exit_code == 0
    assert not [text for text in told.messages if "another location" in text]
    cluster.write({"B": 1}, mapping=FIXED.format("B"))
    await submit(cluster.settings(), context=RunContext(progress=told))
    (moved,) = [text for text in told.messages if "another location" in text]
    assert "This mapping last went into another location: A" in moved
    assert moved.endswith("This run goes into B.")
