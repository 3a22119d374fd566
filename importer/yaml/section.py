"""What a section of a YAML file is: a class whose annotations say what each key takes, and whose ``key`` says what it means.

    class Condition(Section):
        '''A test on one column's cell.'''

        column: Header = key(description="The column to look at.")
        blank: Flag | None = key(default=None, description="true: the cell is blank.")

``kinds.read_section(Condition, {"column": "Mail"})`` gives one, or raises SectionError with all that is wrong; ``json_schema`` writes for
editors what annotations say. The marks are called as pydantic calls them, which read these files before: its start was
a quarter of ``importer check`` for ten rows and 10 MB of each process, it told of a union what each of its kinds had against a value,
and of its kinds these files need a dozen, since every scalar of theirs is a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias, dataclass_transform

from importer.records import value_type

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a file: ("fields", "email", "column")."""
MISSING: Final = object()
"""The default of a key that has to be given."""


@value_type(frozen=True, slots=True, kw_only=True)
class SectionFault:
    """One thing wrong with what was written for a section."""

    place: Place
    sentence: str
    on_key: bool = False
    """Whether the key is wrong, and not what it holds."""


class SectionError(Exception):
    """What was written is no such section; ``faults`` are all that is wrong with it, in no order."""

    def __init__(self, *faults: SectionFault) -> None:
        super().__init__("; ".join(fault.sentence for fault in faults))
        self.faults = faults


@value_type(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a section. Without a default it has to be given; ``alias``: what a file calls it, where Python cannot."""

    default: Any = MISSING
    alias: str | None = None
    description: str = ""


def key(*, default: Any = MISSING, alias: str | None = None, description: str = "") -> Any:
    """Describe a key; what it takes stands in its annotation."""
    return Key(default=default, alias=alias, description=description)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(key,))
class Section:
    """Keys with values; a key that the section does not know is refused."""

    keys_by_name: ClassVar[dict[str, Key]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: vars(cls).get(name, MISSING) for name in vars(cls).get("__annotations__", {})}
        for name in own:
            if name in vars(cls):
                delattr(cls, name)  # else annotations that name the like (a `map`) would find it
        named = {name: given if isinstance(given, Key) else Key(default=given) for name, given in own.items()}
        cls.keys_by_name = {**cls.keys_by_name, **named}

    def __init__(self, **values: Any) -> None:
        """Take values that are what the annotations say; texts of a file go through ``read_section``."""
        self._given = frozenset(values)
        for name, each in self.keys_by_name.items():
            vars(self)[name] = values.pop(name, each.default)
        lacking = [name for name in self.keys_by_name if vars(self)[name] is MISSING]
        if values or lacking:
            raise TypeError(f"{type(self).__name__} lacks {lacking}, and knows no {list(values)}.")
        self._check()

    @classmethod
    def _shorthand(cls, written: Any) -> Any:
        """Give the long form of what may be written shortly. ValueError says what is wrong."""
        return written

    def _check(self) -> None:
        """Hold keys against each other. ValueError says what is wrong."""

    @property
    def given(self) -> frozenset[str]:
        """The names of the keys that were written."""
        return self._given

    def replaced(self, **values: Any) -> Self:
        """Give a like one with other values of some keys."""
        made = type(self)(**{**dict(self), **values})
        made._given = self._given | values.keys()  # noqa: SLF001  (one of our own)
        return made

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self.keys_by_name:
            yield name, vars(self)[name]

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"


def plain_of(section: Section, *, said_only: bool = False) -> dict[str, Any]:
    """Write a section as what JSON has, by the names that a file uses; ``said_only``: without what is as it is unless said."""
    named = ((name, value, section.keys_by_name[name]) for name, value in section)
    return {
        each.alias or name: _plain(value, said_only=said_only)
        for name, value, each in named
        if not (said_only and value == each.default)
    }


def _plain(value: Any, *, said_only: bool) -> Any:
    match value:
        case Section():
            return plain_of(value, said_only=said_only)
        case Enum():
            return value.value
        case dict():
            return {
                _plain(name, said_only=said_only): _plain(each, said_only=said_only)
                for name, each in value.items()
            }
        case tuple():
            return [_plain(each, said_only=said_only) for each in value]
        case _ if is_dataclass(value):
            own = ((each.name, getattr(value, each.name), each.default) for each in fields(value))
            return {
                name: _plain(each, said_only=said_only)
                for name, each, usual in own
                if not (said_only and each == usual)
            }
        case _:
            return value


@value_type(frozen=True, slots=True)
class BeforeValidator:
    """Turns what was written into what the kind reads. ValueError says what is wrong."""

    function: Callable[[Any], Any]


@value_type(frozen=True, slots=True)
class AfterValidator:
    """Turns what the kind read into what the key holds. ValueError says what is wrong."""

    function: Callable[[Any], Any]


@value_type(frozen=True, slots=True)
class PlainValidator:
    """Reads what was written in place of the kind. ValueError says what is wrong."""

    function: Callable[[Any], Any]


@value_type(eq=False, frozen=True, slots=True)  # what it holds cannot be hashed, as annotations are
class WithJsonSchema:
    """What editors are told of it."""

    schema: dict[str, Any]


@value_type(frozen=True, slots=True)
class NotEmpty:
    """Something has to be in it."""


@value_type(frozen=True, slots=True)
class Within:
    """The least and the most that a number may be."""

    least: int
    most: int | None = None


# Editors check such a file as YAML with types; to them 5 and true are no texts, to us they are.
TEXT_SCHEMA: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
TEXTS_SCHEMA: Final[dict[str, Any]] = {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}

Text = Annotated[str, WithJsonSchema(TEXT_SCHEMA)]
NonEmptyText = Annotated[str, NotEmpty(), WithJsonSchema(TEXT_SCHEMA)]
Flag = Annotated[bool, WithJsonSchema({"type": "boolean"})]
