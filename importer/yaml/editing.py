"""Changes in a YAML text that somebody wrote: a span is exchanged, everything around it stays to the byte.

A round-trip library would write the whole file anew in its own hand. Here a place is found by the parser's marks, and
what comes out is read again: it has to hold the change and nothing else, or the change is refused.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import yaml

from importer.records import value_type
from importer.yaml.document import Plain, YamlPath, read
from importer.yaml.writing import inline, quoted

_BOM: Final = "\ufeff"
_Entry: TypeAlias = "tuple[yaml.Node, yaml.Node]"


class CannotEditError(ValueError):
    """The change cannot be made where it belongs; the message says why, in a sentence."""


def set_value(text: str, path: YamlPath, value: Plain) -> str:
    """Put a value at ``path``, keys that lack on the way included; the rest of the text stays as it is.

    Dictionaries and lists are changed entry by entry, so that the comments between them stay. A number one past a
    list's end appends. Raises CannotEditError.
    """
    old = value_at(text, path)
    if isinstance(old, dict) and isinstance(value, dict) and old and value:
        for key in [key for key in old if key not in value]:
            text = remove_value(text, (*path, key))
        for key, each in value.items():
            text = set_value(text, (*path, key), each)
        return text
    if isinstance(old, list) and isinstance(value, list) and old and value:
        for place in range(len(old) - 1, len(value) - 1, -1):
            text = remove_value(text, (*path, place))
        for place, each in enumerate(value):
            text = set_value(text, (*path, place), each)
        return text
    return text if old == value else _replaced(text, path, value)


def wrap_value(text: str, path: YamlPath, key: str) -> str:
    """Put what stands at ``path`` below a key of its own; a list keeps its lines and the comments in them. Raises CannotEditError."""
    page = _Page.of(text)
    node, rest = page.walk(path)
    there = value_at(text, path)
    if rest or there is None:
        raise CannotEditError(f"There is no {dotted(path)} to change.")
    span, filling = page.wrapped(page.walk(path[:-1])[0], node, key, there)
    return _proven(text, page.exchanged(span, filling), _with(_value(text), path, {key: there}), path)


def add_entry(text: str, path: YamlPath, value: dict[str, Plain]) -> str:
    """Write a new dictionary at ``path``, a line for each of its keys where its surroundings are written so.

    Raises CannotEditError, also where something stands there already.
    """
    page = _Page.of(text)
    parent, rest = page.walk(path)
    if len(rest) != 1 or not isinstance(parent, yaml.MappingNode):
        raise CannotEditError(f"{dotted(path)} cannot be put in: it is there, or what it belongs to is not.")
    if parent.flow_style or not parent.value:
        return set_value(text, path, value)
    span, filling = page.room_for_lines(parent, str(rest[0]), value)
    return _proven(text, page.exchanged(span, filling), _with(_value(text), path, value), path)


def remove_value(text: str, path: YamlPath) -> str:
    """Take out what stands at ``path``, with the comments on its own lines. Raises CannotEditError."""
    if not path or value_at(text, path) is None:
        raise CannotEditError(f"There is no {dotted(path)} to take out.")
    page = _Page.of(text)
    parent, rest = page.walk(path[:-1])
    assert not rest  # noqa: S101  (the path is there, and so is what it hangs on)
    step = page.step_in(parent, path[-1])
    if isinstance(parent, yaml.MappingNode):
        span, filling = page.entry_span([(key, value) for key, value in parent.value], step, parent, "{}")
    else:
        span, filling = page.entry_span([(item, item) for item in parent.value], step, parent, "[]")
    return _proven(text, page.exchanged(span, filling), _without(_value(text), path), path)


def value_at(text: str, path: YamlPath) -> Plain | None:
    """Give what stands at ``path``; None when nothing does."""
    found: Plain | None = _value(text)
    for step in path:
        if isinstance(found, dict):
            found = found.get(str(step))
        elif isinstance(found, list) and str(step).isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def dotted(path: YamlPath) -> str:
    """Write a path as people name it: ``fields.email.column``."""
    return ".".join(f'"{step}"' if "." in str(step) else str(step) for step in path) or "the whole file"


def _replaced(text: str, path: YamlPath, value: Plain) -> str:
    page = _Page.of(text)
    node, rest = page.walk(path)
    for step in reversed(rest[1:]):
        value = {str(step): value}
    if not rest:
        span, filling = page.room_for_value(node, value)
    elif isinstance(node, yaml.MappingNode):
        span, filling = page.room_for_key(node, str(rest[0]), value)
    elif isinstance(node, yaml.SequenceNode) and str(rest[0]) == str(len(node.value)):
        span, filling = page.room_for_item(node, value)
    else:
        kind = "list" if isinstance(node, yaml.SequenceNode) else "text"
        before = dotted(path[: len(path) - len(rest)])
        raise CannotEditError(f"{before} is a {kind} and has no {rest[0]!r}; set {before} as a whole.")
    wanted = _with(_value(text), path[: len(path) - len(rest[1:])], value)
    return _proven(text, page.exchanged(span, filling), wanted, path)


@value_type(frozen=True, slots=True)
class _Page:
    """A text, and the nodes that the parser found in it. A span is counted in characters of the text."""

    text: str
    root: yaml.Node
    newline: str

    @classmethod
    def of(cls, text: str) -> _Page:
        body = text.removeprefix(_BOM)
        root = yaml.compose(body, Loader=yaml.BaseLoader)
        assert root is not None  # noqa: S101  (the text was read before: an empty one is a fault)
        return cls(body, root, "\r\n" if "\r\n" in body else "\n")

    def exchanged(self, span: tuple[int, int], filling: str) -> str:
        return self.text[: span[0]] + filling + self.text[span[1] :]

    def walk(self, path: YamlPath) -> tuple[yaml.Node, YamlPath]:
        """Go as far as the text does; give the last node and the steps that it lacks."""
        node = self.root
        for done, step in enumerate(path):
            found = None
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            elif (
                isinstance(node, yaml.SequenceNode) and str(step).isdecimal() and int(step) < len(node.value)
            ):
                item = node.value[int(step)]
                found = (item, item)
            if found is None:
                return node, path[done:]
            if found[1].start_mark.index < max(node.start_mark.index, found[0].start_mark.index):
                raise CannotEditError(
                    f"{dotted(path[: done + 1])} stands for what is written elsewhere (an alias); change it there by hand."
                )
            node = found[1]
        return node, ()

    def step_in(self, parent: yaml.Node, step: str | int) -> int:
        if isinstance(parent, yaml.MappingNode):
            return [key.value for key, _ in parent.value].index(str(step))
        return int(step)

    def end(self, node: yaml.Node) -> int:
        """Tell where a node's own text ends; a block's mark lies behind the comments and blank lines after it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self.end(last[1] if isinstance(node, yaml.MappingNode) else last)
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
            return start + len(self.text[start:end].rstrip())
        return end

    def value_span(self, node: yaml.Node) -> tuple[int, int]:
        return node.start_mark.index, self.end(node)

    def room_for_value(self, node: yaml.Node, value: Plain) -> tuple[tuple[int, int], str]:
        """Find what a value takes the place of: what stood below its key goes beside it, if no comment is between."""
        start, end = self.value_span(node)
        key_end = len(self.text[:start].rstrip())
        line = self.text[self._line_start(key_end) : key_end]
        if key_end < self._line_start(start) and line.endswith(":") and "#" not in line:
            return (key_end, end), f" {inline(value)}"
        return (start, end), inline(value)

    def wrapped(
        self, parent: yaml.Node, node: yaml.Node, key: str, value: Plain
    ) -> tuple[tuple[int, int], str]:
        """Find how a value is written below a key: what is a list stays as it is written."""
        start, end = self.value_span(node)
        if not isinstance(node, yaml.SequenceNode):
            return self.room_for_value(node, {key: value})
        if node.flow_style:
            return (start, end), f"{{{quoted(key)}: {self.text[start:end]}}}"
        span = self._line_start(start), self._line_end(end)
        column = max(node.start_mark.column, parent.start_mark.column + 2)
        lines = self.text[slice(*span)].split(self.newline)
        below = (f"  {line}" if line.strip() else line for line in lines)
        return span, self.newline.join((f"{' ' * column}{quoted(key)}:", *below))

    def room_for_key(self, parent: yaml.MappingNode, key: str, value: Plain) -> tuple[tuple[int, int], str]:
        return self._room(parent, f"{quoted(key)}: {inline(value)}")

    def room_for_lines(
        self, parent: yaml.MappingNode, key: str, value: dict[str, Plain]
    ) -> tuple[tuple[int, int], str]:
        """Find where one more entry goes in a block, its own keys on lines below it."""
        inner = " " * (parent.value[0][0].start_mark.column + 2)
        lines = (f"{inner}{quoted(name)}: {inline(each)}" for name, each in value.items())
        return self._room(parent, self.newline.join((f"{quoted(key)}:", *lines)))

    def room_for_item(self, parent: yaml.SequenceNode, value: Plain) -> tuple[tuple[int, int], str]:
        return self._room(parent, inline(value) if parent.flow_style else f"- {inline(value)}")

    def _room(self, parent: yaml.CollectionNode, entry: str) -> tuple[tuple[int, int], str]:
        """Find where one more entry goes, and how it is written there."""
        if not parent.value:
            at = parent.start_mark.index + 1
            return (at, at), entry
        last = parent.value[-1]
        end = self.end(last[1] if isinstance(parent, yaml.MappingNode) else last)
        if parent.flow_style:
            return (end, end), f", {entry}"
        end = self._line_end(end)
        first = parent.value[0]
        column = (first[0] if isinstance(parent, yaml.MappingNode) else parent).start_mark.column
        return (end, end), f"{self.newline}{' ' * column}{entry}"

    def entry_span(
        self, entries: list[_Entry], place: int, parent: yaml.Node, empty: str
    ) -> tuple[tuple[int, int], str]:
        """Find what goes with an entry: its lines in a block, its comma between brackets."""
        assert isinstance(parent, yaml.CollectionNode)  # noqa: S101
        if len(entries) == 1:
            return self.value_span(parent), empty
        start, end = entries[place][0].start_mark.index, self.end(entries[place][1])
        if parent.flow_style:
            if place + 1 < len(entries):
                return (start, entries[place + 1][0].start_mark.index), ""
            return (self.end(entries[place - 1][1]), end), ""
        line = self._line_start(start)
        before = self.text[line:start].lstrip(" ")
        if before.strip(" -") or before.count("-") > isinstance(parent, yaml.SequenceNode):
            # Its line begins with something else's dash: what follows moves up to it.
            return (start, entries[place + 1][0].start_mark.index) if place + 1 < len(entries) else (
                start,
                end,
            ), ""
        end = self._line_end(end)
        return (line, end + self._newline_at(end)), ""

    def _line_start(self, index: int) -> int:
        return max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1

    def _line_end(self, index: int) -> int:
        ends = [found for sign in "\r\n" if (found := self.text.find(sign, index)) >= 0]
        return min(ends, default=len(self.text))

    def _newline_at(self, index: int) -> int:
        return 2 if self.text.startswith("\r\n", index) else int(index < len(self.text))


def _value(text: str) -> Plain:
    document = read(text)
    if document.faults:
        first = document.faults[0]
        raise CannotEditError(f"Line {first.spot.line}, column {first.spot.column}: {first.sentence}")
    return document.value


def _with(around: Plain, path: YamlPath, value: Plain) -> Plain:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(around, list):
        place = int(step)
        return [
            *around[:place],
            _with(around[place] if place < len(around) else {}, rest, value),
            *around[place + 1 :],
        ]
    inside = around if isinstance(around, dict) else {}
    return {**inside, str(step): _with(inside.get(str(step), {}), rest, value)}


def _without(around: Plain, path: YamlPath) -> Plain:
    step, rest = path[0], path[1:]
    if isinstance(around, list):
        place = int(step)
        kept = [_without(around[place], rest)] if rest else []
        return [*around[:place], *kept, *around[place + 1 :]]
    assert isinstance(around, dict)  # noqa: S101  (the path was found)
    if rest:
        return {**around, str(step): _without(around[str(step)], rest)}
    return {key: value for key, value in around.items() if key != str(step)}


def _proven(before: str, after: str, wanted: Plain, path: YamlPath) -> str:
    """Give the text with the change, once it was read: it holds the change and nothing else."""
    after = _BOM + after if before.startswith(_BOM) else after
    read_again = read(after)
    if read_again.faults or read_again.value != wanted or _orders(read_again.value) != _orders(wanted):
        raise CannotEditError(
            f"{dotted(path)} cannot be changed without writing its surroundings anew; change it by hand."
        )
    return after


def _orders(value: Plain) -> list[object]:
    """Give the order of keys, which equal dictionaries may differ in."""
    if isinstance(value, dict):
        return [(key, _orders(each)) for key, each in value.items()]
    return [_orders(each) for each in value] if isinstance(value, list) else []
