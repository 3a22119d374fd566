"""A location's custom fields as the vendor lists, makes and changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from importer.highlevel.calls import Call, segment
from importer.highlevel.catalog import CustomField
from importer.highlevel.wire import encode
from importer.records import Json

CONTACT: Final = "contact"
OPPORTUNITY: Final = "opportunity"
"""What custom fields are of, as the vendor calls it."""
READ_SCOPE: Final = "locations/customFields.readonly"
WRITE_SCOPE: Final = "locations/customFields.write"
PICKLISTS: Final = frozenset({"SINGLE_OPTIONS", "RADIO", "MULTIPLE_OPTIONS", "CHECKBOX"})
"""Types whose values are options of the field."""


def list_custom_fields(location_id: str, *, model: str = CONTACT) -> Call:
    return Call(method="GET", path=f"{_path(location_id)}?model={segment(model)}")


def create_custom_field(
    location_id: str, *, name: str, data_type: str, model: str, options: Sequence[str] = ()
) -> Call:
    """Make a field; ``options`` is what the vendor takes, though its pages do not document it."""
    payload: dict[str, Json] = {"name": name, "dataType": data_type, "model": model}
    if options:
        payload["options"] = list(options)
    return Call(method="POST", path=_path(location_id), body=encode(payload))


def try_creation(location_id: str) -> Call:
    """Ask for a field without a name, which nobody makes: only what the token may do shows."""
    return Call(method="POST", path=_path(location_id), body=b"{}")


def change_options(location_id: str, field: CustomField, options: Sequence[str]) -> Call:
    """Give a field these options in the place of those it has."""
    payload: Json = {"name": field.name, "options": list(options)}
    return Call(method="PUT", path=f"{_path(location_id)}/{segment(field.id)}", body=encode(payload))


def _path(location_id: str) -> str:
    return f"/locations/{segment(location_id)}/customFields"


def custom_item(reference: str, value: Json, *, spelled: str = "field_value") -> dict[str, Json]:
    """Write a value with its field: by its id; by its key where no id is known, as in a preview without an account."""
    prefix, dot, key = reference.partition(".")
    if dot and prefix in (CONTACT, OPPORTUNITY):
        return {"key": key, spelled: value}
    return {"id": reference, spelled: value}


def custom_fields_in(body: Mapping[str, Any]) -> tuple[CustomField, ...] | None:
    """Read a list of custom fields; None where the reply has none, not even an empty one."""
    listed = body.get("customFields")
    if not isinstance(listed, list):
        return None
    return tuple(_custom_field(item) for item in listed if isinstance(item, Mapping) and item.get("id"))


def _custom_field(item: Mapping[str, Any]) -> CustomField:
    key = _text(item, "fieldKey") or ""
    return CustomField(
        id=str(item["id"]),
        name=_text(item, "name") or key,
        key=key,
        data_type=_text(item, "dataType") or "TEXT",
        options=tuple(_option(option) for option in item.get("picklistOptions") or ()),
        most_files=_most_files(item),
        accepts=tuple(_suffixes(item.get("acceptedFormat"))),
    )


def _most_files(item: Mapping[str, Any]) -> int:
    """Read how many files a field takes, where it takes several at all."""
    most = item.get("maxFileLimit")
    several = item.get("isMultiFileAllowed") is True and isinstance(most, int) and not isinstance(most, bool)
    return max(1, most) if several and isinstance(most, int) else 1


def _suffixes(listed: object) -> Iterator[str]:
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, str) and (suffix := each.strip().lower()):
            yield suffix if suffix.startswith(".") else f".{suffix}"


def _option(option: object) -> str:
    """Read one choice: a text, or (older) an object with its value."""
    if isinstance(option, Mapping):
        return str(option.get("value") or option.get("name") or "")
    return str(option)


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value else None
