"""`run --compare` and `apply`: only what changes something is sent, by id, and nothing that a person changed meanwhile is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import Ended, open_vendor, read_table
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def asked(vendor: Sandbox, kind: str) -> int:
    paths: dict[str, int] = vendor.state()["paths"]
    return paths.get(kind, 0)


def held(vendor: Sandbox, contact_id: str) -> dict[str, Any]:
    (found,) = [each for each in vendor.contacts("loc1") if each["id"] == contact_id]
    return found


def properties(vendor: Sandbox, contact_id: str) -> tuple[str, ...]:
    shown = held(vendor, contact_id)["properties"]
    return shown["firstName"], shown["lastName"], shown["companyName"]


@pytest.fixture
def prompt_vendor(desk: Desk) -> Iterator[Sandbox]:
    """A vendor whose search sees every write at once."""
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as sandbox:
        yield sandbox


def compared(desk: Desk, *words: str) -> Ended:
    return desk.run(*words, "-m", "mapping.yaml", "--compare")


def applied(desk: Desk, plan: Planned, *words: str) -> Ended:
    return desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress", *words)


def test_rows_that_change_nothing_cost_no_call(desk: Desk, vendor: Sandbox) -> None:
    names = [f"p{number}@example.com" for number in range(20)]
    for name in names:
        vendor.add_contact("loc1", email=name, firstName="Ann", tags=["a"])
    file = people(desk, *(f"Ann,{name},,A" for name in names[1:]), "Bea,p0@example.com,,")
    ended = compared(desk, file)
    assert ended.code == 0
    assert (ended.summary["updated"], ended.summary["skipped"]) == (1, 19)
    assert {row["import_error_code"] for row in ended.rows if row["import_status"] == "skipped"} == {
        "unchanged"
    }
    assert asked(vendor, "PUT contacts/*") == 1
    assert asked(vendor, "POST contacts/upsert") == 0


def test_the_same_file_again_is_all_unchanged(desk: Desk, prompt_vendor: Sandbox) -> None:
    file = people(
        desk, "Ann,ann@example.com,+14155550100,x;Y", "Bob,bob@example.com,,", "Cid,,+14155550102,z"
    )
    assert compared(desk, file).summary["created"] == 3
    before = asked(prompt_vendor, "PUT contacts/*"), asked(prompt_vendor, "POST contacts")
    again = desk.run(file, "-m", "mapping.yaml", "--compare", "--fresh")
    assert again.summary["skipped"] == 3
    assert (asked(prompt_vendor, "PUT contacts/*"), asked(prompt_vendor, "POST contacts")) == before


def test_an_update_sends_what_changes_and_nothing_else(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact(
        "loc1", email="ann@example.com", firstName="Ann", phone="+14155550100", tags=["old"]
    )
    ended = compared(desk, people(desk, "Anna,ann@example.com,+14155550100,New"))
    assert ended.summary["updated"] == 1
    contact = held(vendor, ann)
    assert contact["properties"]["firstName"] == "Anna"
    assert contact["tags"] == ["old", "new"]


def test_a_row_of_tags_alone_is_no_update_of_the_contact(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    ended = compared(desk, people(desk, "Ann,ann@example.com,,vip"))
    assert ended.rows[0]["import_status"] == "updated"
    assert held(vendor, ann)["tags"] == ["vip"]
    assert asked(vendor, "PUT contacts/*") == 0


def test_rows_of_one_new_person_make_one_contact(desk: Desk, vendor: Sandbox) -> None:
    ended = compared(
        desk,
        people(
            desk, "Ann,ann@example.com,,a", "Anna,ANN@example.com,+14155550100,b", "Anna,ann@example.com,,a"
        ),
    )
    assert [row["import_status"] for row in ended.rows] == ["created", "updated", "skipped"]
    (contact,) = vendor.contacts("loc1")
    assert contact["properties"]["firstName"] == "Anna"
    assert contact["phone"] == "+14155550100"
    assert sorted(contact["tags"]) == ["a", "b"]


def test_who_is_ambiguous_is_not_sent(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    vendor.add_contact("loc1", email="bob@example.com", phone="+14155550101")
    ended = compared(desk, people(desk, "Ann,ann@example.com,+14155550101,"))
    (row,) = ended.rows
    assert (row["import_status"], row["import_error_code"], row["import_remedy"]) == (
        "failed",
        "ambiguous",
        "fix_row",
    )
    assert asked(vendor, "PUT contacts/*") == 0


def test_the_mapping_may_leave_it_to_the_vendor(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    vendor.add_contact("loc1", email="bob@example.com", phone="+14155550101")
    text = Path("mapping.yaml").read_text(encoding="utf-8")
    desk.write("mapping.yaml", text + "match: {ambiguous: send}\n")
    ended = compared(desk, people(desk, "Ann,ann@example.com,+14155550101,"))
    assert ended.rows[0]["import_status"] == "updated"


POLICIES = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
defaults: {on_update: if_blank}
fields:
  email: Mail
  firstName: {column: First, on_update: overwrite}
  lastName: Last
  companyName: {column: Firm, on_update: never}
"""


def test_policies_hold_values_back_and_say_so(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", companyName="Old Ltd")
    bob = vendor.add_contact("loc1", email="bob@example.com", lastName="Kept")
    desk.write("mapping.yaml", POLICIES)
    file = desk.write(
        "p.csv",
        "Mail,First,Last,Firm\nann@example.com,Anna,Smith,New Ltd\nbob@example.com,,Other,\nc@example.com,C,D,E\n",
    )
    ended = desk.run(file, "-m", "mapping.yaml")  # a policy compares by itself
    assert [row["import_status"] for row in ended.rows] == ["updated", "skipped", "created"]
    assert properties(vendor, ann) == ("Anna", "Smith", "Old Ltd")
    assert held(vendor, bob)["properties"]["lastName"] == "Kept"
    assert "kept: lastName has a value" in ended.rows[1]["import_warnings"]
    assert "companyName" in ended.rows[0]["import_warnings"]
    created = next(each for each in vendor.contacts("loc1") if each["email"] == "c@example.com")
    assert created["properties"]["companyName"] == "E"


def test_append_adds_to_long_text_once(desk: Desk, prompt_vendor: Sandbox) -> None:
    prompt_vendor.furnish("loc1", custom_fields=["Story"])
    desk.write(
        "mapping.yaml",
        "version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\nfields: {email: Mail}\n"
        "custom_fields: {Story: {column: Story, on_update: append}}\n",
    )
    first = desk.write("a.csv", "Mail,Story\nann@example.com,one\n")
    second = desk.write("b.csv", "Mail,Story\nann@example.com,two\nann@example.com,one\n")
    assert desk.run(first, "-m", "mapping.yaml").summary["created"] == 1
    ended = desk.run(second, "-m", "mapping.yaml", "--fresh")
    (contact,) = prompt_vendor.contacts("loc1")
    assert [row["import_status"] for row in ended.rows] == ["updated", "skipped"]
    assert contact["customFields"][0]["value"] == "one\ntwo"


def test_append_is_refused_where_nothing_can_be_appended(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", "version: 1\nfields: {email: Mail, city: {column: City, on_update: append}}\n")
    ended = desk.run(desk.write("p.csv", "Mail,City\na@example.com,B\n"), "-m", "mapping.yaml")
    assert ended.code == 2
    assert "append" in ended.err


def test_a_plan_is_applied_as_it_says(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    file = people(desk, "Anna,ann@example.com,,", "Bob,bob@example.com,,vip", "Dan,nonsense,,")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    ended = applied(desk, plan)
    assert ended.code == 1
    assert [row["import_status"] for row in ended.rows] == ["updated", "created", "failed"]
    assert held(vendor, ann)["properties"]["firstName"] == "Anna"
    assert asked(vendor, "PUT contacts/*") == 1


def test_a_plan_is_applied_once(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    plan = Planned(desk, people(desk, "Anna,ann@example.com,,"), "-m", "mapping.yaml")
    applied(desk, plan)
    again = applied(desk, plan)
    assert again.code == 0
    assert asked(vendor, "PUT contacts/*") == 1


def test_what_a_person_changed_since_the_plan_is_left_alone(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    bob = vendor.add_contact("loc1", email="bob@example.com", firstName="Bob")
    plan = Planned(
        desk, people(desk, "Anna,ann@example.com,,", "Bobby,bob@example.com,,"), "-m", "mapping.yaml"
    )
    vendor.edit(ann, fields={"firstName": "Annika"})
    vendor.edit(bob, fields={"city": "Springfield"})
    ended = applied(desk, plan)
    assert [(row["import_status"], row["import_error_code"]) for row in ended.rows] == [
        ("skipped", "changed_since"),
        ("updated", ""),
    ]
    assert "firstName" in ended.rows[0]["import_error"]
    assert held(vendor, ann)["properties"]["firstName"] == "Annika"
    assert held(vendor, bob)["properties"]["firstName"] == "Bobby"
    assert held(vendor, bob)["properties"]["city"] == "Springfield"


def test_a_tag_that_came_since_the_plan_is_not_taken_away_where_tags_are_replaced(
    desk: Desk, vendor: Sandbox
) -> None:
    text = Path("mapping.yaml").read_text(encoding="utf-8")
    desk.write("mapping.yaml", text.replace("tags: {", "tags: {mode: replace, "))
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", tags=["old", "stays"])
    bob = vendor.add_contact("loc1", email="bob@example.com", firstName="Bob", tags=["old"])
    file = people(desk, "Ann,ann@example.com,,Stays;New", "Bob,bob@example.com,,New")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.summary["requests"] == 4, "each contact is read and written"
    vendor.edit(ann, addTags=["vip"])
    before = asked(vendor, "GET contacts/*"), asked(vendor, "PUT contacts/*")
    ended = applied(desk, plan)
    assert [row["import_error_code"] for row in ended.rows] == ["changed_since", ""]
    assert "tags" in ended.rows[0]["import_error"]
    assert sorted(held(vendor, ann)["tags"]) == ["old", "stays", "vip"]
    assert held(vendor, bob)["tags"] == ["new"]
    assert (asked(vendor, "GET contacts/*"), asked(vendor, "PUT contacts/*")) == (
        before[0] + 2,
        before[1] + 1,
    )


def test_somebody_who_is_there_by_now_is_not_overwritten(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Somebody")
    ended = applied(desk, plan)
    assert (ended.rows[0]["import_status"], ended.rows[0]["import_error_code"]) == (
        "skipped",
        "changed_since",
    )
    assert held(vendor, ann)["properties"]["firstName"] == "Somebody"


@pytest.mark.parametrize("changed", ["people.csv", "mapping.yaml"])
def test_a_plan_is_not_applied_to_anything_else(desk: Desk, vendor: Sandbox, changed: str) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    text = Path(changed).read_text(encoding="utf-8")
    desk.write(
        changed, text.replace("First", "Name") if changed == "mapping.yaml" else text.replace("Ann", "Bea")
    )
    if changed == "mapping.yaml":
        people(desk, "Ann,ann@example.com,,")
        desk.write("mapping.yaml", text + "empty_cells: clear\n")
    ended = applied(desk, plan)
    assert ended.code == 2
    assert "changed" in ended.err
    assert vendor.contacts("loc1") == []


def test_an_old_plan_is_refused_with_its_age(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    ended = applied(desk, plan, "--good-for", "0s")
    assert ended.code == 2
    assert "--good-for" in ended.err


def test_an_unknown_plan_is_named(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.importer("apply", "plan-1999")
    assert ended.code == 2
    assert "plan-1999" in ended.err


def test_comparing_in_the_embedded_sandbox_creates_everybody(desk: Desk) -> None:
    ended = desk.run(people(desk, "Ann,ann@example.com,,a"), "-m", "mapping.yaml", "--compare", "--sandbox")
    assert ended.code == 0, ended.err
    assert ended.summary["created"] == 1
    assert read_table(Path(ended.summary["results"]))[0]["import_status"] == "created"
    assert json.loads(ended.out)["requests"] > 0


def many(desk: Desk, vendor: Sandbox) -> str:
    """Thirty rows: ten new people, ten who change, ten who do not."""
    for number in range(20):
        vendor.add_contact("loc1", email=f"p{number}@example.com", firstName="Ann" if number < 10 else "Bea")
    return people(desk, *(f"Ann,p{number}@example.com,,x" for number in range(30)))


def test_a_stopped_comparison_goes_on_as_it_was_decided(desk: Desk, vendor: Sandbox) -> None:
    file = many(desk, vendor)
    stopped = compared(desk, file, "--max-requests", "20")
    assert stopped.code == 3
    ended = desk.importer("resume", "--json", "--no-progress", "--max-requests", "1000")
    assert ended.code == 0, ended.err
    assert (ended.summary["created"], ended.summary["updated"]) == (10, 20)
    assert sorted(each["properties"]["firstName"] for each in vendor.contacts("loc1")) == ["Ann"] * 30
    assert all(each["tags"] == ["x"] for each in vendor.contacts("loc1"))


def test_lost_replies_make_nobody_twice_and_call_nobody_changed(desk: Desk) -> None:
    settings = SandboxSettings(burst=0, faults={"reset": 0.15, "500": 0.1}, seed=3)
    with open_vendor(settings) as vendor:
        file = many(desk, vendor)
        ended = compared(desk, file)
        assert (ended.summary["created"], ended.summary["updated"]) == (10, 20), ended.rows
        assert len(vendor.contacts("loc1")) == 30


def test_rows_that_a_comparison_leaves_alone_are_none_of_a_trial_in_a_later_session_either(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.add_contact("loc1", email="p0@example.com", firstName="Somebody")
    file = people(desk, *(f"P{number},p{number}@example.com,," for number in range(8)))
    desk.write("mapping.yaml", (desk.folder / "mapping.yaml").read_text() + "mode: create_only\n")
    tried = compared(desk, file, "--trial", "2")
    assert (tried.summary["created"], tried.summary["skipped"]) == (2, 1)
    more = compared(desk, file, "--trial", "4")
    assert (more.summary["run_id"], more.summary["created"]) == (tried.summary["run_id"], 4)


def test_a_trial_counts_rows_that_change_something(desk: Desk, vendor: Sandbox) -> None:
    file = many(desk, vendor)
    ended = compared(desk, file, "--trial", "2")
    assert ended.code == 3
    assert ended.summary["created"] + ended.summary["updated"] == 2


def test_a_second_process_reads_for_a_comparison_too(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_PROCESSES", "2")
    file = many(desk, vendor)
    ended = compared(desk, file)
    assert ended.code == 0, ended.err
    assert (ended.summary["created"], ended.summary["updated"]) == (10, 20)
