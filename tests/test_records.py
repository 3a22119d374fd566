"""The nouns that travel: what holds for every one of them, whatever it is called."""

from __future__ import annotations

import copy
import pickle
from dataclasses import field, fields, replace

import pytest

from importer.records import Fault, Planned, Record, value_type


@value_type(frozen=True, slots=True, kw_only=True)
class Parcel:
    weight: int
    tags: tuple[str, ...] = ()
    inside: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@value_type(frozen=True, slots=True, kw_only=True)
class Crate(Parcel):
    lid: bool = True


@value_type(frozen=True, slots=True)
class Nothing:
    pass


@value_type(frozen=True, slots=True, eq=False)
class Stamp:
    name: str


@value_type(frozen=True, slots=True)
class Named:
    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


@value_type(frozen=True, slots=True)
class Label:
    text: str
    lines: list[str] = field(default_factory=list)
    bold: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self.lines.append(self.text)


@value_type(frozen=True, slots=True)
class Sealed:
    name: str

    def __init__(self) -> None:
        self.name = "wax"  # type: ignore[misc]


class Bundle(Parcel):
    """One that adds no fields."""


LIGHT = Parcel(weight=2, tags=("a",), inside="Ann", note="by hand")


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (Parcel(weight=2, tags=("a",), inside="Ann", note="by hand"), True),
        (replace(LIGHT, note="another"), True),
        (replace(LIGHT, weight=3), False),
        (replace(LIGHT, inside="Bob"), False),
        (Crate(weight=2, tags=("a",), inside="Ann", note="by hand"), False),
        ((2, ("a",), "Ann"), False),
    ],
    ids=["alike", "but for what is not compared", "a field", "a hidden field", "another kind", "a tuple"],
)
def test_two_of_a_kind_are_equal_when_the_fields_that_are_compared_are(other: object, equal: bool) -> None:  # noqa: FBT001
    assert (other == LIGHT) is equal
    assert ((other, LIGHT)[0] != LIGHT) is not equal
    assert hash(other) == hash(LIGHT) or not equal


def test_it_is_made_as_a_dataclass_is() -> None:
    first, second = Label("a"), Label("b", ["x"], bold=True)
    assert (first.lines, first.bold) == (["a"], False)
    assert (second.text, second.lines, second.bold) == ("b", ["x", "b"], True)
    assert Label("a").lines == ["a"]
    assert Sealed().name == "wax"
    assert Bundle(weight=3).weight == 3
    assert Crate(weight=1, note="n", lid=False) == Crate(weight=1, lid=False)


@pytest.mark.parametrize("again", [1, 2])
def test_it_refuses_what_a_dataclass_refuses(again: int) -> None:
    with pytest.raises(
        TypeError, match=r"Parcel\.__init__\(\) missing 1 required keyword-only argument: 'weight'"
    ):
        Parcel()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'wieght'"):
        Parcel(weight=again, wieght=again)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        Parcel(again)  # type: ignore[call-arg]


def test_they_are_keys_of_dictionaries() -> None:
    assert {LIGHT: 1}[replace(LIGHT, note="another")] == 1
    assert len({Nothing(), Nothing()}) == 1


def test_what_holds_something_that_changes_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(replace(LIGHT, tags=["a"]))  # type: ignore[arg-type]


def test_without_equality_each_is_itself_alone() -> None:
    one, two = Stamp("x"), Stamp("x")
    assert one != two
    assert len({one, two, one}) == 2


def test_it_shows_all_but_what_is_hidden() -> None:
    assert repr(LIGHT) == "Parcel(weight=2, tags=('a',), note='by hand')"
    assert repr(Crate(weight=1)) == "Crate(weight=1, tags=(), note='', lid=True)"
    assert repr(Nothing()) == "Nothing()"
    assert repr(Named("Ann")) == "<Ann>"


def test_it_travels_between_processes_as_it_is() -> None:
    for each in (LIGHT, Nothing(), Crate(weight=1, lid=False)):
        assert pickle.loads(pickle.dumps(each)) == each  # noqa: S301  (our own bytes)
        assert copy.deepcopy(each) == each


def test_a_row_travels_with_every_field_that_it_has() -> None:
    row = Record(
        row=7,
        location_id="loc",
        fields={"email": "ann@example.com"},
        custom_fields=(("shirt", "M"),),
        tags=("lead",),
        contact_id="c7",
        warnings=(Fault(code="odd", message="It is odd.", fails=False),),
        country_guessed=True,
        upsert=b"{}",
        planned=Planned(creates=True),
        clears_tags=True,
    )
    for there in (pickle.loads(pickle.dumps(row)), copy.deepcopy(row)):  # noqa: S301  (our own bytes)
        assert type(there) is Record
        assert [getattr(there, each.name) for each in fields(Record)] == [
            getattr(row, each.name) for each in fields(Record)
        ]


def test_it_takes_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        LIGHT.wieght = 3  # type: ignore[attr-defined]
