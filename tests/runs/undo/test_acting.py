"""Each step of taking a contact back, against a vendor on paper: what is asked, what is written down before, what it comes to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from importer.highlevel.calls import Call
from importer.highlevel.histories import HISTORIES
from importer.highlevel.reply import Reply, read_reply
from importer.highlevel.versions import ApiVersion
from importer.records import Addition, BeforeImage, Change, ImagePart, Record, RowId, UndoLine, UndoStatus
from importer.runs.undo.acting import ContactUndo, End, UndoRules
from importer.runs.undo.deciding import RowInDoubt, WrittenContact
from importer.runs.undo.tags import TagsUndo
from importer.sending.call_state import CallState, Unanswered
from importer.sending.row.matching import FoundContact

GONE = (404, {"statusCode": 404, "message": "Contact with id c1 not found"})
NO_SCOPE = (401, {"statusCode": 401, "message": "The token is not authorized for this scope."})
SILENT = Unanswered(words="the connection was cut", doubtful=True)
Told = tuple[int, dict[str, Any]] | Unanswered


class PaperBook:
    """The lines of an undo, in memory."""

    def __init__(self, *, begun: Iterable[RowId] = (), taken_up: dict[str, str] | None = None) -> None:
        self.lines: list[UndoLine] = [UndoLine(row=row, status=UndoStatus.BEGUN) for row in begun]
        self._taken_up = taken_up or {}

    def taken_up_by(self, contact_id: str) -> str | None:
        return self._taken_up.get(contact_id)

    def reaches(self, contact_id: str) -> bool:
        return contact_id == "of another row"

    def begun(self, row: RowId) -> bool:
        newest = [line.status for line in self.lines if line.row == row]
        return newest[-1:] == [UndoStatus.BEGUN]

    def settle(self, lines: Iterable[UndoLine]) -> None:
        self.lines += lines


class PaperVendor:
    """Answers as it is told to, by the beginning of method and path; else as a location in which nothing lies beside contacts."""

    def __init__(self, book: PaperBook, **told: Told | list[Told]) -> None:
        self._book = book
        self._told = {name: told if isinstance(told, list) else [told] for name, told in told.items()}
        self.asked: list[str] = []
        self.found: FoundContact = None
        self.begun_when_written: list[bool] = []

    async def perform(self, location_id: str, call: Call, state: CallState) -> Reply | Unanswered:  # noqa: ARG002  (the seam's signature)
        self.asked.append(f"{call.method} {call.path}")
        if not call.looks_only:
            self.begun_when_written.append(self._book.begun(state.row))
        told = self._answer(call)
        if isinstance(told, Unanswered):
            return told
        return read_reply(told[0], {}, json.dumps(told[1]).encode(), contacts=call.contacts)

    async def find(self, record: Record) -> FoundContact:
        self.asked.append(f"find {record.row}")
        return self.found

    def _answer(self, call: Call) -> Told:
        kind = {"DELETE": "deletes", "PUT": "writes"}.get(call.method)
        if call.method == "GET":
            kind = next(
                (each.noun for each in HISTORIES if each.call("loc1", "c1").path == call.path), "looks"
            )
        if "bulk/tags" in call.path:
            kind = "tags"
        given = self._told.get(kind or "", [])
        if given:
            return given.pop(0) if len(given) > 1 else given[0]
        listed: dict[str, list[Any]] = {each.listed_as: [] for each in HISTORIES}
        return (200, {"succeded": True, **listed})


RULES = UndoRules(dry=False, with_history=False, version=ApiVersion.V2021_07_28, data_types={})


def made(row: RowId = 2, contact_id: str = "c1") -> WrittenContact:
    return WrittenContact(
        contact_id=contact_id, location_id="loc1", rows=(row,), created=True, fields={"firstName": "Ann"}
    )


def updated(row: RowId = 2, contact_id: str = "c1", *, tags: tuple[str, ...] = ()) -> WrittenContact:
    change = Change(reference="city", name="city", old="Paris", new="Rome")
    image = BeforeImage(
        row=row, contact_id=contact_id, part=ImagePart.VALUES, changes=(change,), tags_added=tags
    )
    return WrittenContact(
        contact_id=contact_id, location_id="loc1", rows=(row,), created=False, images=(image,)
    )


def shows(**fields: Any) -> Told:
    return (200, {"contact": {"id": "c1", "firstName": "Ann", "tags": [], **fields}})


async def test_a_deletion_is_written_down_before_it_is_sent() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows())
    assert (await ContactUndo(vendor, book, RULES).go(made())).status is UndoStatus.DELETED
    assert vendor.begun_when_written == [True]
    assert vendor.asked[-1] == "DELETE /contacts/c1"
    assert len(vendor.asked) == 1 + len(HISTORIES) + 1


async def test_an_old_value_is_written_down_before_it_is_put_back_and_then_read_back() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=[shows(city="Rome"), shows(city="Paris")])
    end = await ContactUndo(vendor, book, RULES).go(updated())
    assert (end.status, end.with_tags) == (UndoStatus.RESTORED, True)
    assert vendor.begun_when_written == [True]
    assert vendor.asked == ["GET /contacts/c1", "PUT /contacts/c1", "GET /contacts/c1"]


@pytest.mark.parametrize(
    ("begun", "status"), [((2,), UndoStatus.DELETED), ((), UndoStatus.NOTHING), ((3,), UndoStatus.NOTHING)]
)
async def test_who_deleted_a_contact_that_is_gone_is_told_by_what_was_begun(
    begun: tuple[RowId, ...], status: UndoStatus
) -> None:
    book = PaperBook(begun=begun)
    assert (await ContactUndo(PaperVendor(book, looks=GONE), book, RULES).go(made())).status is status


@pytest.mark.parametrize("begun", [(), (2,)])
async def test_a_contact_that_is_not_there_once_and_there_when_asked_again_is_there(
    begun: tuple[RowId, ...],
) -> None:
    """A page of something in between says 404 as well."""
    book = PaperBook(begun=begun)
    vendor = PaperVendor(book, looks=[GONE, shows()])
    assert (await ContactUndo(vendor, book, RULES).go(made())).status is UndoStatus.DELETED
    assert "DELETE /contacts/c1" in vendor.asked


async def test_a_lost_reply_leaves_a_contact_begun() -> None:
    book = PaperBook()
    deleting = await ContactUndo(PaperVendor(book, looks=shows(), deletes=SILENT), book, RULES).go(made())
    writing = await ContactUndo(PaperVendor(book, looks=shows(city="Rome"), writes=SILENT), book, RULES).go(
        updated()
    )
    assert [deleting.status, writing.status] == [UndoStatus.BEGUN, UndoStatus.BEGUN]
    assert "the connection was cut" in deleting.reason


async def test_a_value_that_is_not_there_when_read_back_is_failed() -> None:
    book = PaperBook()
    end = await ContactUndo(PaperVendor(book, looks=shows(city="Rome")), book, RULES).go(updated())
    assert (end.status, end.reason) == (UndoStatus.FAILED, "Written, and not there when read back: city.")


async def test_a_refused_old_value_is_failed_in_the_vendors_words() -> None:
    book = PaperBook()
    refusal = (422, {"message": ["city must be a string"]})
    vendor = PaperVendor(book, looks=shows(city="Rome"), writes=refusal)
    end = await ContactUndo(vendor, book, RULES).go(updated())
    assert end.status is UndoStatus.FAILED
    assert "city must be a string" in end.reason


async def test_a_scope_that_is_missing_is_asked_about_once() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(), deal=NO_SCOPE)
    undo = ContactUndo(vendor, book, RULES)
    ends = [await undo.go(made()), await undo.go(made(3, "c2"))]
    assert {end.status for end in ends} == {UndoStatus.KEPT}
    assert all("opportunities.readonly" in end.reason for end in ends)
    assert sum(asked.startswith("GET /opportunities") for asked in vendor.asked) == 1
    assert vendor.asked[-1].startswith("GET /opportunities")  # the second contact costs nothing


@pytest.mark.parametrize(
    "reply",
    [(200, {"opportunities": None}), (500, {"message": "Internal"}), SILENT],
    ids=["none", "500", "lost"],
)
async def test_what_is_not_seen_for_certain_is_not_deleted(reply: Told) -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(), deal=reply)
    end = await ContactUndo(vendor, book, RULES).go(made())
    assert end.status in {UndoStatus.KEPT, UndoStatus.FAILED}
    assert not any(asked.startswith("DELETE") for asked in vendor.asked)


async def test_what_another_contact_has_beside_it_keeps_nobody() -> None:
    book = PaperBook()
    deal = (200, {"opportunities": [{"id": "d1", "contactId": "other"}]})
    vendor = PaperVendor(book, looks=shows(), deal=deal)
    assert (await ContactUndo(vendor, book, RULES).go(made())).status is UndoStatus.DELETED


async def test_a_contact_that_a_later_run_wrote_to_is_not_even_looked_at() -> None:
    book = PaperBook(taken_up={"c1": "run2"})
    vendor = PaperVendor(book)
    end = await ContactUndo(vendor, book, RULES).go(updated(tags=("a",)))
    assert (end.status, end.with_tags, vendor.asked) == (UndoStatus.KEPT, False, [])


async def test_a_dry_undo_only_looks() -> None:
    book = PaperBook()
    rules = UndoRules(dry=True, with_history=False, version=ApiVersion.V2021_07_28, data_types={})
    vendor = PaperVendor(book, looks=[shows(), shows(city="Rome")])
    undo = ContactUndo(vendor, book, rules)
    ends = [await undo.go(made()), await undo.go(updated())]
    assert [end.status for end in ends] == [UndoStatus.DELETED, UndoStatus.RESTORED]
    assert all(asked.startswith("GET") for asked in vendor.asked)
    assert book.lines == []


async def test_followers_that_the_run_gave_to_a_contact_that_was_there_are_said_to_stay() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=[shows(city="Rome"), shows(city="Paris")])
    followers = Addition(kind="followers", content={"followers": ["user1"]})
    end = await ContactUndo(vendor, book, RULES).go(replace(updated(), additions=(followers,)))
    assert (end.status, end.reason) == (UndoStatus.KEPT, "What the run gave it stays: followers.")
    assert vendor.asked == ["GET /contacts/c1", "PUT /contacts/c1", "GET /contacts/c1"]


# rows in doubt


def doubtful(**fields: Any) -> WrittenContact:
    given = {"firstName": "Ann", "email": "ann@example.com", **fields}
    record = Record(row=2, location_id="loc1", fields=given)
    return WrittenContact(
        contact_id="",
        location_id="loc1",
        rows=(2,),
        created=False,
        fields=given,
        doubt=RowInDoubt(record=record, since=1_000_000.0, until=1_000_002.0),
    )


FOUND = {"id": "c1", "dateAdded": "1970-01-12T13:46:41.000Z"}
"""Added a second after the first attempt of the row."""


async def test_a_row_in_doubt_that_made_its_contact_is_taken_back() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(email="ann@example.com"))
    vendor.found = FOUND
    end = await ContactUndo(vendor, book, RULES).go(doubtful())
    assert [(line.contact_id, line.status) for line in end.lines(doubtful())] == [("c1", UndoStatus.DELETED)]
    assert (vendor.asked[0], vendor.asked[-1]) == ("find 2", "DELETE /contacts/c1")
    assert vendor.begun_when_written == [True]


async def test_the_vendor_may_have_been_at_work_with_the_last_attempt_for_a_while() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(email="ann@example.com"))
    vendor.found = {**FOUND, "dateAdded": "1970-01-12T13:51:41.000Z"}
    assert (await ContactUndo(vendor, book, RULES).go(doubtful())).status is UndoStatus.DELETED


@pytest.mark.parametrize(
    "found",
    [
        {**FOUND, "dateAdded": "1970-01-12T13:46:30.000Z"},
        {**FOUND, "dateAdded": "1970-01-12T14:46:41.000Z"},
        {"id": "c1"},
        {**FOUND, "id": "of another row"},
    ],
    ids=["older", "an hour after the last attempt", "does not say", "another row's"],
)
async def test_a_row_in_doubt_deletes_nobody_who_may_be_somebody_elses(found: dict[str, Any]) -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(email="ann@example.com"))
    vendor.found = found
    end = await ContactUndo(vendor, book, RULES).go(doubtful())
    assert (end.status, end.contact_id) == (UndoStatus.KEPT, found["id"])
    assert vendor.asked == ["find 2"]


async def test_a_row_in_doubt_deletes_nobody_who_shows_another_origin() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(email="ann@example.com", source="Webinar form"))
    vendor.found = FOUND
    end = await ContactUndo(vendor, book, RULES).go(doubtful())
    assert (end.status, end.reason) == (
        UndoStatus.KEPT,
        "Somebody else may have made it (source: Webinar form): the reply to its row was lost, and its date alone speaks for the run.",
    )


@pytest.mark.parametrize(
    ("shown", "ours"),
    [
        ({}, True),
        ({"source": "public api"}, True),
        ({"createdBy": {"source": "INTEGRATION", "channel": "OAUTH"}}, True),
        ({"source": "Booking page"}, False),
        ({"createdBy": {"source": "WEB_USER"}}, False),
        ({"attributionSource": {"medium": "form"}}, False),
        ({"attributionSource": {"sessionSource": "CRM UI", "medium": None}}, False),
    ],
)
async def test_what_only_a_date_calls_the_runs_own_is_deleted_where_nothing_shows_another_origin(
    shown: dict[str, Any], *, ours: bool
) -> None:
    by_date = PaperBook()
    vendor = PaperVendor(by_date, looks=shows(**shown))
    end = await ContactUndo(vendor, by_date, RULES).go(replace(made(), by_date=True))
    assert end.status is (UndoStatus.DELETED if ours else UndoStatus.KEPT)
    told = PaperBook()
    end = await ContactUndo(PaperVendor(told, looks=shows(**shown)), told, RULES).go(made())
    assert end.status is UndoStatus.DELETED, "a reply said so, whatever the vendor fills in"


async def test_what_one_of_its_rows_has_by_date_alone_a_contact_has_by_date_alone() -> None:
    book = PaperBook()
    dated = replace(made(), by_date=True)
    for both in (dated.joined(made(row=3)), made().joined(replace(dated, rows=(3,)))):
        end = await ContactUndo(PaperVendor(book, looks=shows(source="A form")), book, RULES).go(both)
        assert end.status is UndoStatus.KEPT


async def test_a_source_that_the_run_itself_wrote_is_no_other_origin() -> None:
    book = PaperBook()
    written = replace(made(), by_date=True, fields={"firstName": "Ann", "source": "Spring fair"})
    end = await ContactUndo(PaperVendor(book, looks=shows(source="Spring fair")), book, RULES).go(written)
    assert end.status is UndoStatus.DELETED


@pytest.mark.parametrize(("begun", "status"), [((), UndoStatus.NOTHING), ((2,), UndoStatus.DELETED)])
async def test_a_row_in_doubt_whom_nobody_matches_was_not_stored_or_is_gone_by_us(
    begun: tuple[RowId, ...], status: UndoStatus
) -> None:
    book = PaperBook(begun=begun)
    assert (await ContactUndo(PaperVendor(book), book, RULES).go(doubtful())).status is status


async def test_a_row_in_doubt_that_nothing_tells_from_others_is_left_to_a_person() -> None:
    book = PaperBook()
    vendor = PaperVendor(book)
    end = await ContactUndo(vendor, book, RULES).go(doubtful(email=None))
    assert (end.status, vendor.asked) == (UndoStatus.KEPT, [])


# tags

DONE = End(status=UndoStatus.RESTORED, with_tags=True)


async def test_tags_of_many_contacts_go_in_one_call_and_each_has_its_own_end() -> None:
    book = PaperBook()
    refused = {"contactId": "c2", "type": "error", "message": "no such contact"}
    vendor = PaperVendor(book, tags=(200, {"succeded": True, "responses": [refused]}))
    tags = TagsUndo(vendor, book)
    for row, contact_id in ((2, "c1"), (3, "c2")):
        assert tags.add(updated(row, contact_id, tags=("A",)), DONE) is None
    assert book.lines == []  # nobody is settled before the call
    (batch,) = tags.take_all()
    assert await tags.perform(batch) == []
    assert vendor.asked == ["POST /contacts/bulk/tags/update/remove"]
    told = {line.contact_id: (line.status, line.reason) for line in book.lines}
    assert told["c1"] == (UndoStatus.RESTORED, "")
    assert told["c2"] == (UndoStatus.FAILED, "Its tags could not be put back: no such contact.")


async def test_a_contact_whose_tags_stay_is_settled_at_once() -> None:
    book = PaperBook()
    tags = TagsUndo(PaperVendor(book), book)
    tags.add(updated(), DONE)
    tags.add(updated(3, "c2", tags=("a",)), End(status=UndoStatus.KEPT, reason="later run"))
    assert [line.status for line in book.lines] == [UndoStatus.RESTORED, UndoStatus.KEPT]
    assert tags.take_all() == []


async def test_tags_that_took_the_place_of_others_are_taken_and_the_others_given_back() -> None:
    book = PaperBook()
    vendor = PaperVendor(book)
    image = BeforeImage(
        row=2, contact_id="c1", part=ImagePart.VALUES, tags_added=("new",), tags_removed=("old",)
    )
    written = WrittenContact(contact_id="c1", location_id="loc1", rows=(2,), created=False, images=(image,))
    tags = TagsUndo(vendor, book)
    tags.add(written, DONE)
    while batches := tags.take_all():
        for batch in batches:
            await tags.perform(batch)
    assert vendor.asked == ["POST /contacts/bulk/tags/update/remove", "POST /contacts/bulk/tags/update/add"]
    assert [line.status for line in book.lines] == [UndoStatus.BEGUN, UndoStatus.BEGUN, UndoStatus.RESTORED]


async def test_five_hundred_contacts_fill_a_call() -> None:
    book = PaperBook()
    tags = TagsUndo(PaperVendor(book), book)
    full = [tags.add(updated(row, f"c{row}", tags=("a",)), DONE) for row in range(501)]
    assert [at for at, batch in enumerate(full) if batch is not None] == [499]
    assert len(tags.take_all()) == 1


async def test_a_contact_that_somebody_edited_is_not_deleted() -> None:
    book = PaperBook()
    vendor = PaperVendor(book, looks=shows(city="Oslo"))
    end = await ContactUndo(vendor, book, RULES).go(made())
    assert (end.status, end.reason) == (UndoStatus.KEPT, "The contact is not as the run left it: city.")
    assert vendor.asked == ["GET /contacts/c1"]
