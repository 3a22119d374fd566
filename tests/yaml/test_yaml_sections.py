"""A section takes what its annotations say; whatever else was written is told in a sentence at its place."""

from __future__ import annotations

import pickle
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest

from importer.yaml.document import parse
from importer.yaml.json_schema import schema_of
from importer.yaml.kinds import read_section
from importer.yaml.section import (
    AfterValidator,
    BeforeValidator,
    Flag,
    NonEmptyText,
    NotEmpty,
    PlainValidator,
    Section,
    SectionError,
    Text,
    Within,
    WithJsonSchema,
    key,
    plain_of,
)


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def _not_dull(text: str) -> str:
    if text == "dull":
        raise ValueError("That is dull.")
    return text.upper()


def _one_or_many(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


class Wheel(Section):
    """A wheel."""

    spokes: Annotated[int, Within(3, 40)]
    rim: Text = "steel"

    @classmethod
    def _shorthand(cls, written: Any) -> Any:
        return {"spokes": written} if isinstance(written, str) else written


class Cart(Section):
    """A cart."""

    name: Annotated[str, NotEmpty(), AfterValidator(_not_dull)]
    size: Size = key(default=Size.SMALL, description="How large it is.")
    brake: Literal["hand", "foot"] | None = key(default=None)
    laden: Flag = False
    axles: Annotated[int, Within(1)] = 1
    class_: Text | None = key(default=None, alias="class")
    wheels: tuple[Wheel, ...] = ()
    loads: Annotated[tuple[NonEmptyText, ...], BeforeValidator(_one_or_many), NotEmpty()] = ("hay",)
    spare: Text | Wheel | None = None
    notes: Text | tuple[Text, ...] = ""
    by_size: dict[Size, dict[Text, Wheel]] = key(default={})
    price: Annotated[
        float,
        PlainValidator(lambda text: float(text.removesuffix(" EUR"))),
        WithJsonSchema({"type": "string"}),
    ] = 0.0

    def _check(self) -> None:
        if self.laden and not self.wheels:
            raise ValueError("A laden cart has wheels.")


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("size: large", "size", Size.LARGE),
        ("brake: foot", "brake", "foot"),
        ("laden: OFF", "laden", False),
        ("axles: 2", "axles", 2),
        ("axles: ' 2 '", "axles", 2),
        ("axles: 2.0", "axles", 2),
        ("class: x", "class_", "x"),
        ("wheels: [5, {spokes: 6, rim: wood}]", "wheels", (Wheel(spokes=5), Wheel(spokes=6, rim="wood"))),
        ("loads: corn", "loads", ("corn",)),
        ("loads: [corn, straw]", "loads", ("corn", "straw")),
        ("spare: yes", "spare", "yes"),
        ("spare: {spokes: 7}", "spare", Wheel(spokes=7)),
        ("notes: [a, b]", "notes", ("a", "b")),
        ("by_size: {large: {a: 8}}", "by_size", {Size.LARGE: {"a": Wheel(spokes=8)}}),
        ("price: 5 EUR", "price", 5.0),
    ],
)
def test_what_was_written_becomes_what_the_annotation_says(written: str, name: str, value: object) -> None:
    read = parse(f"name: Old\n{written}", Cart)
    assert read.value is not None, read.faults
    assert (read.value.name, getattr(read.value, name)) == ("OLD", value)
    assert read.value.given == {"name", name}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("name: ''", "1:7: 'name': nothing is in it; write at least one."),
        ("name: dull", "1:7: That is dull."),
        ("name: [a]", "1:7: 'name': a text is expected here, not a list."),
        ("nam: x", "1:1: 'name' is missing here."),
        ("name: x\nclass_: y", "2:1: 'class_' is no key here. Did you mean 'class'?"),
        ("name: x\nsize: larg", "2:7: 'larg' is none of small, large. Did you mean 'large'?"),
        ("name: x\nbrake: [hand]", "2:8: 'brake': one of hand, foot is expected here, not a list."),
        ("name: x\nladen: perhaps", "2:8: 'laden': true or false is expected here, not 'perhaps'."),
        ("name: x\nladen: true", "1:1: A laden cart has wheels."),
        ("name: x\naxles: two", "2:8: 'axles': a whole number is expected here, not 'two'."),
        ("name: x\naxles: 2.5", "2:8: 'axles': a whole number is expected here, not '2.5'."),
        ("name: x\naxles: 0", "2:8: 'axles': 1 or more is expected here, not 0."),
        ("name: x\nwheels: [5, 41]", "2:13: 'spokes': 3 to 40 is expected here, not 41."),
        ("name: x\nwheels: [[5]]", "2:10: 'wheels': keys with values are expected here (key: value), not a list."),
        ("name: x\nwheels: 5", "2:9: 'wheels': a list is expected here ([one, two]), not '5'."),
        ("name: x\nloads: []", "2:8: 'loads': nothing is in it; write at least one."),
        ("name: x\nloads: [a, '']", "2:12: 'loads': nothing is in it; write at least one."),
        ("name: x\nspare: {spoks: 5, spokes: 5}", "2:9: 'spoks' is no key here. Did you mean 'spokes'?"),
        ("name: x\nnotes: {a: b}", "2:8: 'notes': a text or a list is expected here, not keys with values."),
        ("name: x\nby_size: [a]", "2:10: 'by_size': keys with values are expected here (key: value), not a list."),
        ("name: x\nby_size: {huge: {}}", "2:11: 'huge' is none of small, large."),
        ("name: x\nby_size: {small: {a: 1}}", "2:22: 'spokes': 3 to 40 is expected here, not 1."),
        ("name: x\nprice: much", "2:8: could not convert string to float: 'much'"),
        ("[a]", "1:1: Keys with values are expected here (key: value), not a list."),
    ],
)  # fmt: skip
def test_what_an_annotation_does_not_take_is_told_at_its_place(written: str, said: str) -> None:
    read = parse(written, Cart)
    assert read.value is None
    assert f"f.yaml:{said}" in [fault.at("f.yaml") for fault in read.faults]


def test_all_that_is_wrong_is_told_together() -> None:
    with pytest.raises(SectionError) as refused:
        read_section(
            Cart, {"name": "", "wheels": ["1", {"rim": "x"}], "by_size": {"a": {}, "small": {"b": "2"}}}
        )
    assert {fault.place for fault in refused.value.faults} == {
        ("name",),
        ("wheels", 0, "spokes"),
        ("wheels", 1, "spokes"),
        ("by_size", "a"),
        ("by_size", "small", "b", "spokes"),
    }


def test_a_section_is_written_as_json_has_it_whole_or_without_what_is_so_unless_said() -> None:
    cart = read_section(Cart, {"name": "x", "size": "large", "class": "c", "wheels": ["5"], "loads": "hay"})
    said = {"name": "X", "size": "large", "class": "c", "wheels": [{"spokes": 5}]}
    assert plain_of(cart, said_only=True) == said
    assert plain_of(cart)["wheels"] == [{"spokes": 5, "rim": "steel"}]
    assert list(plain_of(cart)) == list(schema_of(Cart)["properties"])


def test_a_section_is_known_by_its_values_and_survives_a_pickle() -> None:
    one = Cart(name="X", wheels=(Wheel(spokes=5),))
    assert one == read_section(Cart, {"name": "x", "wheels": ["5"]}) != one.replaced(laden=True)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  (just made)
    assert one.replaced(laden=True).given == {"name", "wheels", "laden"}
    with pytest.raises(ValueError, match="has wheels"):
        one.replaced(wheels=(), laden=True)
    for wrong in ({}, {"name": "x", "colour": "red"}):
        with pytest.raises(TypeError, match=r"Cart lacks .* knows no"):
            Cart(**wrong)  # type: ignore[arg-type]


def test_the_schema_takes_what_the_section_takes() -> None:
    schema = schema_of(Cart)
    import jsonschema  # type: ignore[import-untyped]  # dear to load, and every worker loads this module

    jsonschema.Draft202012Validator.check_schema(schema)
    takes = jsonschema.Draft202012Validator(schema).is_valid
    assert takes({"name": "x", "size": "large", "axles": 2, "spare": {"spokes": 3}, "by_size": {"small": {}}})
    for wrong in (
        {},
        {"name": ""},
        {"name": "x", "class_": "y"},
        {"name": "x", "size": "huge"},
        {"name": "x", "axles": 0},
        {"name": "x", "loads": []},
        {"name": "x", "wheels": [{"spokes": 41}]},
        {"name": "x", "by_size": {"huge": {}}},
        {"name": "x", "notes": {}},
    ):
        assert not takes(wrong), wrong
    assert schema["properties"]["size"] == {
        "$ref": "#/$defs/Size",
        "description": "How large it is.",
        "default": "small",
    }
