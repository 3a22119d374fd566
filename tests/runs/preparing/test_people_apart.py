"""Different people with one key are kept apart in either process, in each pass, and in each session of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.highlevel.catalog import Catalog, CustomField
from importer.records import Json, Outcome, Record, Status, row_id
from importer.runs.preparing import Preparation
from importer.state.memory import SameContacts

if TYPE_CHECKING:
    from tests.runs.preparing.conftest import Bureau

MAPPING = """\
version: 1
location: loc1
fields: {firstName: First, email: Mail, phone: {column: Phone, region: US}}
custom_fields: {Size: Size}
"""
CONTACTS = "First,Mail,Phone,Size\n" + "".join(
    f"{name},{name}{number}@example.com,{phone},M\n"
    for number in range(400)
    for name, phone in (
        ("Ann", f"212555{number:04}"),
        ("Bob", f"212555{number:04}"),
        ("Ann", f"212555{number:04}"),
    )
)
NOW: dict[str, Json] = {"shared_keys": True}
EVERY_PREPARATION = pytest.mark.parametrize("second_process", [False, True], ids=["here", "second process"])


def catalog(*sizes: str) -> Catalog:
    field = CustomField(id="f1", name="Size", key="contact.size", data_type="SINGLE_OPTIONS", options=sizes)
    return Catalog(location_id="loc1", custom_fields=(field,))


def ready(preparation: Preparation, *sizes: str) -> Preparation:
    preparation.survey(lambda: None)
    preparation.resolve_for({"loc1": catalog(*sizes or ("M",))})
    return preparation


def kept(preparation: Preparation, *, resolved: bool = True) -> list[str]:
    """Say of each row whether it has a phone, or by what it failed."""
    rows = (item for piece in preparation.pieces(resolved=resolved) for item in piece)
    return [
        (item.code or "") if isinstance(item, Outcome) else "phone" if item.fields.get("phone") else "none"
        for item in rows
    ]


@EVERY_PREPARATION
def test_each_pass_decides_the_same_in_either_process(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    house = bureau(CONTACTS, MAPPING, NOW)
    preparation = ready(house.prepare(second_process=second_process))
    expected = ["phone", "none", "phone"] * 400
    assert kept(preparation) == expected
    assert kept(preparation, resolved=False) == expected
    assert kept(ready(house.prepare(second_process=not second_process))) == expected, "a session later"
    with SameContacts(house.journal.folder) as links:
        counts = links.counts()
    assert (counts.groups, counts.rows, counts.apart, counts.again) == (400, 1200, 400, 400)


def test_a_look_at_what_a_run_holds_leaves_who_holds_which_key_as_it_is(
    bureau: Callable[..., Bureau],
) -> None:
    """Whom a later run imported since is told by its hold on their keys: the older one must not take it away."""
    old, later = bureau(CONTACTS, MAPPING, NOW), bureau(CONTACTS, MAPPING, NOW)

    def holders() -> set[str]:
        assert old.order.keys is not None
        with old.order.keys.open(old.journal.folder) as keys:
            numbers = {number for (number,) in keys._db.execute("SELECT DISTINCT run FROM holders")}
            return {run_id for number, run_id in keys.later_runs("").items() if number in numbers}

    for house, resolved, expected in (
        (old, True, old),
        (later, True, later),
        (old, False, later),
        (old, True, old),
    ):
        preparation = ready(house.prepare(second_process=False))
        assert kept(preparation, resolved=resolved) == ["phone", "none", "phone"] * 400
        preparation.write_results()
        assert holders() == {expected.journal.run.id}


@EVERY_PREPARATION
def test_a_run_that_an_older_importer_began_goes_on_as_it_began(
    bureau: Callable[..., Bureau], *, second_process: bool, tmp_path: Path
) -> None:
    house = bureau(CONTACTS, MAPPING)
    preparation = ready(house.prepare(second_process=second_process))
    assert set(kept(preparation)) == {"phone"}
    assert preparation.write_results().same_contact.groups == 0
    assert not (tmp_path / "key-holders.db").exists()


TWO = "First,Mail,Phone,Size\nAnn,ann@example.com,2125550100,XL\nBob,bob@example.com,2125550100,M\n"


@EVERY_PREPARATION
def test_a_row_that_its_location_refuses_keeps_nothing_back(
    bureau: Callable[..., Bureau], *, second_process: bool
) -> None:
    preparation = ready(bureau(TWO, MAPPING, NOW).prepare(second_process=second_process))
    assert kept(preparation) == ["invalid_option", "phone"]
    assert kept(preparation, resolved=False) == ["phone", "phone"], (
        "a retry sees every row that can be mapped"
    )


def test_a_row_that_its_location_takes_later_writes_nobody_over(bureau: Callable[..., Bureau]) -> None:
    house = bureau(TWO, MAPPING, NOW)
    assert kept(ready(house.prepare(second_process=False))) == ["invalid_option", "phone"]
    house.open.close()
    assert kept(ready(house.prepare(second_process=False), "M", "XL")) == ["none", "phone"]


@pytest.mark.parametrize("policy", ["first", "last", "merge", "fail"])
def test_people_who_are_kept_apart_are_nobodys_duplicates(bureau: Callable[..., Bureau], policy: str) -> None:
    contacts = "First,Mail,Phone,Size\n" + "".join(
        f"{name},{name}@example.com,2125550100,M\n" for name in ("Ann", "Bob", "Ann")
    )
    house = bureau(contacts, f"{MAPPING}match: {{in_file_duplicates: {policy}}}\n", NOW)
    found = kept(ready(house.prepare(second_process=False)))
    assert found[1] == "none"
    ann = [found[0], found[2]]
    assert ann.count("duplicate_in_file") == (2 if policy == "fail" else 1)
    assert ann.count("phone") == (0 if policy == "fail" else 1)


def _settled(rows: Sequence[int]) -> list[Outcome]:
    return [
        Outcome(row=row_id(0, row), status=Status.CREATED, location_id="loc1", contact_id=f"c{row}")
        for row in rows
    ]


def test_what_became_of_each_row_is_listed(bureau: Callable[..., Bureau]) -> None:
    house = bureau(TWO.replace("XL", "M"), MAPPING, NOW)
    preparation = ready(house.prepare(second_process=False))
    assert [isinstance(item, Record) for piece in preparation.pieces() for item in piece] == [True, True]
    house.journal.set_rows_read(2)
    house.journal.settle(_settled([3]))
    summary = preparation.write_results()
    assert summary.same_contact.path is not None
    lines = summary.same_contact.path.read_text(encoding="utf-8-sig").splitlines()
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["pending", "created without the phone"]
