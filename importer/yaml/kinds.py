"""What annotations of a section say, as readers: each takes what was written to what a key holds, or raises SectionError.

A class' annotations are evaluated when the first of it is read: a mapping without tasks does not pay for theirs.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from importer.records import value_type
from importer.yaml.section import (
    MISSING,
    AfterValidator,
    BeforeValidator,
    Key,
    NotEmpty,
    Place,
    PlainValidator,
    Section,
    SectionError,
    SectionFault,
    Within,
)
from importer.yaml.sentences import described, none_of, unexpected, unknown_key

SectionT = TypeVar("SectionT", bound=Section)
Reader: TypeAlias = Callable[[Any, Place], Any]

_YES: Final = frozenset(("true", "t", "yes", "y", "on", "1"))
_NO: Final = frozenset(("false", "f", "no", "n", "off", "0"))
_TABLE: Final = "keys with values are expected here (key: value)"
_LIST: Final = "a list is expected here ([one, two])"
_TEXT: Final = "a text is expected here"
_WHOLE: Final = "a whole number is expected here"
_FLAG: Final = "true or false is expected here"


def read_section(model: type[SectionT], written: Any, place: Place = ()) -> SectionT:
    """Make a section of texts, lists and dictionaries. SectionError tells all that is wrong with any of its keys."""
    if isinstance(written, model):
        return written
    written = _judged(model._shorthand, written, place)  # noqa: SLF001  (what a section says of itself)
    if not isinstance(written, dict):
        raise _refused(place, unexpected(_TABLE, written))
    readers, faults = readers_of(model), list(_misplaced(model, written, place))
    parts = (
        (each, partial(each.read, written[each.written_as], (*place, each.written_as)))
        for each in readers
        if each.written_as in written
    )
    found = {each.name: value for each, value in _gathered(parts, faults)}
    made: SectionT = _judged(lambda values: model(**values), found, place)
    return made


@value_type(frozen=True, slots=True)
class KeyReader:
    """How a key is called in Python and in the file, and what reads it."""

    name: str
    written_as: str
    read: Reader


def readers_of(model: type[Section]) -> tuple[KeyReader, ...]:
    """Evaluate the annotations of a section, once."""
    if model not in _readers:
        _readers[model] = tuple(
            KeyReader(name, each.alias or name, reader_of(kind)) for name, each, kind in annotated_keys(model)
        )
    return _readers[model]


_readers: Final[dict[type[Section], tuple[KeyReader, ...]]] = {}


def annotated_keys(model: type[Section]) -> Iterator[tuple[str, Key, Any]]:
    """Yield name, key and kind of what a section knows, in order."""
    kinds = typing.get_type_hints(model, include_extras=True)
    for name, each in model.keys_by_name.items():
        yield name, each, kinds[name]


def reader_of(kind: Any) -> Reader:
    """Make the reader of an annotation."""
    arguments = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Annotated:
            return _marked(*arguments)
        case typing.Union | types.UnionType:
            return _one_of(arguments)
        case typing.Literal:
            return partial(_word, {each: each for each in arguments})
        case origin if origin is tuple:
            return partial(_list, reader_of(arguments[0]))
        case origin if origin is dict:
            return partial(_table, reader_of(arguments[0]), reader_of(arguments[1]))
        case _:
            return _of_class(kind)


def _of_class(kind: type[Any]) -> Reader:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if issubclass(kind, Enum):
        return partial(_word, {each.value: each for each in kind})
    if issubclass(kind, Section):
        return partial(read_section, kind)
    return lambda made, _place: made  # what a BeforeValidator makes


def _marked(kind: Any, *marks: Any) -> Reader:
    plain = next((mark.function for mark in marks if isinstance(mark, PlainValidator)), None)
    read = reader_of(kind) if plain is None else partial(_judged, plain)
    for mark in marks:
        read = _around(read, mark)
    return read


def _around(read: Reader, mark: Any) -> Reader:
    """Have a reader do what a mark beside its kind says."""
    match mark:
        case BeforeValidator(function):
            return lambda written, place: read(_judged(function, written, place), place)
        case AfterValidator(function):
            return lambda written, place: _judged(function, read(written, place), place)
        case NotEmpty():
            return lambda written, place: _filled(read(written, place), place)
        case Within(least, most):
            return lambda written, place: _within(least, most, read(written, place), place)
        case _:
            return read


def _one_of(kinds: Iterable[Any]) -> Reader:
    """Read a value of several kinds: a text, a list and a table tell themselves which of them they are."""
    options = [kind for kind in kinds if kind is not types.NoneType]
    if len(options) == 1:
        (read,) = map(reader_of, options)
        return lambda written, place: None if written is None else read(written, place)
    by_shape = {shape: reader_of(kind) for kind in options for shape in _shapes(kind)}
    expected = f"{' or '.join(_NOUNS[shape] for shape in by_shape)} is expected here"

    def read_one(written: Any, place: Place) -> Any:
        shape = next((shape for shape in (str, list) if isinstance(written, shape)), dict)
        if shape not in by_shape:
            raise _refused(place, unexpected(expected, written))
        return by_shape[shape](written, place)

    return read_one


def _shapes(kind: Any) -> tuple[type[Any], ...]:
    """Tell what a value of a kind may look like in a file; a list may be the short form of a section."""
    plain = typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind
    if plain is str:
        return (str,)
    if typing.get_origin(plain) is tuple:
        return (list,)
    return (dict,) if typing.get_origin(plain) is dict else (dict, list)


def _text(written: Any, place: Place) -> str:
    if not isinstance(written, str):
        raise _refused(place, unexpected(_TEXT, written))
    return written


def _whole(written: Any, place: Place) -> int:
    whole, _, rest = str(written).partition(".")  # a spreadsheet's 5.0 is a whole number
    try:
        return int(whole if not rest.strip("0") else written)
    except (ValueError, TypeError):
        raise _refused(place, unexpected(_WHOLE, written)) from None


def _flag(written: Any, place: Place) -> bool:
    word = str(written).lower()
    if word not in _YES | _NO:
        raise _refused(place, unexpected(_FLAG, written))
    return word in _YES


_SCALARS: Final[dict[Any, Reader]] = {str: _text, int: _whole, bool: _flag}
_NOUNS: Final[dict[type[Any], str]] = {str: "a text", list: "a list", dict: "keys with values"}


def _word(words: dict[Any, Any], written: Any, place: Place) -> Any:
    if not isinstance(written, str):
        raise _refused(place, unexpected(f"one of {', '.join(words)} is expected here", written))
    if written not in words:
        raise SectionError(SectionFault(place=place, sentence=none_of(written, words)))
    return words[written]


def _list(read: Reader, written: Any, place: Place) -> tuple[Any, ...]:
    if not isinstance(written, list | tuple):
        raise _refused(place, unexpected(_LIST, written))
    parts = ((at, partial(read, each, (*place, at))) for at, each in enumerate(written))
    return tuple(value for _, value in _gathered(parts, []))


def _table(read_key: Reader, read: Reader, written: Any, place: Place) -> dict[Any, Any]:
    if not isinstance(written, dict):
        raise _refused(place, unexpected(_TABLE, written))
    faults: list[SectionFault] = []
    parts = [
        part
        for name, each in written.items()
        for part in (
            ((name, True), partial(_key, read_key, name, (*place, name))),
            ((name, False), partial(read, each, (*place, name))),
        )
    ]
    found = dict(_gathered(parts, faults))
    return {found[name, True]: found[name, False] for name in written}


def _refused(place: Place, said: str) -> SectionError:
    return SectionError(SectionFault(place=place, sentence=described(place, said)))


def _key(read: Reader, name: str, place: Place) -> Any:
    """Read the name of an entry; what is wrong with it stands at the key."""
    try:
        return read(name, place)
    except SectionError as refused:
        raise SectionError(
            *(
                SectionFault(place=fault.place, sentence=fault.sentence, on_key=True)
                for fault in refused.faults
            )
        ) from None


def _filled(value: Any, place: Place) -> Any:
    if not value:
        raise _refused(place, "nothing is in it; write at least one")
    return value


def _within(least: int, most: int | None, value: Any, place: Place) -> Any:
    if value < least or (most is not None and value > most):
        limits = f"{least} or more" if most is None else f"{least} to {most}"
        raise _refused(place, f"{limits} is expected here, not {value}")
    return value


_Part = typing.TypeVar("_Part")


def _gathered(
    parts: Iterable[tuple[_Part, Callable[[], Any]]], faults: list[SectionFault]
) -> list[tuple[_Part, Any]]:
    """Read all parts, and tell of all that are wrong at once, beside the ``faults`` that were found before."""
    found = []
    for part, read in parts:
        try:
            found.append((part, read()))
        except SectionError as refused:
            faults += refused.faults
    if faults:
        raise SectionError(*faults)
    return found


def _misplaced(model: type[Section], written: dict[str, Any], place: Place) -> Iterator[SectionFault]:
    """Yield keys that a section knows nothing of, and those that it lacks."""
    known = {each.alias or name: each for name, each in model.keys_by_name.items()}
    for name, each in known.items():
        if each.default is MISSING and name not in written:
            yield SectionFault(place=(*place, name), sentence=f"{name!r} is missing here.")
    for name in written:
        if name not in known:
            yield SectionFault(place=(*place, name), sentence=unknown_key(name, known), on_key=True)


def _judged(function: Callable[[Any], Any], value: Any, place: Place) -> Any:
    """Call what a section or a mark says of a value, and put what it has against it where the value stands."""
    try:
        return function(value)
    except ValueError as refused:
        raise SectionError(SectionFault(place=place, sentence=str(refused))) from None
