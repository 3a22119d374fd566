"""A mapping's own examples, held against what the mapping makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date
from typing import Final, TypeAlias

from importer.errors import MappingError
from importer.mapping.compiled.headers import HeaderIndex, fold
from importer.mapping.language.examples import Expected, RowExample
from importer.mapping.loading import Mapping as ContactMapping
from importer.records import Block, Json, Outcome, Record, RowObject, value_type
from importer.yaml.document import YamlPath
from importer.yaml.sentences import did_you_mean

_ROW: Final = 2
_ANYWHERE: Final = "location"
"""Where rows go for whom the mapping names no location."""
_BESIDE_FIELDS: Final = ("tags", "custom_fields", "location")
_Fault: TypeAlias = tuple[YamlPath, str]


@value_type(frozen=True, slots=True, kw_only=True)
class JudgedExample:
    """One example, and why it does not hold; ``faults`` begin with where they stand in the mapping file."""

    name: str
    place: str
    faults: tuple[str, ...] = field(default=(), repr=False)

    @property
    def holds(self) -> bool:
        return not self.faults

    def to_json(self) -> dict[str, Json]:
        return {"name": self.name, "place": self.place, "holds": self.holds, "faults": [*self.faults]}


def judge_examples(
    mapping: ContactMapping, *, today: date, allow_transforms: bool = False
) -> tuple[JudgedExample, ...]:
    """Map each example by itself, as a run without a token would. Raises MappingError where nothing can be mapped."""
    header = _header(mapping.headers)
    return tuple(
        _judged(mapping, number, header, today=today, allow_transforms=allow_transforms)
        for number in range(len(mapping.model.tests))
    )


def refuse_failing(mapping: ContactMapping, *, today: date, allow_transforms: bool = False) -> None:
    """Refuse a mapping whose examples do not all hold. Raises MappingError with every one that does not."""
    judged = judge_examples(mapping, today=today, allow_transforms=allow_transforms)
    failing = [one for one in judged if not one.holds]
    if failing:
        listed = f"{len(failing)} of the {len(judged)} examples" if len(judged) > 1 else "The example"
        raise MappingError(
            f"{listed} of the mapping {'does' if len(failing) == 1 else 'do'} not hold.",
            faults=tuple(fault for one in failing for fault in one.faults),
        )


def _header(named: Sequence[str]) -> tuple[str, ...]:
    """Make the header of a file that has every column of the mapping once, however often it is spelled."""
    first: dict[str, str] = {}
    for name in named:
        first.setdefault(fold(name), name)
    return tuple(first.values())


def _judged(
    mapping: ContactMapping, number: int, header: Sequence[str], *, today: date, allow_transforms: bool
) -> JudgedExample:
    example, path = mapping.model.tests[number], ("tests", number)
    place = mapping.locate([(path, "")])[0].removesuffix(": ")
    name = example.name or f"example {number + 1}"
    cells, faults = _cells(example, header, (*path, "row"))
    if not faults:
        try:
            item = _mapped(mapping, header, cells, today=today, allow_transforms=allow_transforms)
        except MappingError as open_ends:
            sentence = f"{name!r} cannot be mapped: {open_ends.args[0]}"
            located = (*mapping.locate([(path, sentence)]), *open_ends.faults)
            return JudgedExample(name=name, place=place, faults=located)
        faults = list(_differences(mapping, example, item, path))
    said = ((where, f"{name!r}: {sentence}") for where, sentence in faults)
    return JudgedExample(name=name, place=place, faults=mapping.locate(said))


def _cells(example: RowExample, header: Sequence[str], path: YamlPath) -> tuple[list[str], list[_Fault]]:
    index, faults = HeaderIndex(header), list[_Fault]()
    named: dict[int, str] = {}
    for name in example.row:
        place = index.find(name)
        if not isinstance(place, int):
            hint = did_you_mean(name, header)
            faults.append(((*path, name), f"no rule of the mapping looks at a column {name!r}.{hint}"))
        elif place in named:
            faults.append(((*path, name), f"{name!r} and {named[place]!r} are the same column."))
        else:
            named[place] = name
    return [example.row[named[place]] if place in named else "" for place in range(len(header))], faults


def _mapped(
    mapping: ContactMapping, header: Sequence[str], cells: list[str], *, today: date, allow_transforms: bool
) -> Record | Outcome:
    location = None if mapping.location_by_column else mapping.fixed_location or _ANYWHERE
    surveyor = mapping.surveyor(header, location_id=location, today=today, allow_transforms=allow_transforms)
    block = Block(source=0, numbers=[_ROW], rows=[cells])
    surveyor.see(block)
    bound = surveyor.bind()
    (item,) = bound.read(block)
    if isinstance(item, Outcome):
        return item
    resolved = bound.resolver(None).resolve(item)
    # A location's names for custom fields are not known here; the example has those of the mapping.
    return resolved if isinstance(resolved, Outcome) else item


def _differences(
    mapping: ContactMapping, example: RowExample, item: Record | Outcome, path: YamlPath
) -> Iterator[_Fault]:
    if example.code is not None:
        yield from _other_code(example.code, item, (*path, "code"))
    elif isinstance(item, Outcome):
        yield (*path, "sends"), f"nothing is sent: {item.code}. {item.message or ''}".rstrip()
    else:
        for name, expected in (example.sends or {}).items():
            yield from _other_value(mapping, name, expected, item, (*path, "sends", name))
    missing = set(example.warns) - {fault.code for fault in item.warnings}
    yield from (((*path, "warns"), f"there is no warning {code}.") for code in sorted(missing))


def _other_code(code: str, item: Record | Outcome, path: YamlPath) -> Iterator[_Fault]:
    if isinstance(item, Record):
        yield path, f"the row is sent, and should end with {code}."
    elif code not in {item.code, *(fault.code for fault in item.faults)}:
        yield path, f"the row ends with {item.code}, not with {code}. {item.message or ''}".rstrip()


def _other_value(
    mapping: ContactMapping, name: str, expected: Expected, record: Record, path: YamlPath
) -> Iterator[_Fault]:
    if name not in (known := _sendable(mapping)):
        yield path, f"no rule of the mapping fills {name!r}.{did_you_mean(name, known)}"
        return
    found = _sent(name, record, mapping.row_object)
    if isinstance(expected, dict):
        inside = found if isinstance(found, dict) else {}
        for key, each in expected.items():
            yield from _compared(f"{name} {key!r}", each, inside.get(key), (*path, key))
    else:
        yield from _compared(name, expected, found, path)


def _compared(what: str, expected: str | tuple[str, ...], found: Json, path: YamlPath) -> Iterator[_Fault]:
    there = _texts(found)
    wanted = [expected] if isinstance(expected, str) and expected else list(expected)
    if there != wanted and not (what == "tags" and sorted(there) == sorted(wanted)):
        yield path, f"{what} is {_shown(there)}, not {_shown(wanted)}."


def _sendable(mapping: ContactMapping) -> tuple[str, ...]:
    wishes = mapping.model.wishes if mapping.row_object is not RowObject.CONTACT else ()
    own = tuple(part for wish in wishes for part in wish.parts)
    return (*mapping.model.fields, *own, *_BESIDE_FIELDS)


def _field(record: Record, name: str, row_object: RowObject) -> Json:
    """Find a field's value, ``dndSettings.SMS`` among them: of a switch its status."""
    wishes = record.additions if row_object is not RowObject.CONTACT else ()
    found: Json = {**record.fields, **{key: each for wish in wishes for key, each in wish.content.items()}}
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found.get("status") if isinstance(found, dict) else found


def _sent(name: str, record: Record, row_object: RowObject) -> Json:
    match name:
        case "tags":
            return [*record.tags]
        case "custom_fields":
            return dict(record.custom_fields)
        case "location":
            return record.location_id
        case _:
            return _field(record, name, row_object)


def _texts(value: Json) -> list[str]:
    match value:
        case None:
            return []
        case list():
            return [text for each in value for text in _texts(each)]
        case bool():
            return ["true" if value else "false"]
        case float() if value.is_integer():
            return [str(int(value))]
        case _:
            return [str(value)]


def _shown(texts: Sequence[str]) -> str:
    return ", ".join(map(repr, texts)) if texts else "not sent"
