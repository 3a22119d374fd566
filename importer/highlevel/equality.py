"""Is a value what the contact holds already, as the vendor stores things? In doubt it is not: that costs a call, no more. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from importer.highlevel.contacts import day_of, email_key, phone_key
from importer.highlevel.files import same_files
from importer.records import Change, Json

FILE_UPLOAD: Final = "FILE_UPLOAD"


def is_blank(value: Json) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return isinstance(value, list | dict) and not value


def lowered(tags: Iterable[str]) -> frozenset[str]:
    """Give tags as the vendor stores them."""
    return frozenset(tag.lower() for tag in tags)


def overwrites(change: Change) -> bool:
    """Tell whether a value is lost by a change: the contact is looked at just before it."""
    return change.unseen or not is_blank(change.old)


def same_field(name: str, new: Json, old: Json) -> bool:
    """Tell whether a standard field holds a value; ``None`` stands for a field that is to be cleared."""
    if name == "dnd":
        return bool(new) == bool(old)
    if is_blank(new) or is_blank(old):
        return is_blank(new) and is_blank(old)
    return _FIELDS.get(name, _same_text)(new, old)


def same_custom(data_type: str, new: Json, old: Json) -> bool:
    """Tell whether a custom field of the vendor's type holds a value."""
    if is_blank(new) or is_blank(old):
        return is_blank(new) and is_blank(old)
    if data_type == FILE_UPLOAD:
        return same_files(new, old)
    if isinstance(new, list) or isinstance(old, list):
        return _choices(new) == _choices(old)
    if isinstance(new, int | float) and not isinstance(new, bool):
        return _number(new) == _number(old) is not None
    return _CUSTOM.get(data_type, _same_text)(new, old)


def custom_key(data_type: str, value: object) -> str:
    """Write a custom field's value so that equal ones are written alike; empty for none.

    Texts are compared in their own case: of two ids that differ in it nobody can tell that they are one.
    """
    if value is None or isinstance(value, bool | list | dict):
        return ""
    match data_type:
        case "NUMERICAL" | "FLOAT" | "MONETORY" | "MONETARY":
            number = _number(str(value))
            return "" if number is None else repr(number)
        case "DATE":
            return day_of(value) or ""
        case "PHONE":
            return phone_key(value)
        case "EMAIL":
            return email_key(value)
        case _:
            return _text(str(value))


def _same_text(new: Json, old: Json) -> bool:
    return new == old or _text(new) == _text(old)


def _text(value: Json) -> str:
    return str(value).replace("\r\n", "\n").strip()


def _same_email(new: Json, old: Json) -> bool:
    return email_key(new) == email_key(old) != ""


def _same_phone(new: Json, old: Json) -> bool:
    return phone_key(new) == phone_key(old) != ""


def _same_day(new: Json, old: Json) -> bool:
    return day_of(new) == day_of(old) is not None


def _same_address(new: Json, old: Json) -> bool:
    return _text(new).rstrip("/") == _text(old).rstrip("/")


def _same_country(new: Json, old: Json) -> bool:
    return _text(new).upper() == _text(old).upper()


def _same_phones(new: Json, old: Json) -> bool:
    return _phones(new) == _phones(old)


def _same_channels(new: Json, old: Json) -> bool:
    """Tell whether each channel that is to be set stands so already; the others do not count."""
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return False
    return all(
        isinstance(held := old.get(channel), Mapping)
        and isinstance(wanted, Mapping)
        and all(held.get(key) == value for key, value in wanted.items())
        for channel, wanted in new.items()
    )


def _phones(value: Json) -> frozenset[str]:
    if not isinstance(value, list):
        return frozenset()
    return frozenset(phone_key(each.get("phone") if isinstance(each, Mapping) else each) for each in value)


def _choices(value: Json) -> frozenset[str]:
    return frozenset(map(_text, value if isinstance(value, list) else [value]))


def _number(value: Json) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


_Same = Callable[[Json, Json], bool]
_FIELDS: Final[Mapping[str, _Same]] = {
    "email": _same_email,
    "phone": _same_phone,
    "dateOfBirth": _same_day,
    "website": _same_address,
    "country": _same_country,
    "additionalPhones": _same_phones,
    "dndSettings": _same_channels,
    "inboundDndSettings": _same_channels,
}
_CUSTOM: Final[Mapping[str, _Same]] = {"DATE": _same_day, "PHONE": _same_phone, "EMAIL": _same_email}
