"""A piece that crosses between processes comes out as it went in."""

from __future__ import annotations

import pytest

from importer.records import Addition, Fault, Outcome, Record, Remedy, Status, TypedText
from importer.runs.intake import Mapped
from importer.runs.preparing.packing import pack, unpack

PLAIN = Record(
    row=2,
    location_id="loc1",
    fields={"email": "zoë@example.com", "dnd": True, "dndSettings": {"SMS": {"status": "active"}}},
    custom_fields=(("f1", 12.5), ("f2", ["Golf", "Chess"]), ("f3", None)),
    tags=("vip", "new"),
    contact_id="c1",
    country_guessed=True,
    upsert=b'{"email":"zo\xc3\xab@example.com"}',
    clears_tags=True,
)
WARNED = Record(
    row=3,
    location_id="loc1",
    fields={"email": "b@example.com"},
    warnings=(Fault(code="odd", message="It is odd.", column="Mail", fails=False),),
)
NOTED = Record(
    row=4, location_id="loc1", fields={}, additions=(Addition(kind="note", content={"body": "Hi"}),)
)
FAILED = Outcome(
    row=5, status=Status.FAILED, code="invalid_email", message="No address.", remedy=Remedy.FIX_ROW
)
TYPED = Record(row=6, location_id="loc1", fields={"address1": TypedText("12", 12)})


@pytest.mark.parametrize(
    "piece",
    [[PLAIN, PLAIN], [PLAIN, WARNED, NOTED, FAILED, PLAIN], [FAILED], [PLAIN, TYPED], []],
    ids=["plain", "mixed", "no record", "a value behind a text", "empty"],
)
def test_what_is_unpacked_is_what_was_packed(piece: Mapped) -> None:
    came = unpack(pack(piece))
    assert came == piece
    for there, here in zip(came, piece, strict=True):
        if isinstance(here, Record):
            assert isinstance(there, Record)
            # of these two a comparison knows nothing
            assert (there.upsert, there.country_guessed) == (here.upsert, here.country_guessed)


def test_the_value_behind_a_text_crosses_too() -> None:
    (came,) = unpack(pack([TYPED]))
    assert isinstance(came, Record)
    text = came.fields["address1"]
    assert isinstance(text, TypedText)
    assert text.value == 12


def test_plain_records_travel_without_their_classes() -> None:
    packed = pack([PLAIN, FAILED])
    assert isinstance(packed, tuple)
    written, others = packed
    assert b"Record" not in written
    assert others == {1: FAILED}
