"""Files for custom fields: uploaded first, and then named in the contact's field."""

from __future__ import annotations

import hashlib
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final

from importer.sandbox.items import Item, Kind
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject

FILE_FIELDS: Final = ("FILE_UPLOAD", "SIGNATURE")


def upload(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /locations/{id}/customFields/upload``, whose form has ``id``, ``maxFiles`` and the files."""
    form = call.body if isinstance(call.body, Form) else Form(values={}, files=[])
    known = vendor.location(call.location_id).custom_fields.get(form.values.get("id", ""))
    if known is None or known.data_type not in FILE_FIELDS:
        raise Refusal(422, ["id must be the id of a file field"])
    if not form.files:
        raise Refusal(400, "No files found in the request")
    kept = [_kept(vendor, call.location_id, known.id, file) for file in form.files]
    urls = {meta["originalname"]: meta["url"] for meta in kept}
    return Reply(200, {"uploadedFiles": urls, "meta": kept, "traceId": trace_id()})


class Form:
    """A multipart form, read: its values, and its files as name, type and content."""

    def __init__(self, *, values: dict[str, str], files: list[tuple[str, str, bytes]]) -> None:
        self.values = values
        self.files = files


def read_form(content_type: str, raw: bytes) -> Form:
    """Read a ``multipart/form-data`` body; raises ValueError for one that is none."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    if not message.is_multipart():
        raise ValueError(content_type)
    values: dict[str, str] = {}
    files: list[tuple[str, str, bytes]] = []
    for part in message.iter_parts():
        content: Any = part.get_payload(decode=True) or b""
        name = part.get_param("name", header="content-disposition")
        if part.get_filename():
            files.append((str(part.get_filename()), part.get_content_type(), content))
        elif isinstance(name, str):
            values[name] = content.decode(errors="replace")
    return Form(values=values, files=files)


def _kept(vendor: Vendor, location_id: str, field_id: str, file: tuple[str, str, bytes]) -> JsonObject:
    name, content_type, content = file
    file_id = vendor.contacts.new_id()
    meta: JsonObject = {
        "fieldname": field_id,
        "originalname": name,
        "encoding": "7bit",
        "mimetype": content_type,
        "size": len(content),
        "uuid": file_id,
        "url": f"https://files.sandbox.example/documents/download/{file_id}",
    }
    digest = hashlib.sha256(content).hexdigest()
    vendor.keep(Item(kind=Kind.FILE, id=file_id, location_id=location_id, body={**meta, "sha256": digest}))
    return meta
