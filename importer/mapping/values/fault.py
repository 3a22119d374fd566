"""What reading one text as a value can turn up."""

from __future__ import annotations

from dataclasses import field
from typing import Final, TypeAlias

from importer.records import Json, value_type


@value_type(frozen=True, slots=True)
class ValueFault:
    """Something to say about a value: it fails, or ``value`` is used all the same and this is a warning.

    The sentence begins with the quoted text; the column is put before it by whoever knows it.
    """

    code: str
    sentence: str = field(repr=False)
    value: Json = field(default=None, repr=False)
    fails: bool = True


ReadValue: TypeAlias = "Json | ValueFault"

_LONGEST: Final = 80


def quoted(text: str) -> str:
    """Quote a cell for a sentence, on one line and not without end."""
    plain = " ".join(str(text).split())
    return f"'{plain}'" if len(plain) <= _LONGEST else f"'{plain[: _LONGEST - 3]}...'"


def warn(code: str, sentence: str, value: Json) -> ValueFault:
    return ValueFault(code, sentence, value, fails=False)


def too_long(text: str, longest: int, what: str, code: str) -> ValueFault | None:
    """Refuse what is far too long to be a value, before a pattern takes minutes over it."""
    if len(text) <= longest:
        return None
    return ValueFault(code, f"{quoted(text)} has {len(text):,} characters, too many for {what}")
