from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.highlevel.quota import QuotaReading
from importer.highlevel.reply import (
    Reply,
    ReplyKind,
    read_http_date,
    read_moment,
    read_reply,
    read_retry_after,
)


def answer(status: int, body: Any, **headers: str) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"new": True, "contact": {"id": "c1"}}, ReplyKind.DONE),
        (201, {"succeded": True}, ReplyKind.DONE),
        (400, {"statusCode": 400, "message": "Pass at least one of number, email query parameter"}, ReplyKind.REFUSED),
        (
            400,
            {
                "message": "This location does not allow duplicated contacts.",
                "meta": {"contactId": "c1", "matchingField": "email"},
            },
            ReplyKind.DUPLICATE,
        ),
        (400, {"message": 'Invalid Custom Field Value "x" for "f"'}, ReplyKind.REFUSED),
        (400, {"message": "Contact not found for id:c9"}, ReplyKind.NO_CONTACT),
        (400, {"message": "Contact with id c9 not found"}, ReplyKind.NO_CONTACT),
        (422, {"message": ["assignedTo: the user of this contact was not found"]}, ReplyKind.REFUSED),
        (400, {"message": "Location is not active"}, ReplyKind.LOCATION_PAUSED),
        (400, {"message": "Invalid phone", "meta": {"contactId": "c1"}}, ReplyKind.REFUSED),
        (409, {"message": "This location does not allow duplicated contacts.", "meta": {"contactId": "c1"}}, ReplyKind.DUPLICATE),
        (409, {"message": "Conflict"}, ReplyKind.REFUSED),
        (402, {"message": "Payment required: the location is not active"}, ReplyKind.LOCATION_PAUSED),
        (402, {"message": "Payment Required"}, ReplyKind.LOCATION_REFUSED),
        (403, {"message": "Location is not active"}, ReplyKind.LOCATION_PAUSED),
        (403, {"message": "The account is paused"}, ReplyKind.LOCATION_PAUSED),
        (425, b"", ReplyKind.TROUBLE),
        (422, {"message": ["email must be an email"], "error": "Unprocessable Entity"}, ReplyKind.REFUSED),
        (422, {"message": "Not authorized to update permanent dnd setting for SMS"}, ReplyKind.REFUSED),
        (401, {"message": "Invalid JWT"}, ReplyKind.TOKEN_REFUSED),
        (401, {"message": "Invalid Private Integration token"}, ReplyKind.TOKEN_REFUSED),
        (401, {"message": "The token is not authorized for this scope."}, ReplyKind.SCOPE_MISSING),
        (403, {"message": "The token does not have access to this location."}, ReplyKind.LOCATION_REFUSED),
        (403, {"message": "Forbidden resource"}, ReplyKind.LOCATION_REFUSED),
        (403, {"message": "country must be a valid enum value"}, ReplyKind.REFUSED),
        (403, b"<html><title>Access denied</title></html>", ReplyKind.EDGE_REFUSED),
        (404, b"<html>nothing here</html>", ReplyKind.MISDIRECTED),
        (404, {"message": "Contact not found"}, ReplyKind.MISDIRECTED),
        (301, b"", ReplyKind.MISDIRECTED),
        (421, b"<html>Misdirected Request</html>", ReplyKind.MISDIRECTED),
        (451, b"<html>Blocked by order of a court</html>", ReplyKind.EDGE_REFUSED),
        (413, b"", ReplyKind.TOO_LARGE),
        (429, b"Too Many Requests", ReplyKind.THROTTLED),
        (500, {"message": "Internal server error"}, ReplyKind.TROUBLE),
        (502, b"<html><h1>Bad Gateway</h1></html>", ReplyKind.TROUBLE),
        (520, b"", ReplyKind.TROUBLE),
        (408, b"", ReplyKind.TROUBLE),
        (200, b"<!DOCTYPE html><title>Just a moment...</title>", ReplyKind.TROUBLE),
        (200, b'{"new": true, "contact": {"id": "c', ReplyKind.TROUBLE),
        (200, b"[]", ReplyKind.TROUBLE),
    ],
)  # fmt: skip
def test_each_reply_has_one_meaning(status: int, body: Any, kind: ReplyKind) -> None:
    assert answer(status, body).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "contacts", "kind"),
    [
        (404, b'{"message": "Not Found"}', 1, ReplyKind.NO_CONTACT),
        (404, b'{"message": "Not Found"}', 500, ReplyKind.NO_CONTACT),
        (404, b"<html>nothing here</html>", 1, ReplyKind.MISDIRECTED),
        (403, b'{"message": "Forbidden resource"}', 1, ReplyKind.CONTACT_REFUSED),
        (403, b'{"message": "Forbidden resource"}', 500, ReplyKind.LOCATION_REFUSED),
        (403, b'{"message": "Location is not active"}', 1, ReplyKind.LOCATION_PAUSED),
        (403, b"<html>Sorry</html>", 1, ReplyKind.EDGE_REFUSED),
    ],
)
def test_of_a_call_that_names_contacts_some_statuses_are_about_these(
    status: int, body: bytes, contacts: int, kind: ReplyKind
) -> None:
    assert read_reply(status, {}, body, contacts=contacts).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "kind_of_text", "proves"),
    [
        (422, b'{"message": "no"}', "application/json", True),
        (400, b"This contact is not wanted here.", "text/plain; charset=utf-8", True),
        (400, b"<html>Bad Request</html>", "text/html", False),
        (429, b"", "text/plain", False),
        (413, b'{"message": "too large"}', "application/json", False),
        (403, b"<html>Sorry</html>", "text/html", True),
        (451, b"<html>Sorry</html>", "text/html", False),
        (421, b"<html>Sorry</html>", "text/html", False),
        (500, b'{"message": "no"}', "application/json", False),
    ],
)
def test_only_what_the_vendor_says_before_it_stores_proves_that_nothing_is_stored(
    status: int,
    body: bytes,
    kind_of_text: str,
    proves: bool,  # noqa: FBT001  (a case)
) -> None:
    assert read_reply(status, {"Content-Type": kind_of_text}, body).stored_nothing is proves


def test_daily_and_burst_exhaustion_are_told_apart() -> None:
    burst = answer(429, b"", X_RateLimit_Max="100", X_RateLimit_Daily_Remaining="1200")
    daily = answer(429, b"", X_RateLimit_Max="100", X_RateLimit_Daily_Remaining="0")
    assert (burst.kind, daily.kind) == (ReplyKind.THROTTLED, ReplyKind.DAY_SPENT)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "One thing"}, "One thing"),
        ({"message": ["One", "two"]}, "One; two"),
        ({"message": {"message": "Inside"}}, "Inside"),
        ({"error": "Only this"}, "Only this"),
        ({"error_description": "Invalid grant: refresh token is invalid"}, "Invalid grant: refresh token is invalid"),
        ({"message": "", "detail": "Else"}, "Else"),
        ({"message": "two\nlines\x00 and\x1b[31m a colour"}, "two lines and [31m a colour"),
        ({"message": {"email": {"reason": "not deliverable", "code": 17}}}, "email: reason: not deliverable; email: code: 17"),
        ({"message": [["email is on a list", ["phone too"]], "twice"]}, "email is on a list; phone too; twice"),
        ({"message": [{"property": "email", "constraints": ["bad"]}]}, "property: email; constraints: bad"),
        ({"statusCode": 400, "errors": [{"field": "email", "why": "bad"}], "traceId": "t"}, "errors: field: email; errors: why: bad"),
        ({"message": None, "reason": 0, "traceId": "t"}, "reason: 0"),
        (["first", {"message": "second"}], "first; second"),
        (b'"A text as JSON."', "A text as JSON."),
        (b"This contact is not wanted here.\r\n", "This contact is not wanted here."),
        (b"\xef\xbb\xbfm\xc3\xbcde", "müde"),
        (b"\x1f\x8b\x00\x00", "Bad Request"),
        (b"", "Bad Request"),
        ({}, "Bad Request"),
        (b"<html><head><title>Stop</title><style>p {}</style></head><body><p>Ray&nbsp;ID: <b>7</b><script>x()</script></p>", "Bad Request (Stop: Ray ID: 7)"),
        (b"<p>cut <b", "Bad Request (cut)"),
        ({"message": "turned \u202eback"}, "turned back"),
        (b"<html><head><title>400 The plain request</title>", "Bad Request (400 The plain request)"),
    ],
)  # fmt: skip
def test_the_vendors_words_are_quoted_on_one_line(body: Any, words: str) -> None:
    assert answer(400, body).words == words


def test_words_are_not_quoted_at_any_length() -> None:
    assert len(answer(400, {"message": "x" * 5_000}).words) == 1_000
    assert len(answer(400, {"message": ["x" * 50] * 5_000}).words) == 1_000
    assert len(answer(400, b"<p>" + b"x" * 5_000).words) < 1_050


def test_a_refusal_nested_beyond_all_reason_is_cut_off() -> None:
    assert answer(400, b'{"message": ' + b"[" * 900 + b'"deep"' + b"]" * 900 + b"}").words == "…"
    assert answer(400, b'{"message": ' + b"[" * 90_000 + b"]" * 90_000 + b"}").kind is ReplyKind.REFUSED


def test_no_word_of_a_page_on_the_way_tells_what_the_vendor_decided() -> None:
    page = b"<title>Not found</title><p>Contact us; the location is not active. Scope: all"
    assert answer(400, page).kind is ReplyKind.REFUSED
    assert answer(401, page).kind is ReplyKind.TOKEN_REFUSED


def test_control_characters_inside_strings_are_no_damage() -> None:
    found = answer(200, b'{"new": true, "contact": {"id": "c1", "firstName": "A\x01nn\n"}, "traceId": "t"}')
    assert (found.kind, found.contact_id, found.trace_id) == (ReplyKind.DONE, "c1", "t")


def test_a_meaning_does_not_print_peoples_data() -> None:
    found = answer(400, {"message": "email ann@example.com is bad"})
    assert "ann@example.com" not in repr(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 30.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, now=datetime(2026, 11, 23, 10, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1970-01-01T00:00:01.500Z", 1.5),
        ("1970-01-01T00:00:02", 2.0),
        (1_700_000_000_000, 1_700_000_000.0),
        (1_700_000_000, 1_700_000_000.0),
        ("yesterday", None),
        (None, None),
        (True, None),
    ],
)
def test_the_vendors_time_stamps_are_read(value: object, moment: float | None) -> None:
    assert read_moment(value) == moment


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_reply_is_beyond_understanding(status: int, body: bytes) -> None:
    assert read_reply(status, {}, body).kind in ReplyKind


@given(
    st.integers(200, 599),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["message", "error", "meta", "contact", "id", "contactId", "traceId", "new", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
)
def test_no_json_is_beyond_understanding(status: int, body: Any) -> None:
    found = answer(status, body)
    assert found.contact_id is None or isinstance(found.contact_id, str)


QUOTA = {"X-RateLimit-Max": "100", "X-RateLimit-Daily-Remaining": "7"}
READING = QuotaReading(burst=100, daily_remaining=7)
STORED = {"contact": {"id": "c1", "email": "ann@example.com"}, "traceId": "t1"}
REFUSAL = {
    "message": "This location does not allow duplicated contacts.",
    "meta": {"contactId": "c1", "matchingField": "email"},
    "traceId": "t1",
}


def test_a_success_tells_the_contact_the_trace_and_the_quota() -> None:
    assert read_reply(201, QUOTA, json.dumps(STORED).encode()) == Reply(
        kind=ReplyKind.DONE, status=201, body=STORED, contact_id="c1", trace_id="t1", quota=READING
    )


def test_a_refusal_tells_all_that_it_says_and_when_to_come_again() -> None:
    headers = {**QUOTA, "Retry-After": "9"}
    reply = read_reply(422, headers, json.dumps(REFUSAL).encode())
    assert reply == Reply(
        kind=ReplyKind.DUPLICATE,
        status=422,
        words="This location does not allow duplicated contacts.",
        body=REFUSAL,
        contact_id="c1",
        trace_id="t1",
        retry_after_seconds=9.0,
        quota=READING,
    )
    assert reply.meta == REFUSAL["meta"]


def test_a_success_without_json_quotes_how_it_begins() -> None:
    assert read_reply(200, QUOTA, b"<" * 100) == Reply(
        kind=ReplyKind.TROUBLE, status=200, words=f"The reply was no JSON: {'<' * 80!r}.", quota=READING
    )


@pytest.mark.parametrize(("status", "read"), [(200, False), (299, False), (300, True), (429, True)])
def test_the_quota_of_a_success_may_be_left_unread_and_a_refusals_never_is(
    status: int,
    read: bool,  # noqa: FBT001  (a case)
) -> None:
    reply = read_reply(status, QUOTA, b'{"message": "m"}', with_quota=False)
    assert reply.quota == (READING if read else QuotaReading())


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (299, "", ReplyKind.DONE),
        (300, "", ReplyKind.MISDIRECTED),
        (405, "", ReplyKind.MISDIRECTED),
        (406, "", ReplyKind.REFUSED),
        (410, "", ReplyKind.MISDIRECTED),
        (411, "", ReplyKind.REFUSED),
        (422, "Location is not active", ReplyKind.LOCATION_PAUSED),
        (423, "Location is not active", ReplyKind.REFUSED),
        (400, "The contact is invalid", ReplyKind.REFUSED),
        (400, "Tag not found", ReplyKind.REFUSED),
    ],
)
def test_a_status_means_what_the_vendor_means_by_it(status: int, words: str, kind: ReplyKind) -> None:
    assert answer(status, {"message": words}).kind is kind


@pytest.mark.parametrize("trace", ["", 5, None, ["t"]])
def test_a_trace_that_is_no_text_is_none(trace: object) -> None:
    assert answer(200, {"traceId": trace}).trace_id is None


def test_a_status_that_nobody_knows_is_said_to_have_no_reason() -> None:
    assert answer(499, b"").words == "no reason given"


def test_a_wait_of_more_than_eleven_days_is_nonsense() -> None:
    assert (read_retry_after("999999"), read_retry_after("1000000")) == (999_999.0, None)


def test_a_moment_is_that_of_its_zone() -> None:
    assert read_moment("1970-01-01T02:00:05+02:00") == 5.0
    assert read_http_date("Thu, 01 Jan 1970 02:00:05 +0200") == 5.0


@pytest.mark.parametrize(
    ("value", "moment"), [(0, None), (1, 1.0), (10**11, 1e11), (10**11 + 1, 100_000_000.001)]
)
def test_a_moment_beyond_the_year_5000_is_in_milliseconds(value: int, moment: float | None) -> None:
    assert read_moment(value) == moment
