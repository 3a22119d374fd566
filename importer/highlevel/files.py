"""Files of custom fields: what a row names before it is uploaded, the call that uploads it, the value that a contact holds. Pure.

How the vendor takes them is pieced together from its schema and from programs that were seen to work; see docs/mapping.md.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final
from urllib.parse import urlsplit

from importer.highlevel.calls import Call, segment
from importer.records import FileContent, Json, value_type
from importer.runtime.regex import regex

UPLOAD_SCOPE: Final = "locations/customFields.write"
LARGEST_BYTES: Final = 50 << 20
"""What the vendor says of its upload to forms; of this one it says nothing."""
ACCEPTED: Final = (
    ".pdf", ".docx", ".doc", ".jpg", ".jpeg", ".png", ".gif", ".csv", ".xlsx", ".xls", ".mp4", ".mpeg", ".zip", ".rar",
    ".txt", ".svg",
)  # fmt: skip
"""Likewise: what a field takes that does not say."""
_WANTED: Final = "to be uploaded"
_SHA256: Final = "sha256"
_UNSAFE: Final = regex(r'[\x00-\x1f\x7f"\\/]')
_ID: Final = regex(r"[A-Za-z0-9_-]+")


@value_type(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What the vendor has of a file once it is uploaded; its name is not part of it, as that is the row's."""

    uuid: str
    url: str = field(repr=False)
    document_id: str
    media_type: str
    size: int
    encoding: str = "7bit"

    def to_text(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> StoredFile:
        return cls(**json.loads(text))


def wanted(references: Sequence[str], digests: Sequence[str] = ()) -> dict[str, Json]:
    """Write a value that stands for files which are yet to be uploaded; ``digests`` of their contents, as far as they are known."""
    return {_WANTED: list(references), **({_SHA256: list(digests)} if digests else {})}


def references_in(value: Json) -> tuple[str, ...]:
    """Give what such a value names; nothing for any other value."""
    named = value.get(_WANTED) if isinstance(value, dict) else None
    return tuple(map(str, named)) if isinstance(named, list) else ()


def file_value(files: Iterable[tuple[str, StoredFile]]) -> dict[str, Json]:
    """Write a field's value of named files, as the page of the upsert shows it."""
    return {
        stored.uuid: {
            "meta": {
                "fieldname": name,
                "originalname": name,
                "encoding": stored.encoding,
                "mimetype": stored.media_type,
                "size": stored.size,
                "uuid": stored.uuid,
            },
            "url": stored.url,
            "documentId": stored.document_id,
        }
        for name, stored in files
    }


def is_file_value(value: object) -> bool:
    """Tell whether a value is one that a contact may be given as it stands."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(each, dict) and _is_address(each.get("url")) for each in value.values())
    )


def _is_address(url: object) -> bool:
    return isinstance(url, str) and url.startswith("https://")


def same_files(new: Json, old: Json) -> bool:
    """Tell whether two values hold the same files: by their addresses, as the vendor may show other details than it was sent."""
    return bool(_urls(new)) and _urls(new) == _urls(old)


def _urls(value: Json) -> frozenset[str]:
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    urls = (each.get("url") if isinstance(each, dict) else each for each in held)
    return frozenset(url for url in urls if isinstance(url, str) and url)


def upload(location_id: str, field_id: str, file: FileContent) -> Call:
    """Upload one file for a custom field: a form with the field's id, and the file under ``<field id>_<uuid>``."""
    boundary = f"----{hashlib.sha256(file.digest.encode()).hexdigest()}"
    name = _UNSAFE.sub("_", file.name)
    part = f'name="{_safe_id(field_id)}_{_uuid_of(field_id, file.digest)}"; filename="{name}"'
    body = b"".join(
        (
            _value_part(boundary, "id", field_id),
            _value_part(boundary, "maxFiles", "1"),
            f"--{boundary}\r\nContent-Disposition: form-data; {part}\r\n".encode(),
            f"Content-Type: {file.media_type}\r\n\r\n".encode("ascii", errors="replace"),
            file.content,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    path = f"/locations/{segment(location_id)}/customFields/upload"
    return Call(method="POST", path=path, body=body, content_type=f"multipart/form-data; boundary={boundary}")


def try_upload(location_id: str) -> Call:
    """Ask for an upload of nothing, which is done by nobody: only what the token may do shows."""
    return Call(method="POST", path=f"/locations/{segment(location_id)}/customFields/upload", body=b"{}")


def _value_part(boundary: str, name: str, value: str) -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_safe_id(value)}\r\n'.encode()
    )


def _safe_id(text: str) -> str:
    return "".join(_ID.findall(text))


def _uuid_of(field_id: str, digest: str) -> str:
    """Name a file the same each time, so that one content is one file of a contact's field."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{field_id} {digest}"))


def stored_file(body: Mapping[str, Any], field_id: str, file: FileContent) -> StoredFile | None:
    """Read the reply to an upload; None where it names no address."""
    listed = body.get("meta")
    meta = (
        next((each for each in listed if isinstance(each, Mapping)), {}) if isinstance(listed, list) else {}
    )
    by_name = body.get("uploadedFiles")
    urls = (meta.get("url"), *(by_name.values() if isinstance(by_name, Mapping) else ()))
    url = next((each for each in urls if _is_address(each)), None)
    if url is None:
        return None
    file_id = str(meta.get("uuid") or _uuid_of(field_id, file.digest))
    last = urlsplit(url).path.rpartition("/")[2].partition(".")[0]
    return StoredFile(
        uuid=file_id,
        url=url,
        document_id=str(meta.get("documentId") or last or file_id),
        media_type=str(meta.get("mimetype") or file.media_type),
        size=int(meta["size"]) if isinstance(meta.get("size"), int) else len(file.content),
        encoding=str(meta.get("encoding") or "7bit"),
    )
