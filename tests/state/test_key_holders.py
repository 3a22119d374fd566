"""Who holds which key, on the disk: found again, let go of, begun anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.errors import StateError
from importer.records import Contradiction, KeyHolder, KeyLink, MatchKey, Said
from importer.runtime.clock import SystemClock
from importer.state.database import database_is_there
from importer.state.memory import DraftHolders, KeyHolders, PersonCells, SameContacts
from importer.state.memory.draft_holders import HoldersAside

PLACE = "https://crm.example"


@pytest.fixture
def holders(store_folder: Path) -> Iterator[KeyHolders]:
    with KeyHolders.open(store_folder, place=PLACE, run_id="a") as opened:
        yield opened


def put(holders: KeyHolders, **firsts: KeyHolder) -> None:
    holders.put({holders.hash(name): holder for name, holder in firsts.items()})
    holders.flush()


def holder(run: int, row: int, *, joined: bool = False) -> KeyHolder:
    return KeyHolder(1, 2, 3, run, row, joined=joined)


def names_of(holders: KeyHolders, *names: str) -> list[str]:
    found = holders.find({holders.hash(name) for name in names})
    return [name for name in names if holders.hash(name) in found]


class MovedClock(SystemClock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at


def test_rows_that_come_slowly_are_written_at_once_and_fast_ones_together(store_folder: Path) -> None:
    clock = MovedClock()

    def others_find() -> list[str]:
        with KeyHolders.open(store_folder, place=PLACE, run_id="b") as others:
            return names_of(others, "ann", "bob")

    with KeyHolders.open(store_folder, place=PLACE, run_id="a", clock=clock) as opened:
        opened.put({opened.hash("ann"): holder(opened.run, 2)})
        assert names_of(opened, "ann") == ["ann"], "it knows itself what is not written yet"
        assert others_find() == []
        clock.at += 1
        opened.put({opened.hash("bob"): holder(opened.run, 3)})
        assert others_find() == ["ann", "bob"]


@pytest.mark.parametrize("said", [None, Said(-5, 7, 9)])
@pytest.mark.parametrize("before", [None, *Contradiction])
def test_a_holder_is_found_as_it_was_put(
    holders: KeyHolders, said: Said | None, before: Contradiction | None
) -> None:
    ann = KeyHolder(-5, 7, 0, holders.run, 1 << 33, True, False, True, said, before)
    put(holders, ann=ann)
    assert list(holders.find({holders.hash("ann"), holders.hash("bob")}).values()) == [ann]


def test_a_file_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "key-holders.db")) as earlier, earlier:
        earlier.execute(
            "CREATE TABLE holders (key INTEGER PRIMARY KEY, other INTEGER NOT NULL, first INTEGER NOT NULL, "
            'last INTEGER NOT NULL, run INTEGER NOT NULL, "row" INTEGER NOT NULL, marks INTEGER NOT NULL)'
        )
        earlier.execute("INSERT INTO holders VALUES (77, 1, 2, 3, 9, 5, 4)")
    ann, bob = KeyHolder(1, 2, 3, 9, 5, joined=True), holder(1, 2)
    for _ in range(2):
        with KeyHolders.open(tmp_path, place=PLACE, run_id="a") as opened:
            opened.put({78: bob})
            opened.flush()
            assert opened.find({77, 78}) == {77: ann, 78: bob}


def test_more_keys_than_one_question_takes_are_found(holders: KeyHolders) -> None:
    put(holders, **{f"k{number}": holder(holders.run, number) for number in range(2_000)})
    assert len(holders.find({holders.hash(f"k{number}") for number in range(3_000)})) == 2_000


def test_whoever_asks_for_very_many_keys_finds_each_that_is_held_whoever_wrote_it(
    store_folder: Path, holders: KeyHolders
) -> None:
    """Most keys are then known not to be held without a question to the file."""

    def ask_for_many() -> None:
        for first in range(0, 60_000, 20_000):
            holders.find(set(range(first, first + 20_000)))

    put(holders, ann=holder(holders.run, 2))
    ask_for_many()
    assert names_of(holders, "ann", "bob", "cy") == ["ann"]
    put(holders, bob=holder(holders.run, 3))
    assert names_of(holders, "ann", "bob", "cy") == ["ann", "bob"]
    with KeyHolders.open(store_folder, place=PLACE, run_id="b") as others:
        put(others, cy=holder(others.run, 2))
        assert names_of(holders, "ann", "bob", "cy") == ["ann", "bob", "cy"]
        ask_for_many()
        assert names_of(holders, "ann", "bob", "cy", "di") == ["ann", "bob", "cy"]
        put(others, di=holder(others.run, 3))
        assert names_of(holders, "ann", "bob", "cy", "di") == ["ann", "bob", "cy", "di"]
    with DraftHolders.over(holders, store_folder.parent, place=PLACE) as draft:
        assert names_of(draft, "ann", "bob", "cy", "di", "ed") == ["ann", "bob", "cy", "di"]


def test_one_key_at_two_servers_is_two_keys(store_folder: Path, holders: KeyHolders) -> None:
    put(holders, ann=holder(holders.run, 2))
    with KeyHolders.open(store_folder, place="https://other.example", run_id="b") as others:
        assert names_of(others, "ann") == []
    with KeyHolders.open(store_folder, place=PLACE + "/", run_id="b") as same:
        assert names_of(same, "ann") == ["ann"]


def test_refused_rows_let_go_of_what_they_alone_hold(holders: KeyHolders) -> None:
    run = holders.run
    renamed = holder(run, 2)._replace(before=Contradiction.NAME)
    put(holders, ann=renamed, bob=holder(run, 3, joined=True), cy=holder(run, 4), di=holder(run + 7, 2))
    holders.release([2, 3])
    assert names_of(holders, "ann", "bob", "cy", "di") == ["bob", "cy", "di"]


@pytest.mark.parametrize("everything", [True, False])
def test_whoever_opens_the_file_anew_can_let_go(store_folder: Path, everything: bool) -> None:  # noqa: FBT001  (a case)
    """Whoever ends a session opens it for that alone, and has asked nothing of it before."""
    with KeyHolders.open(store_folder, place=PLACE, run_id="a") as held:
        put(held, ann=holder(held.run, 2))
    with KeyHolders.open(store_folder, place=PLACE, run_id="a") as ending:
        if everything:
            ending.release_all()
        else:
            ending.release([2])
    with KeyHolders.open(store_folder, place=PLACE, run_id="b") as others:
        assert names_of(others, "ann") == []


def test_a_run_that_sent_nothing_holds_nothing(holders: KeyHolders) -> None:
    put(holders, ann=holder(holders.run, 2), bob=holder(holders.run + 7, 3))
    holders.release_all()
    assert names_of(holders, "ann", "bob") == ["bob"]


def at_a_later_run(folder: Path, holders: KeyHolders, *rows: int) -> KeyHolders:
    """Let a later run hold the keys of rows of the first, twice, as more of its rows come."""
    put(holders, **{f"k{row}": holder(holders.run, row)._replace(said=Said(row, 8, 9)) for row in (2, 3, 4)})
    later = KeyHolders.open(folder, place=PLACE, run_id="b")
    for first in (11, 12):
        put(later, **{f"k{row}": KeyHolder(row, first, 0, later.run, row + 50) for row in rows})
    return later


def test_what_a_run_held_that_is_taken_back_is_whose_it_was_before(
    store_folder: Path, holders: KeyHolders
) -> None:
    with at_a_later_run(store_folder, holders, 2, 3, 5) as later:
        later.release_all()
    assert names_of(holders, "k2", "k3", "k4", "k5") == ["k2", "k3", "k4"]
    for row in (2, 3, 4):
        (back,) = holders.find({holders.hash(f"k{row}")}).values()
        assert back == holder(holders.run, row)._replace(said=Said(row, 8, 9))


def test_a_refused_row_gives_its_keys_back_to_whoever_held_them(
    store_folder: Path, holders: KeyHolders
) -> None:
    with at_a_later_run(store_folder, holders, 2, 3) as later:
        later.release([52])
        run = later.run
    found = {row: holders.find({holders.hash(f"k{row}")})[holders.hash(f"k{row}")].run for row in (2, 3)}
    assert found == {2: holders.run, 3: run}


def test_who_is_forgotten_is_no_holder_of_before_either(store_folder: Path, holders: KeyHolders) -> None:
    with at_a_later_run(store_folder, holders, 2, 3) as later:
        holders.forget(["k2"])
        later.release_all()
    assert names_of(holders, "k2", "k3") == ["k3"]
    with at_a_later_run(store_folder, holders, 3) as later:
        put(holders, k6=holder(holders.run, 6)._replace(other=holders.hash("his")))
        put(later, k6=holder(later.run, 56))
        holders.forget(["his"])
        later.release_all()
    assert names_of(holders, "k6") == [], "his other key lay beside it"


def test_a_draft_sees_what_is_known_and_leaves_it_as_it_is(store_folder: Path, holders: KeyHolders) -> None:
    put(holders, ann=holder(holders.run, 2))
    folder = store_folder / "draft"
    folder.mkdir()
    with DraftHolders.over(holders, folder, place=PLACE) as draft:
        put(draft, ann=holder(draft.run, 9), bob=holder(draft.run, 9))
        assert {each.row for each in draft.find({draft.hash("ann"), draft.hash("bob")}).values()} == {9}
    assert [each.row for each in holders.find({holders.hash("ann"), holders.hash("bob")}).values()] == [2]


def test_a_look_ahead_finds_each_key_that_it_was_given_and_no_other(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with DraftHolders.over(None, tmp_path_factory.mktemp("draft"), place=PLACE) as draft:
        keys = [draft.hash(str(number)) for number in range(6_000)]
        held = {key: holder(draft.run, row) for row, key in enumerate(keys[:3_000])}
        for first in (0, 1_000, 2_000):
            draft.put({key: held[key] for key in keys[first : first + 1_000]})
            if first < 2_000:  # so that some are written, and others not yet
                draft.flush()
        assert draft.find(set(keys)) == held


def test_of_a_key_that_a_look_ahead_puts_aside_twice_the_newest_holder_counts(tmp_path: Path) -> None:
    with DraftHolders.over(None, tmp_path, place=PLACE) as draft:
        first, second = (draft.hash(name) for name in ("first", "second"))
        said = Said(other=-7, first=3, last=0)
        for row in (2, 3, 4):
            changed = holder(draft.run, row)._replace(said=said, before=Contradiction.NAME, joined=True)
            draft.put({first: changed, **({second: changed} if row == 2 else {})})
            draft.flush()
        found = draft.find({first, second})
        assert (found[first].row, found[second].row) == (4, 2)
        assert (found[first].said, found[first].before, found[first].joined) == (
            said,
            Contradiction.NAME,
            True,
        )


def test_a_full_temporary_folder_is_told_with_what_to_do() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full")
    with (
        full.open("r+b", buffering=0) as file,
        pytest.raises(StateError, match=r"No space left on device\. Make room"),
    ):
        HoldersAside(file).put({1: holder(1, 2)})


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with KeyHolders.open(tmp_path, place=PLACE, run_id="a") as holders:
        put(holders, ann=holder(holders.run, 2))
        assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("key-holders.db*")} == {0}


def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "key-holders.db").write_bytes(b"no database at all" * 100)
    with KeyHolders.open(tmp_path, place=PLACE, run_id="a") as opened:
        assert names_of(opened, "ann") == []
    assert (tmp_path / "key-holders.db.damaged").is_file()


def link(
    row: int, *, first: int | None = 2, group: int = 1, apart: bool = True, key: str = "phone"
) -> KeyLink:
    return KeyLink(row=row, key=MatchKey(key), group=group, first=first, apart=apart)


@pytest.fixture
def links(store_folder: Path) -> Iterator[SameContacts]:
    with SameContacts(store_folder) as opened:
        yield opened


def test_where_no_rows_share_a_key_nothing_is_kept(links: SameContacts, store_folder: Path) -> None:
    links.note([])
    assert links.counts().groups == 0
    assert links.rows(1, 99) == set()
    assert not database_is_there(store_folder / SameContacts.FILE_NAME)


def test_links_are_there_for_whoever_opens_them_next(links: SameContacts, store_folder: Path) -> None:
    links.note([link(3)])
    with SameContacts(store_folder) as again:
        assert again.rows(1, 99) == {2, 3}
        assert again.counts().groups == 1


def test_noting_twice_is_noting_once(links: SameContacts) -> None:
    for _ in range(2):
        links.note([link(3), link(4), link(5, first=2, apart=False)])
    counts = links.counts()
    assert (counts.groups, counts.rows, counts.shared_phone, counts.apart, counts.again) == (1, 4, 4, 2, 1)


def test_a_group_of_one_person_shares_nothing_with_anybody(links: SameContacts) -> None:
    links.note([link(3, apart=False)])
    assert links.counts().shared_phone == 0


def test_a_row_in_two_groups_is_listed_in_both_and_counted_once(links: SameContacts) -> None:
    links.note([link(4, group=9, first=3), link(4, group=1, first=2, key="email")])
    assert (links.counts().rows, links.counts().apart) == (3, 1)
    listed = list(links.list_rows([PersonCells(4, "Cy", "cy@x", "+1", "created")]))
    assert [(each.group, each.row, each.name) for each in listed] == [
        (1, 2, ""),
        (1, 4, "Cy"),
        (2, 3, ""),
        (2, 4, "Cy"),
    ]


def test_somebody_known_from_an_earlier_import_has_no_row_in_the_list(links: SameContacts) -> None:
    links.note([link(3, first=None)])
    assert [(each.row, each.apart) for each in links.list_rows([])] == [(3, True)]


def test_one_person_by_both_keys_is_one_group(links: SameContacts) -> None:
    links.note([link(3, group=1, apart=False), link(3, group=9, apart=False, key="email")])
    assert links.counts().groups == 1
    assert [(each.group, each.row, each.key) for each in links.list_rows([])] == [
        (1, 2, "email"),
        (1, 3, "email"),
    ]


def test_one_person_among_others_is_listed_with_them_alone(links: SameContacts) -> None:
    links.note([link(3, group=1, apart=False), link(3, group=9, apart=False, key="email"), link(4, group=1)])
    assert [(each.group, each.row, each.key) for each in links.list_rows([])] == [
        (1, row, "phone") for row in (2, 3, 4)
    ]
    assert links.counts().groups == 1
