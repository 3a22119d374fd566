"""Do-not-disturb cells that list channels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.records import Outcome, Record

Lay = Callable[..., list[Record | Outcome]]
CHANNELS_LISTED = {
    "Email, SMS": {"dndSettings": {"Email": {"status": "active"}, "SMS": {"status": "active"}}},
    "call": {"dndSettings": {"Call": {"status": "active"}}},
    "WhatsApp & Facebook": {"dndSettings": {"WhatsApp": {"status": "active"}, "FB": {"status": "active"}}},
    "true": {"dnd": True},
    "no": {"dnd": False},
    "": {},
}


@pytest.mark.parametrize(("cell", "sent"), CHANNELS_LISTED.items())
def test_a_cell_that_lists_channels_blocks_those_alone(lay: Lay, cell: str, sent: dict[str, object]) -> None:
    (record,) = lay("fields: {email: E, dnd: D}", [["E", "D"], ["a@b.com", cell]])
    assert isinstance(record, Record)
    assert dict(record.fields) == {"email": "a@b.com", **sent}


def test_a_channel_s_own_column_goes_before_the_list_and_a_word_that_is_none_fails(lay: Lay) -> None:
    rules = "fields: {email: E, dnd: D, dndSettings.SMS: S}"
    mapped = lay(
        rules, [["E", "D", "S"], ["a@b.com", "SMS, Email", "permanent"], ["b@b.com", "Email, fax", ""]]
    )
    assert isinstance(mapped[0], Record)
    assert mapped[0].fields["dndSettings"] == {"Email": {"status": "active"}, "SMS": {"status": "permanent"}}
    assert isinstance(mapped[1], Outcome)
    assert mapped[1].code == "invalid_boolean"
