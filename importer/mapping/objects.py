"""What a mapping may say whose rows become something else than a contact: what does nothing there is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from importer.highlevel.fields import FIELDS, FINDING
from importer.mapping.language.model import MappingModel
from importer.records import FollowUpFor, RowObject
from importer.yaml.document import YamlPath
from importer.yaml.sentences import did_you_mean

_SECTIONS: Final = {
    RowObject.OPPORTUNITY: "opportunity",
    RowObject.NOTE: "notes",
    RowObject.TASK: "tasks",
}
_ONLY_CONTACTS: Final = (
    "tags", "notes", "tasks", "opportunity", "company", "followers", "after", "empty_cells", "clear"
)  # fmt: skip
_DECIDED: Final = ("in_file_duplicates", "shared_key")
"""Keys of `match` that are about contacts with the same e-mail or phone."""


def misnamed_fields(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    """Yield the fields that the mapping's object has not."""
    for name in model.fields:
        if name not in model.facts:
            hint = did_you_mean(name, model.facts)
            yield ("fields", name), f"{name!r} is no field of a {_noun(model)}.{hint}"


def check_object(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    """Yield each fault of a mapping whose rows become no contacts: the path to it and a sentence."""
    if model.object_ is RowObject.CONTACT:
        return
    yield from _idle_sections(model)
    yield from _idle_matching(model)
    if model.object_ is RowObject.COMPANY:
        yield from _check_company(model)
    else:
        yield from _check_beside(model)


def _idle_sections(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    own = _SECTIONS.get(model.object_)
    for name in _ONLY_CONTACTS:
        if name in model.given and name != own:
            yield (
                (name,),
                f"{name!r} does nothing where each row becomes a {_noun(model)}: it is for contacts.",
            )
    if model.defaults.on_update is not None:
        yield (
            ("defaults", "on_update"),
            f"'on_update' is for contacts, and each row becomes a {_noun(model)}.",
        )


def _idle_matching(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for name in _DECIDED:
        if name in model.match.given:
            yield ("match", name), f"{name!r} is for contacts, and each row becomes a {_noun(model)}."
    for name, rule in model.fields.items():
        if rule.on_update is not None:
            yield (
                ("fields", name, "on_update"),
                f"'on_update' is for contacts, and each row becomes a {_noun(model)}.",
            )


def _check_company(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    if "name" not in model.fields:
        yield ("fields",), "No rule fills name; a company is known by it."
    for name in ("custom_fields", "match", "suppress"):
        if name in model.given:
            yield (
                (name,),
                f"{name!r} is for contacts, and each row becomes a company, which is known by its name.",
            )


def _check_beside(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    noun, section = _noun(model), _SECTIONS[model.object_]
    own = [wish for wish in model.wishes if wish.kind == model.object_.value]
    if not own:
        yield ("object",), f"Each row becomes a {noun}, and {section!r} does not say what is in it."
    elif len(own) > 1:
        yield (section,), f"Each row becomes one {noun}: one rule."
    elif own[0].applies_to is not FollowUpFor.ALL:
        place = (section,) if section == "opportunity" else (section, 0)
        yield (*place, "for"), f"'for' does nothing here: the contact of a {noun} is there already."
    if "mode" in model.given:
        yield ("mode",), f"'mode' does nothing here: the contact of a {noun} is found, and not written."
    by = model.match.by.custom_field if model.match.by is not None else None
    if by is None and not set(FINDING) & set(model.fields):
        yield ("fields",), f"No rule fills email, phone or id (or match: by): whose {noun} is it?"
    for name in model.fields:
        if name in FIELDS and name not in FINDING:
            yield (
                ("fields", name),
                f"{name!r} is not written: `fields` only find the contact of a {noun} ({', '.join(FINDING)}).",
            )
    for name in model.custom_fields:
        if name != by:
            yield (
                ("custom_fields", name),
                f"{name!r} is not written: a custom field is only for `match: by` here.",
            )


def _noun(model: MappingModel) -> str:
    return "deal" if model.object_ is RowObject.OPPORTUNITY else model.object_.value
