"""The versions of the vendor's API that we speak, and every name that differs between them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from importer.records import value_type


class ApiVersion(StrEnum):
    """The value of the ``Version`` header."""

    V2021_07_28 = "2021-07-28"
    V3 = "v3"


USUAL: Final = ApiVersion.V2021_07_28


def version_of(said: str | None) -> ApiVersion:
    """Take the version that was asked for; the usual one where none was."""
    return USUAL if said is None else ApiVersion(said)


@value_type(frozen=True, slots=True, kw_only=True)
class Names:
    """The spellings of one version."""

    custom_value: str
    dnd_channels: dict[str, str]
    """From the 2021-07-28 spelling, which records use."""


_CHANNELS: Final = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")

NAMES: Final[dict[ApiVersion, Names]] = {
    ApiVersion.V2021_07_28: Names(
        custom_value="field_value",
        dnd_channels={channel: channel for channel in _CHANNELS},
    ),
    ApiVersion.V3: Names(
        custom_value="fieldValue",
        dnd_channels=dict(zip(_CHANNELS, ("call", "email", "sms", "whatsApp", "gmb", "fb"), strict=True)),
    ),
}
