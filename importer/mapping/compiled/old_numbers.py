"""Exports that name contacts by the old system's own numbers, and how their rows find them all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from importer.mapping.language.model import MappingModel
from importer.runtime.regex import regex

_WORD: Final = regex(r"[^\W_]+")
_CONTACT: Final = frozenset({"contact", "contacts", "person", "people", "kontakt", "lead"})
_NUMBER: Final = frozenset({"id", "ids"})
"""No word for number: a contact's number is a phone."""
_HUBSPOT: Final = "associated contact id"


def advice_on_numbers(model: MappingModel, header: Sequence[str]) -> str:
    """Say how rows find contacts that a column names by their old numbers; nothing where none does, or they are found so."""
    if not model.object_.beside or model.match.by is not None:
        return ""
    column = next((title for title in header if _names_numbers(title)), None)
    if column is None:
        return ""
    ready = "; the ready migration hubspot-by-id does" if column.casefold().startswith(_HUBSPOT) else ""
    return (
        f" Column {column!r} seems to name contacts by the old system's numbers: let a custom field of the contacts hold "
        f"these, and find them by it (`match: {{by: {{custom_field: ...}}}}`{ready})."
    )


def _names_numbers(title: str) -> bool:
    words = set(_WORD.findall(title.casefold()))
    return not words.isdisjoint(_CONTACT) and not words.isdisjoint(_NUMBER)
