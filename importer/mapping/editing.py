"""Changes of a mapping that a person wrote: keys set and taken out, every comment and the order of keys kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from importer.errors import MappingError
from importer.mapping.loading import Mapping, parse_mapping
from importer.runtime.regex import regex
from importer.yaml.document import Plain, YamlPath, read
from importer.yaml.editing import CannotEditError, remove_value, set_value, value_at, wrap_value

_STEP: Final = regex(r'"([^"]+)"|([^."]+)')
_RULES: Final = frozenset({"fields", "custom_fields"})
_ORIGINS: Final = ("column", "columns", "value", "template")


def path_of(key: str) -> YamlPath:
    """Read ``fields.email.column``; quotes keep a name with dots whole: ``custom_fields."No. 1"``. Raises MappingError."""
    steps = [quoted or plain for quoted, plain in _STEP.findall(key)]
    if not steps or key != ".".join(f'"{step}"' if f'"{step}"' in key else step for step in steps):
        raise MappingError(
            f"{key!r} names no place in a mapping. Write it as fields.email.column; a name with dots takes quotes: "
            'custom_fields."No. 1".column.'
        )
    return tuple(steps)


def value_of(written: str) -> Plain:
    """Read what a key is set to: a list, dictionary or quoted text as YAML has them, all else as it stands.

    Raises MappingError for a list or a quoted text that does not close.
    """
    if not written.strip().startswith(("[", "{", '"', "'")):
        return written
    document = read(written)
    if document.faults and written.strip().startswith("{"):
        return written  # a template begins with such a bracket, too: {Street} {Number}
    if document.faults:
        raise MappingError(f"{written!r} is no value: {document.faults[0].sentence}")
    return document.value


def edited(
    text: str, *, name: str, set_to: Iterable[tuple[YamlPath, Plain]] = (), unset: Iterable[YamlPath] = ()
) -> Mapping:
    """Change a mapping's text and read it again; ``text`` of what comes back is what to write.

    A rule that is a column's name alone (``email: E-mail``) becomes a whole one where it has to; a rule's new origin
    (``column``, ``columns``, ``value``, ``template``) takes the place of its old one. Raises MappingError for a change
    that cannot be made in place, and with every fault of the mapping that would come of it.
    """
    return parse_mapping(edited_text(text, name=name, set_to=set_to, unset=unset), name=name)


def edited_text(
    text: str, *, name: str, set_to: Iterable[tuple[YamlPath, Plain]] = (), unset: Iterable[YamlPath] = ()
) -> str:
    """Change a mapping's text as ``edited`` does, whatever faults the mapping has then: the next change may mend them."""
    try:
        for path in unset:
            text = remove_value(_spelled_out(text, path), path)
        for path, value in set_to:
            text = _set(text, path, value)
    except CannotEditError as refused:
        raise MappingError(f"{name} was not changed. {refused}") from None
    return text


def _set(text: str, path: YamlPath, value: Plain) -> str:
    rule, key = path[:-1], path[-1]
    if short_key(rule, value_at(text, rule)) == key:
        return set_value(text, rule, value)
    text = _spelled_out(text, path)
    if _is_rule(rule) and key in _ORIGINS and isinstance(there := value_at(text, rule), dict):
        for other in _ORIGINS:
            if other != key and other in there:
                return _exchanged_origin(text, rule, (other, str(key)), value)
    return set_value(text, path, value)


def _exchanged_origin(text: str, rule: YamlPath, keys: tuple[str, str], value: Plain) -> str:
    """Put the new origin in before the old one goes: a dictionary is never without entries on the way."""
    return remove_value(set_value(text, (*rule, keys[1]), value), (*rule, keys[0]))


def _spelled_out(text: str, path: YamlPath) -> str:
    """Write the rule that ``path`` leads into as a whole one, if it is a shorthand."""
    for length in range(1, len(path)):
        rule = path[:length]
        there = value_at(text, rule)
        if there is not None and (key := short_key(rule, there)) is not None:
            return wrap_value(text, rule, key)
    return text


def short_key(rule: YamlPath, value: Plain | None) -> str | None:
    """Name the key that a shorthand leaves out; None where ``rule`` is none, or stands in full."""
    if isinstance(value, dict) or value is None:
        return None
    if _is_rule(rule):
        return "column" if isinstance(value, str) else "columns"
    if rule == ("location",) and isinstance(value, str):
        return "fixed"
    return "columns" if rule == ("tags",) else None


def _is_rule(path: YamlPath) -> bool:
    return len(path) == 2 and path[0] in _RULES
