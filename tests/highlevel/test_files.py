"""How a file goes to the vendor, and what it says of it afterwards."""

from __future__ import annotations

import hashlib
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from importer.highlevel.calls import Call
from importer.highlevel.equality import same_custom
from importer.highlevel.files import (
    StoredFile,
    file_value,
    is_file_value,
    references_in,
    stored_file,
    upload,
    wanted,
)
from importer.records import FileContent, Json

URL = "https://files.example.com/documents/download/abc123"
CV = b"--\r\nnot a boundary\r\n--"


def content(name: str = "cv.pdf") -> FileContent:
    return FileContent(
        name=name, media_type="application/pdf", digest=hashlib.sha256(CV).hexdigest(), content=CV
    )


def parts(call: Call) -> dict[str, tuple[str | None, bytes]]:
    """Read a form as a server does: each part's file name and content, by its name."""
    head = f"Content-Type: {call.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + (call.body or b""))
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            part.get_payload(decode=True),  # type: ignore[misc]  # bytes, as it is no multipart itself
        )
        for part in message.iter_parts()
    }


def test_an_upload_names_its_field_twice_and_carries_the_file_as_it_is() -> None:
    call = upload("loc/1", "fieldOfCv", content())
    form = parts(call)
    (file,) = [name for name in form if name.startswith("fieldOfCv_")]
    assert call.path == "/locations/loc%2F1/customFields/upload"
    assert (form["id"][1], form["maxFiles"][1], form[file]) == (b"fieldOfCv", b"1", ("cv.pdf", CV))


@pytest.mark.parametrize("name", ['a".pdf', "a\r\nX-Evil: 1.pdf", "..\\..\\a.pdf", "a/b.pdf"])
def test_no_name_of_a_file_writes_into_the_form(name: str) -> None:
    call = upload("loc1", "fieldOfCv", content(name))
    assert len(parts(call)) == 3
    assert b"\r\nX-Evil" not in (call.body or b"")


def test_the_same_content_has_the_same_name_in_a_field_each_time() -> None:
    assert upload("loc1", "f", content()).body == upload("loc1", "f", content()).body
    assert list(parts(upload("loc1", "f", content())))[2] != list(parts(upload("loc1", "g", content())))[2]


@pytest.mark.parametrize(
    "body",
    [
        {"meta": [{"url": URL, "uuid": "u1", "mimetype": "application/pdf", "size": 9}]},
        {"uploadedFiles": {"cv.pdf": URL}, "meta": []},
        {"uploadedFiles": {"cv.pdf": URL}, "meta": ["cv.pdf"]},
    ],
)
def test_the_address_is_found_wherever_the_reply_has_it(body: dict[str, Json]) -> None:
    stored = stored_file(body, "f", content())
    assert stored is not None
    assert (stored.url, stored.document_id) == (URL, "abc123")
    assert StoredFile.from_text(stored.to_text()) == stored


@pytest.mark.parametrize(
    "body", [{}, {"meta": [{"url": "http://files.example.com/1"}]}, {"uploadedFiles": {"cv.pdf": 7}}]
)
def test_a_reply_without_an_address_of_the_file_is_none(body: dict[str, Json]) -> None:
    assert stored_file(body, "f", content()) is None


def test_two_values_are_one_whatever_else_is_said_of_the_files() -> None:
    stored = stored_file({"uploadedFiles": {"cv.pdf": URL}}, "f", content())
    assert stored is not None
    sent = file_value([("cv.pdf", stored)])
    assert is_file_value(sent)
    assert same_custom("FILE_UPLOAD", sent, {"other id": {"url": URL, "meta": {"name": "CV"}}})
    assert same_custom("FILE_UPLOAD", sent, [{"url": URL}])
    assert not same_custom("FILE_UPLOAD", sent, {"u": {"url": f"{URL}4"}})
    assert not same_custom("FILE_UPLOAD", wanted(["cv.pdf"]), sent)


def test_what_is_yet_to_be_uploaded_is_no_value_of_a_contact() -> None:
    assert references_in(wanted(["a.pdf", "b.pdf"], ["d1"])) == ("a.pdf", "b.pdf")
    assert not is_file_value(wanted(["a.pdf"]))
    assert references_in({"u": {"url": URL}}) == ()
