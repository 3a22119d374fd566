"""The one door to YAML: every scalar is text, nothing is silently dropped, every fault has its place.

YAML 1.2's syntax without its guesses: ``NO``, ``01234`` and ``2024-01-02`` stay as written. Repeated keys, tags,
merge keys and aliases that unfold without bound are refused. All faults of a file are found in one reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

import yaml

from importer.records import value_type
from importer.yaml.kinds import read_section
from importer.yaml.section import Place, Section, SectionError

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
YamlPath: TypeAlias = Place
Model = TypeVar("Model", bound=Section)

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 40
MAX_NODES: Final = 50_000
_TOO_DEEP: Final = f"The file is nested more than {MAX_DEPTH} levels deep."
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@value_type(frozen=True, slots=True)
class Spot:
    """A place in a file, counted from 1 as editors do."""

    line: int = 1
    column: int = 1


@value_type(frozen=True, slots=True)
class YamlFault:
    """One thing wrong with a file, and where."""

    spot: Spot
    sentence: str

    def at(self, name: str) -> str:
        """Write it as ``file:line:column: sentence``."""
        return f"{name}:{self.spot.line}:{self.spot.column}: {self.sentence}"


@dataclass(slots=True, eq=False, repr=False)
class _Node:
    """A value of the document; ``size`` counts the values in it with aliases unfolded."""

    spot: Spot
    value: str | list[_Node] | dict[str, _Node]
    key_spots: dict[str, Spot] = field(default_factory=dict)
    size: int = 1


@value_type(frozen=True, slots=True)
class Document:
    """A file as plain text, lists and dictionaries, which knows where each of them stands."""

    _root: _Node | None
    faults: tuple[YamlFault, ...]

    @property
    def value(self) -> Plain:
        return _plain(self._root) if self._root else {}

    def spot(self, path: YamlPath, *, key: bool = False) -> Spot:
        """Find where ``path`` stands, or its nearest ancestor in the file; ``key`` asks for the key, not its value.

        Steps that the file does not have are passed over: a shorthand (``email: E-mail``) has no ``column`` in it.
        """
        node, spot = self._root, self._root.spot if self._root else Spot()
        for step in path:
            found = _step(node, step)
            if found is None:
                continue
            spot = node.key_spots.get(str(step), found.spot) if node and key else found.spot
            node = found
        return spot

    def locate(
        self, name: str, faults: Iterable[tuple[YamlPath, str]], *, key: bool = False
    ) -> tuple[str, ...]:
        """Write faults as ``file:line:column: sentence``, as the file goes; ``key`` points at keys, not values."""
        placed = in_order(YamlFault(self.spot(path, key=key), sentence) for path, sentence in faults)
        return tuple(fault.at(name) for fault in placed)


def read(text: str) -> Document:
    """Read one YAML document; what is wrong with it is in ``faults``, and nothing is raised for any text."""
    if len(text) > MAX_CHARACTERS:
        return Document(None, (YamlFault(Spot(), f"The file has more than {MAX_CHARACTERS:,} characters."),))
    composer = _Composer()
    try:
        root = composer.compose(yaml.parse(text.removeprefix("\ufeff"), Loader=_Loader))
    except _TooMuchError as stop:
        return Document(None, (*composer.faults, YamlFault(stop.spot, stop.sentence)))
    except yaml.MarkedYAMLError as broken:
        return Document(None, (*composer.faults, _syntax_fault(broken)))
    except (yaml.YAMLError, ValueError) as broken:
        sentence = f"This is no YAML text: {str(broken).splitlines()[0]}."
        return Document(None, (*composer.faults, YamlFault(Spot(), sentence)))
    return Document(root, tuple(composer.faults))


@value_type(frozen=True, slots=True)
class Parsed(Generic[Model]):
    """A file read against a model: ``value`` is None when there are faults."""

    value: Model | None
    faults: tuple[YamlFault, ...]
    document: Document


def parse(text: str, model: type[Model]) -> Parsed[Model]:
    """Read a YAML text into a section, with every fault of syntax and content at its place."""
    document = read(text)
    if document._root is None:  # noqa: SLF001  (our own noun, one module)
        return Parsed(None, document.faults, document)
    try:
        value = read_section(model, document.value)
    except SectionError as refused:
        found = (
            YamlFault(document.spot(fault.place, key=fault.on_key), fault.sentence)
            for fault in refused.faults
        )
        return Parsed(None, in_order((*document.faults, *found)), document)
    return Parsed(None if document.faults else value, document.faults, document)


def in_order(faults: Iterable[YamlFault]) -> tuple[YamlFault, ...]:
    """Sort faults as the file goes, each of them once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.spot.line, fault.spot.column)))


class _TooMuchError(Exception):
    """Reading on is pointless or dangerous; never leaves this module."""

    def __init__(self, spot: Spot, sentence: str) -> None:
        self.spot = spot
        self.sentence = sentence


class _Composer:
    """Builds nodes from the parser's events, collecting faults on the way."""

    def __init__(self) -> None:
        self.faults: list[YamlFault] = []
        self._anchors: dict[str, _Node | None] = {}
        self._events: Iterator[yaml.Event] = iter(())

    def compose(self, events: Iterator[yaml.Event]) -> _Node | None:
        self._events = events
        root: _Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _TooMuchError(_spot(event), "A second document starts here; one file holds one.")
                root = self._node(next(events), 0)
        if root is None:
            raise _TooMuchError(Spot(), "The file is empty.")
        return root

    def _node(self, event: yaml.Event, depth: int) -> _Node:
        spot = _spot(event)
        if depth > MAX_DEPTH:
            raise _TooMuchError(spot, _TOO_DEEP)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, spot)
        assert isinstance(event, yaml.NodeEvent)  # noqa: S101  (the parser promises it)
        if getattr(event, "tag", None) is not None:
            self._blame(spot, f"Tags such as {getattr(event, 'tag', '')!r} are not used here; take it out.")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._content(event, spot, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _content(self, event: yaml.Event, spot: Spot, depth: int) -> _Node:
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "" and not event.style:
                self._blame(
                    spot, 'Nothing stands here; write a value ("" for a blank text) or take the key out.'
                )
            return _Node(spot, event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(spot, depth)
        return self._dictionary(spot, depth)

    def _list(self, spot: Spot, depth: int) -> _Node:
        items: list[_Node] = []
        node = _Node(spot, items)
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._grow(node, self._node(event, depth + 1)))
        return node

    def _dictionary(self, spot: Spot, depth: int) -> _Node:
        entries: dict[str, _Node] = {}
        node = _Node(spot, entries)
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, depth)
            value = self._grow(node, self._node(next(self._events), depth + 1))
            if key is None:
                continue
            if key in entries:
                first = node.key_spots[key].line
                self._blame(_spot(event), f"The key {key!r} is here a second time (first in line {first}).")
                continue
            entries[key] = value
            node.key_spots[key] = _spot(event)
        return node

    def _key(self, event: yaml.Event, depth: int) -> str | None:
        node = self._node(event, depth + 1)
        if isinstance(node.value, str):
            return node.value
        self._blame(node.spot, "A key has to be a text; put quotes around it.")
        return None

    def _alias(self, event: yaml.AliasEvent, spot: Spot) -> _Node:
        if event.anchor not in self._anchors:
            raise _TooMuchError(spot, f"The alias *{event.anchor} stands for nothing above it.")
        node = self._anchors[event.anchor]
        if node is None:
            raise _TooMuchError(spot, f"The alias *{event.anchor} contains itself.")
        return node

    def _grow(self, node: _Node, child: _Node) -> _Node:
        node.size += child.size
        if node.size > MAX_NODES:
            raise _TooMuchError(child.spot, f"The file unfolds to more than {MAX_NODES:,} values.")
        return child

    def _blame(self, spot: Spot, sentence: str) -> None:
        self.faults.append(YamlFault(spot, sentence))


def _spot(event: yaml.Event) -> Spot:
    assert event.start_mark is not None  # noqa: S101  (only events made by hand have none)
    return Spot(event.start_mark.line + 1, event.start_mark.column + 1)


def _step(node: _Node | None, step: str | int) -> _Node | None:
    if node is None:
        return None
    if isinstance(node.value, dict):
        return node.value.get(str(step))
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _plain(node: _Node) -> Plain:
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value


def _syntax_fault(broken: yaml.MarkedYAMLError) -> YamlFault:
    mark = broken.problem_mark or broken.context_mark
    spot = Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot()
    said = "; ".join(part for part in (broken.context, broken.problem) if part)
    if "nesting depth" in said:  # libyaml 0.2.6 has a limit of its own, and reads ahead of our count
        return YamlFault(spot, _TOO_DEEP)
    hint = ' A text with ": ", " #" or a leading special character needs quotes around it.'
    if "cannot start any token" in said:  # libyaml says no more of a tab
        hint = " YAML is indented by spaces, never by a tab, and a text with a leading special character needs quotes around it."
    return YamlFault(spot, f"This is not valid YAML: {said}.{hint}")
