"""Two rows look like one person when their names agree and something else does, too; a name alone is nobody's."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rapidfuzz")

from importer.mapping.resemblance import Likeness, Traits, block_keys, likeness, traits_of
from importer.mapping.values.nicknames import are_nicknames
from importer.records import Json, Record

ANN: dict[str, Json] = {
    "firstName": "Robert",
    "lastName": "Müller",
    "email": "robert.mueller@example.com",
    "phone": "+12125550123",
    "address1": "12 Main Street",
    "postalCode": "10001",
    "city": "New York",
    "companyName": "Harbor Ltd",
    "dateOfBirth": "1985-03-14",
}


def traits(**fields: Json) -> Traits:
    found = traits_of(
        Record(row=2, location_id="l", fields={name: each for name, each in fields.items() if each})
    )
    assert found is not None
    return found


def other(**changes: Json) -> Traits:
    """Give the person again, under another e-mail and without a phone, and changed as told."""
    return traits(**{**ANN, "email": "else@where.com", "phone": None, **changes})


def alone(**changes: Json) -> Traits:
    """Give the name with what is told and nothing else."""
    return traits(**{"firstName": "Robert", "lastName": "Muller", "email": "else@where.com", **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"address1": "12 main street", "postalCode": "10001"}, [Likeness.SAME_NAME, Likeness.SAME_ADDRESS]),
        ({"address1": "12 Main St.", "postalCode": "10001"}, [Likeness.SAME_NAME, Likeness.SAME_ADDRESS]),
        ({"phone": "+12125550132"}, [Likeness.SAME_NAME, Likeness.NEAR_PHONE]),
        ({"phone": "+12125550124"}, [Likeness.SAME_NAME, Likeness.NEAR_PHONE]),
        ({"email": "robert.muellre@example.com"}, [Likeness.SAME_NAME, Likeness.NEAR_EMAIL]),
        ({"email": "robert.mueller@other.net"}, [Likeness.SAME_NAME, Likeness.NEAR_EMAIL]),
        ({"dateOfBirth": "1985-03-14"}, [Likeness.SAME_NAME, Likeness.SAME_BIRTHDAY]),
        ({"companyName": "HARBOR LTD"}, [Likeness.SAME_NAME, Likeness.SAME_COMPANY]),
        ({"firstName": "Bob", "dateOfBirth": "1985-03-14"}, [Likeness.NICKNAME, Likeness.SAME_BIRTHDAY]),
        ({"lastName": "Mulelr", "dateOfBirth": "1985-03-14"}, [Likeness.SIMILAR_NAME, Likeness.SAME_BIRTHDAY]),
        ({"firstName": "Müller", "lastName": "Robert", "dateOfBirth": "1985-03-14"}, [Likeness.SAME_NAME, Likeness.SAME_BIRTHDAY]),
    ],
)  # fmt: skip
def test_a_name_and_something_beside_it_make_two_rows_alike(
    changes: dict[str, Json], why: list[Likeness]
) -> None:
    assert list(likeness(traits(**ANN), alone(**changes))) == why


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"address1": "21 Main Street", "postalCode": "10001"},
        {"address1": "12 Main Street", "postalCode": "10002"},
        {"phone": "+12125550777"},
        {"firstName": "Roberta", "companyName": "Harbor Ltd", "lastName": "Millar"},
        {"lastName": "Mulelr", "companyName": "Harbor Ltd"},
        {"dateOfBirth": "1955-11-02", "address1": "12 Main Street", "postalCode": "10001"},
    ],
)
def test_a_name_alone_and_what_contradicts_make_no_pair(changes: dict[str, Json]) -> None:
    assert likeness(traits(**ANN), alone(**changes)) == ()


@pytest.mark.parametrize("key", ["email", "phone"])
def test_rows_that_share_a_key_are_no_news(key: str) -> None:
    assert likeness(traits(**ANN), other(**{key: ANN[key]})) == ()
    assert likeness(traits(**ANN), other()) != ()


def test_a_row_without_a_whole_name_is_compared_with_nobody() -> None:
    assert (
        traits_of(Record(row=2, location_id="l", fields={"firstName": "Ann", "email": "a@example.com"}))
        is None
    )


@pytest.mark.parametrize(
    ("one", "both"), [("bob", "robert"), ("peggy", "margaret"), ("sepp", "josef"), ("bill", "liam")]
)
def test_nicknames_are_known(one: str, both: str) -> None:
    assert are_nicknames(one, both)
    assert not are_nicknames(one, "nobody")


@pytest.mark.parametrize(
    "changes",
    [
        {"firstName": "Bob"},
        {"lastName": "Mullre", "phone": "+12125550123"},
        {"lastName": "Nuller", "address1": "12 Main Street", "postalCode": "10001"},
        {"phone": "+12125550132"},
        {"phone": "+12125505123"},
        {"phone": "+12135550123"},
        {"email": "robert.mueller@other.net", "firstName": "Rboert"},
    ],
)
def test_similar_rows_meet_in_a_group_whatever_was_mistyped(changes: dict[str, Json]) -> None:
    shared = set(block_keys(traits(**ANN))) & set(block_keys(alone(**changes)))
    assert shared


PEOPLE = st.builds(
    lambda first, last, phone, street: traits(
        firstName=first, lastName=last, phone=phone, address1=street, postalCode="10001"
    ),
    st.sampled_from(("Ann", "Anne", "Robert", "Bob", "Müller")),
    st.sampled_from(("Smith", "Smiht", "Müller", "Muller")),
    st.sampled_from((None, "+12125550123", "+12125550132", "+12125550777")),
    st.sampled_from((None, "1 Main St", "1 Main Street", "2 Main Street")),
)


@given(st.lists(PEOPLE, min_size=2, max_size=4))
def test_likeness_goes_both_ways(people: list[Traits]) -> None:
    for one, another in combinations(people, 2):
        assert likeness(one, another) == likeness(another, one)
