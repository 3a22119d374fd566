"""Different people under one e-mail or phone: who keeps the key, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.highlevel.catalog import MATCH_BY
from importer.mapping import parse_mapping
from importer.mapping.persons import name_of
from importer.mapping.shared_keys import MatchedBy
from importer.records import Block, KeyHolder, KeyLink, Outcome, Record, Remedy, row_id
from importer.state.memory import KeyHolders

HEADER = ["First", "Last", "E", "P"]
RULES = """
version: 1
defaults: {region: US}
fields:
  firstName: First
  lastName: Last
  email: {column: E, on_invalid: drop}
  phone: {column: P, on_invalid: drop}
"""
OFFICE, OWN = "2125550100", "2125550133"
Cells = Sequence[str]


class House:
    """Decides over rows as a run does, and remembers from run to run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.links: list[KeyLink] = []

    def run(
        self,
        *rows: Cells,
        rules: str = "",
        run_id: str = "run-1",
        size: int = 500,
        location_id: str = "loc1",
        matched_by: MatchedBy = lambda _: MATCH_BY,
        refused: frozenset[int] = frozenset(),
        whole_rules: str = RULES,
    ) -> list[Record | Outcome]:
        mapping = parse_mapping(whole_rules + rules)
        surveyor = mapping.surveyor(HEADER, location_id=location_id, today=date(2026, 11, 23))
        blocks = [
            Block(
                source=0, numbers=range(at + 2, at + 2 + len(rows[at : at + size])), rows=rows[at : at + size]
            )
            for at in range(0, len(rows), size)
        ]
        for block in blocks:
            surveyor.see(block)
        bound = surveyor.bind()
        self.links = []
        with KeyHolders.open(self._folder, place="https://crm.example", run_id=run_id) as store:
            shared = bound.shared_keys(store, matched_by=matched_by, note=self.links.extend)
            decided: list[Record | Outcome] = []
            for block in blocks:
                mapped = [
                    Outcome(row=item.row, status="failed") if item.row in refused else item  # type: ignore[arg-type]
                    for item in bound.read(block)
                ]
                decided += bound.settle(shared.decide(mapped))
        return decided


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def kept(decided: Sequence[Record | Outcome]) -> list[str]:
    """Say what each row is sent with: its e-mail, its phone, both, or the code by which it failed."""
    return [
        (item.code or "")
        if isinstance(item, Outcome)
        else "+".join(name for name in ("email", "phone") if item.fields.get(name))
        for item in decided
    ]


COLLEAGUES = [
    ["Ann", "Lee", "ann@x.com", OFFICE],
    ["Bob", "Ray", "bob@x.com", OFFICE],
    ["Cy", "Fox", "cy@x.com", OFFICE],
    ["Di", "Poe", "di@x.com", OWN],
]


def test_the_first_colleague_keeps_the_office_phone(house: House) -> None:
    assert kept(house.run(*COLLEAGUES)) == ["email+phone", "email", "email", "email+phone"]


def test_whoever_goes_without_a_key_is_warned_of_it(house: House) -> None:
    _, bob, *_ = house.run(*COLLEAGUES)
    assert isinstance(bob, Record)
    (warning,) = bob.warnings
    assert (warning.code, warning.column, warning.fails) == ("shared_key", "P", False)
    assert warning.message == (
        "The phone was left out: row 2 has it too, under another name and without this row's e-mail."
    )


def test_a_row_that_has_nothing_else_fails_and_says_why(house: House) -> None:
    _, bob = house.run(["Ann", "Lee", "ann@x.com", OFFICE], ["Bob", "Ray", "", OFFICE])
    assert isinstance(bob, Outcome)
    assert (bob.code, bob.remedy) == ("shared_key", Remedy.FIX_ROW)
    assert bob.message is not None
    assert bob.message.startswith(
        "Row 2 has the row's phone too, under another name: sending the row would write over"
    )


def test_two_names_under_one_phone_without_any_email_are_two_people(house: House) -> None:
    assert kept(house.run(["Ann", "", "", OFFICE], ["Bob", "", "", OFFICE])) == ["phone", "shared_key"]


def test_an_address_without_phones_is_one_person_under_whatever_name(house: House) -> None:
    assert kept(house.run(["Ann", "", "ann@x.com", ""], ["Anna", "", "ANN@x.com", ""])) == ["email", "email"]


def test_an_address_is_shared_where_names_and_phones_differ(house: House) -> None:
    rows = ["Ann", "Lee", "info@x.com", OFFICE], ["Bob", "Ray", "info@x.com", OWN]
    assert kept(house.run(*rows)) == ["email+phone", "phone"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["Ann", "Lee", "ann@x.com", OFFICE], ["Ann", "Lee", "lee@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["ANN ", "Leé", "lee@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["Ann", "", "lee@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["", "", "lee@x.com", OFFICE]),
        (["", "", "ann@x.com", OFFICE], ["Ann", "Lee", "lee@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["Ann", "Ray", "ann@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["Ann", "Ray", "ann@x.com", ""]),
    ],
)
def test_the_same_or_no_name_or_both_keys_are_one_person(house: House, one: Cells, other: Cells) -> None:
    assert "shared_key" not in kept(house.run(one, other))
    assert {(link.row, link.first, link.apart) for link in house.links} == {
        (row_id(0, 3), row_id(0, 2), False)
    }


def test_a_row_without_a_name_opens_the_key_to_one_name_only(house: House) -> None:
    rows = ["", "", "", OFFICE], ["Ann", "", "ann@x.com", OFFICE], ["Bob", "", "bob@x.com", OFFICE]
    assert kept(house.run(*rows)) == ["phone", "email+phone", "email"]


def test_a_row_that_fails_by_itself_keeps_nothing_back(house: House) -> None:
    first = row_id(0, 2)
    assert kept(house.run(*COLLEAGUES, refused=frozenset({first})))[1:3] == ["email+phone", "email"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("leave_out", ["email+phone", "email", "email", "email+phone"]),
        ("send", ["email+phone"] * 4),
        ("fail", ["email+phone", "shared_key", "shared_key", "email+phone"]),
    ],
)
def test_the_mapping_says_what_becomes_of_later_rows(house: House, policy: str, expected: list[str]) -> None:
    assert kept(house.run(*COLLEAGUES, rules=f"match: {{shared_key: {policy}}}")) == expected
    assert [(link.row, link.first, link.apart) for link in house.links] == [
        (row_id(0, 3), row_id(0, 2), True),
        (row_id(0, 4), row_id(0, 2), True),
    ], "they are noted whatever becomes of them"


def test_a_row_that_is_sent_with_anothers_key_says_so(house: House) -> None:
    _, bob, *_ = house.run(*COLLEAGUES, rules="match: {shared_key: send}")
    assert isinstance(bob, Record)
    assert bob.warnings[0].message.endswith("both become one contact.")


def test_what_the_mapping_requires_is_still_required(house: House) -> None:
    decided = house.run(*COLLEAGUES[:2], rules="match: {require: [phone]}")
    assert kept(decided) == ["email+phone", "shared_key"]


def test_a_field_that_the_location_does_not_match_by_can_be_shared(house: House) -> None:
    assert kept(house.run(*COLLEAGUES, matched_by=lambda _: ("email",))) == ["email+phone"] * 4


def test_a_row_that_makes_a_new_contact_in_any_case_neither_takes_nor_loses_a_key(house: House) -> None:
    decided = house.run(
        *COLLEAGUES[:3],
        matched_by=lambda record: () if record.fields["firstName"] in {"Ann", "Cy"} else MATCH_BY,
    )
    assert kept(decided) == ["email+phone"] * 3


def test_a_row_that_names_its_contact_by_id_holds_its_keys_and_loses_none(tmp_path: Path) -> None:
    rules = RULES.replace("lastName: Last", "id: Last")
    mapping = parse_mapping(rules)
    surveyor = mapping.surveyor(HEADER, location_id="loc1", today=date(2026, 11, 23))
    rows = [
        ["Ann", "c" * 20, "", OFFICE],
        ["Bob", "", "bob@x.com", OFFICE],
        ["Cy", "d" * 20, "", OFFICE],
    ]
    block = Block(source=0, numbers=range(2, 5), rows=rows)
    surveyor.see(block)
    bound = surveyor.bind()
    with KeyHolders.open(tmp_path, place="x", run_id="a") as store:
        shared = bound.shared_keys(store, matched_by=lambda _: MATCH_BY, note=lambda _: None)
        assert kept(shared.decide(bound.read(block))) == ["phone", "email", "phone"]


# One person, as far as can be told.

SPOUSES = ["Ann", "Lee", "lee@x.com", ""], ["Bob", "Lee", "lee@x.com", OFFICE]


def doubts(decided: Sequence[Record | Outcome]) -> list[str]:
    """Give what is said of rows that are taken for somebody they may not be."""
    return [fault.message for item in decided for fault in item.warnings if fault.code == "taken_as_one"]


@pytest.mark.parametrize(
    ("one", "other", "keys"),
    [
        (*SPOUSES, "e-mail"),
        (*reversed(SPOUSES), "e-mail"),
        (["Ann", "Lee", "lee@x.com", ""], ["Bob", "Lee", "lee@x.com", ""], "e-mail"),
        (["Ann", "Lee", "lee@x.com", OFFICE], ["Bob", "Lee", "lee@x.com", OFFICE], "e-mail and phone"),
    ],
)
def test_nobody_gets_another_name_without_a_word(house: House, one: Cells, other: Cells, keys: str) -> None:
    first, second = house.run(one, other)
    assert first.warnings == ()
    assert doubts([second]) == [
        (
            f"Row 2 has the row's {keys} too, under another name, and nothing tells them apart: both are taken for one person, "
            "whose name is that of the row sent last."
        )
    ]
    assert second.warnings[0].column == "E"


def test_a_row_without_a_name_replaces_no_phone_without_a_word(house: House) -> None:
    decided = house.run(["Ann", "Lee", "ann@x.com", OFFICE], ["", "", "ann@x.com", OWN])
    assert doubts(decided) == [
        (
            "Row 2 has the row's e-mail too, with another phone: a row without a name is taken for the same person, whose phone is "
            "that of the row sent last."
        )
    ]
    assert [link.contradiction for link in house.links] == ["other_key"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["Ann", "Lee", "ann@x.com", ""], ["ANN", "", "Ann@X.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["Ann", "Lee", "ann@x.com", OWN]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["", "", "ann@x.com", OFFICE]),
        (["Ann", "Lee", "ann@x.com", OFFICE], ["", "", "ann@x.com", ""]),
        (["", "", "ann@x.com", OFFICE], ["Ann", "Lee", "ann@x.com", OFFICE]),
    ],
)
def test_a_row_that_fits_is_no_matter_of_doubt(house: House, one: Cells, other: Cells) -> None:
    assert doubts(house.run(one, other)) == []


def test_a_later_file_that_renames_somebody_says_so_once(house: House) -> None:
    ann, bob = SPOUSES
    house.run(ann)
    for _ in range(2):  # the run is cut off and goes on
        (said,) = doubts(house.run(bob, run_id="run-2"))
        assert said.startswith(
            "Somebody who was imported before has the row's e-mail too, under another name"
        )
        assert [(link.first, link.contradiction) for link in house.links] == [(None, "name")]
    assert doubts(house.run(bob, run_id="run-3")) == []


def test_a_row_that_names_its_contact_by_id_renames_nobody_else(house: House) -> None:
    rules = RULES.replace("lastName: Last", "id: Last")
    decided = house.run(["Ann", "", "lee@x.com", ""], ["Bob", "c" * 20, "lee@x.com", ""], whole_rules=rules)
    assert doubts(decided) == []


@pytest.mark.parametrize("policy", ["first", "last", "merge", "fail"])
def test_whatever_becomes_of_duplicates_the_doubt_is_said(house: House, policy: str) -> None:
    assert len(doubts(house.run(*SPOUSES, rules=f"match: {{in_file_duplicates: {policy}}}"))) == 1


# What is remembered.


def test_the_next_file_does_not_give_a_phone_away(house: House) -> None:
    house.run(COLLEAGUES[0])
    (bob,) = house.run(COLLEAGUES[1], run_id="run-2")
    assert kept([bob]) == ["email"]
    assert isinstance(bob, Record)
    assert bob.warnings[0].message.startswith(
        "The phone was left out: somebody who was imported before has it too"
    )
    assert [(link.first, link.apart) for link in house.links] == [(None, True)]


def test_the_holder_comes_again_and_again(house: House) -> None:
    for number in range(3):
        assert kept(house.run(*COLLEAGUES, run_id=f"run-{number}")) == [
            "email+phone",
            "email",
            "email",
            "email+phone",
        ]


def test_a_new_name_beside_the_same_keys_is_what_counts_from_then_on(house: House) -> None:
    house.run(["Ann", "Lee", "ann@x.com", OFFICE])
    house.run(["Ann", "Ray", "ann@x.com", OFFICE], run_id="run-2")
    assert kept(house.run(["Ann", "Ray", "new@x.com", OFFICE], run_id="run-3")) == ["email+phone"]


class Written(KeyHolders):
    """Counts the keys whose holder is written down."""

    count = 0

    def put(self, holders: Mapping[int, KeyHolder]) -> None:
        self.count += len(holders)
        super().put(holders)


def test_a_second_pass_writes_anew_only_who_shares_a_key(tmp_path: Path) -> None:
    rows = [("Ann", "Lee", "ann@x.de", OWN), ("Bob", "Ray", "bob@x.de", OFFICE), ("Cid", "Roe", "cid@x.de", OFFICE)]  # fmt: skip
    with Written.open(tmp_path, place="https://crm.example", run_id="run-1") as store:
        surveyor = parse_mapping(RULES).surveyor(HEADER, location_id="loc1", today=date(2026, 11, 23))
        block = Block(source=0, numbers=range(2, 2 + len(rows)), rows=rows)
        surveyor.see(block)
        bound = surveyor.bind()
        shared = bound.shared_keys(store, matched_by=lambda _: MATCH_BY, note=lambda _: None)
        first = shared.decide(bound.read(block))
        assert store.count == 5
        store.flush()
        assert shared.decide(bound.read(block)) == first
        assert store.count - 5 < 5 - 2, "neither key of Ann's is anybody else's"


def test_another_location_knows_nothing_of_it(house: House) -> None:
    house.run(COLLEAGUES[0])
    assert kept(house.run(COLLEAGUES[1], run_id="run-2", location_id="loc2")) == ["email+phone"]


def test_what_is_remembered_holds_no_word_of_anybody(house: House, tmp_path: Path) -> None:
    house.run(*COLLEAGUES)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("key-holders.db*"))
    assert b"ann" not in stored.lower().replace(b"channel", b"")
    assert OFFICE.encode() not in stored


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"firstName": "Ludwig", "lastName": "van Beethoven"}, ("ludwig van", "beethoven")),
        ({"name": "Ludwig van Beethoven"}, ("ludwig van", "beethoven")),
        ({"lastName": "van Beethoven"}, ("", "beethoven")),
        ({"firstName": "Zoë"}, ("zoe", "")),
        ({"name": "Zoë"}, ("zoe", "")),
        ({"firstName": "Ann-Marie", "lastName": "O'Neil"}, ("ann marie o", "neil")),
        ({"firstName": "An\u200bn", "lastName": "\u202aLe\u00ade\u202c"}, ("ann", "lee")),
        ({"firstName": "-", "lastName": "."}, ("", "")),
        ({"firstName": "李", "lastName": "明"}, ("李", "明")),
        ({}, ("", "")),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(
    fields: dict[str, str], expected: tuple[str, str]
) -> None:
    assert name_of(fields) == expected


# For any rows at all.

NAMES = st.sampled_from(["", "Ann", "Bob"])
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["", "Lee", "Ray"]),
        st.sampled_from(["", "a@x.com", "b@x.com", "A@x.com"]),
        st.sampled_from(["", OFFICE, OWN]),
    ).map(list),
    max_size=9,
)
POLICIES = st.sampled_from(["leave_out", "fail"])


def are_two(one: Record, other: Record, key: str) -> bool:
    """Tell as plainly as can be whether two rows that share a key are two people."""
    beside = "phone" if key == "email" else "email"
    names = [
        (record.fields.get("firstName", ""), record.fields.get("lastName", "")) for record in (one, other)
    ]
    if all(not a or not b or a == b for a, b in zip(*names, strict=True)):
        return False
    first, second = (str(record.fields.get(beside, "")).lower() for record in (one, other))
    if first and first == second:
        return False
    return key == "phone" or bool(first and second)


def pairs(
    given_rows: Sequence[Record | Outcome], decided: Sequence[Record | Outcome]
) -> Iterator[tuple[Record, Record, str]]:
    """Give each pair of rows that are both sent with one key, as they stand in the file."""
    whole = {item.row: item for item in given_rows if isinstance(item, Record)}
    sent = [item for item in decided if isinstance(item, Record)]
    for at, one in enumerate(sent):
        for other in sent[at + 1 :]:
            for key in ("email", "phone"):
                mine, theirs = (str(each.fields.get(key, "")).lower() for each in (one, other))
                if mine and mine == theirs:
                    yield whole[one.row], whole[other.row], key


def with_house(work: Callable[[House], None]) -> None:
    with TemporaryDirectory() as folder:
        work(House(Path(folder)))


@given(ROWS, POLICIES)
def test_no_two_people_are_sent_with_one_key(rows: list[list[str]], policy: str) -> None:
    def work(house: House) -> None:
        plain = house.run(*rows, rules="match: {shared_key: send}", run_id="a", matched_by=lambda _: ())
        decided = house.run(*rows, rules=f"match: {{shared_key: {policy}}}", run_id="b")
        assert [item.row for item in decided] == [item.row for item in plain], "each row once, in order"
        assert not [pair for pair in pairs(plain, decided) if are_two(*pair)]

    with_house(work)


def ends(decided: Sequence[Record | Outcome]) -> list[Record | str]:
    """Take a row that failed for what it failed of: a later pass may know one reason more."""
    return [item if isinstance(item, Record) else item.code or "" for item in decided]


@given(ROWS, POLICIES, st.integers(1, 4))
def test_every_pass_and_every_size_of_block_decides_the_same(
    rows: list[list[str]], policy: str, size: int
) -> None:
    rules = f"match: {{shared_key: {policy}}}"
    found: list[list[Record | str]] = []

    def work(house: House) -> None:
        found.append(ends(house.run(*rows, rules=rules)))
        found.append(ends(house.run(*rows, rules=rules, size=size)))

    with_house(work)
    with_house(lambda house: found.append(ends(house.run(*rows, rules=rules, size=size))))
    assert found[0] == found[1] == found[2]


@given(ROWS, st.integers(0, 9))
def test_a_run_that_was_cut_off_goes_on_as_it_began(rows: list[list[str]], cut: int) -> None:
    found: list[list[Record | Outcome]] = []

    def cut_off(house: House) -> None:
        house.run(*rows[:cut], size=1)
        found.append(house.run(*rows, size=2))

    with_house(cut_off)
    with_house(lambda house: found.append(house.run(*rows)))
    assert found[0] == found[1]


@given(ROWS, ROWS, POLICIES)
def test_a_second_file_sends_nobody_with_a_key_of_the_first_files_people(
    first: list[list[str]], second: list[list[str]], policy: str
) -> None:
    rules = f"match: {{shared_key: {policy}}}"

    def work(house: House) -> None:
        before = house.run(*first, rules=rules, run_id="a")
        holders = {
            str(item.fields[key]).lower(): item
            for item in before
            if isinstance(item, Record)
            for key in ("email", "phone")
            if item.fields.get(key)
        }
        whole = house.run(*second, run_id="b", matched_by=lambda _: ())
        decided = house.run(*second, rules=rules, run_id="c", size=1)
        first_met: set[str] = set()
        for item, plain in zip(decided, whole, strict=True):
            if not isinstance(item, Record) or not isinstance(plain, Record):
                continue
            for key in ("email", "phone"):
                value = str(item.fields.get(key, "")).lower()
                holder = holders.get(value)
                if holder is None or value in first_met or _known_by_several(before, value):
                    continue
                first_met.add(value)
                assert not are_two(_whole(holder, first), plain, key)

    with_house(work)


def _whole(record: Record, rows: list[list[str]]) -> Record:
    """Give a record back what it went without."""
    cells = rows[(record.row & 0xFFFF_FFFF) - 2]
    email, phone = cells[2], f"+1{cells[3]}" if cells[3] else ""
    fields = {**record.fields, **({"email": email} if email else {}), **({"phone": phone} if phone else {})}
    return Record(row=record.row, location_id=record.location_id, fields=fields)


def _known_by_several(items: Sequence[Record | Outcome], value: str) -> bool:
    holding = [
        item
        for item in items
        if isinstance(item, Record)
        and value in {str(item.fields.get(key, "")).lower() for key in ("email", "phone")}
    ]
    return len(holding) != 1
