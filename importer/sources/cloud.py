"""Sources in object stores and on SFTP servers: the one door to fsspec."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from importer.errors import ImporterError, SourceError
from importer.records import value_type
from importer.runtime.certificates import read_certificates
from importer.runtime.installation import missing_extra
from importer.sources.copying import Copy, PrivateFile, chunks_of
from importer.sources.masking import masked, name_in


@value_type(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of store: the extra that brings its library, and where that library looks for credentials."""

    extra: str
    module: str
    credentials: str


_AZURE: Final = Service(
    extra="azure",
    module="adlfs",
    credentials="AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY "
    "or AZURE_STORAGE_SAS_TOKEN",
)
_GOOGLE: Final = Service(
    extra="gcs",
    module="gcsfs",
    credentials="GOOGLE_APPLICATION_CREDENTIALS, or gcloud auth application-default login",
)
_SFTP: Final = Service(
    extra="sftp",
    module="paramiko",
    credentials="the ssh agent, the keys in ~/.ssh, ~/.ssh/config, or sftp://user:password@host",
)
SERVICES: Final[Mapping[str, Service]] = {
    "s3": Service(
        extra="s3",
        module="s3fs",
        credentials="AWS_PROFILE, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, ~/.aws, or the machine's role; "
        "other S3 services by AWS_ENDPOINT_URL_S3",
    ),
    "gs": _GOOGLE,
    "gcs": _GOOGLE,
    "az": _AZURE,
    "abfs": _AZURE,
    "sftp": _SFTP,
    "ssh": _SFTP,
}


@value_type(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One file as a store lists it; ``version`` changes whenever its content does."""

    reference: str
    size: int
    modified_at: float | None
    version: tuple[object, ...]


def copy_object(url: str, folder: Path, index: int) -> Copy:
    """Copy one object; SourceError when it is not there, may not be read or changes meanwhile."""
    with _door(url) as files, PrivateFile(folder, index, name_in(url)) as copy:
        path = files._strip_protocol(url)  # noqa: SLF001  (fsspec documents no other way from a URL to its path)
        before = _entry(url, files.info(path))
        with files.open(path, "rb") as stream:
            copy.fill(chunks_of(stream))
        files.invalidate_cache()
        after = _entry(url, files.info(path))
        if before.version != after.version or copy.size != after.size:
            raise SourceError(
                f"{masked(url)} changed while it was being copied. "
                "Wait until whatever writes it is done, and run again."
            )
        return copy.sealed(masked(url))


def list_objects(pattern: str) -> tuple[StoredObject, ...]:
    """List the objects that a pattern with ``*`` names."""
    with _door(pattern) as files:
        found = files.glob(files._strip_protocol(pattern), detail=True)  # noqa: SLF001  (as above)
        return tuple(
            _entry(_reference(pattern, path), info)
            for path, info in sorted(found.items())
            if info.get("type") == "file"
        )


def _reference(pattern: str, path: str) -> str:
    parts = urlsplit(pattern)
    if SERVICES[parts.scheme.lower()] is _SFTP:
        return f"{parts.scheme}://{parts.netloc}{path}"
    return f"{parts.scheme}://{path.lstrip('/')}"


def _entry(reference: str, info: Mapping[str, Any]) -> StoredObject:
    if info.get("type") == "directory":
        raise SourceError(f"{masked(reference)} is a folder. Name a file in it.")
    modified = (
        info.get("mtime") or info.get("LastModified") or info.get("last_modified") or info.get("updated")
    )
    if isinstance(modified, str):
        modified = datetime.fromisoformat(modified)
    if isinstance(modified, datetime):
        modified = modified.timestamp()
    tag = info.get("ETag") or info.get("etag") or info.get("md5Hash")
    size = int(info.get("size") or 0)
    return StoredObject(reference=reference, size=size, modified_at=modified, version=(size, modified, tag))


@contextmanager
def _door(url: str) -> Iterator[Any]:
    """Open the store that a URL names, and translate whatever its library raises."""
    service = SERVICES[urlsplit(url).scheme.lower()]
    files: Any = None
    try:
        files = _filesystem(url, service)
        yield files
    except ImporterError:
        raise
    except FileNotFoundError:
        raise SourceError(f"There is no {masked(url)}.{_nearest(url, files)}") from None
    except PermissionError as cause:
        raise SourceError(
            f"{masked(url)} may not be read ({_scrubbed(url, cause)}). Credentials: {service.credentials}."
        ) from None
    except Exception as cause:  # noqa: BLE001  (each library has errors of its own, with no common root)
        raise SourceError(
            f"{masked(url)} cannot be read: {_scrubbed(url, cause)}. Credentials: {service.credentials}."
        ) from None
    finally:
        _close(files)


def _filesystem(url: str, service: Service) -> Any:
    read_certificates()  # some of the libraries ask by aiohttp, with the certificates that it has read
    try:
        import fsspec

        importlib.import_module(service.module)
    except ImportError as cause:
        raise SourceError(
            missing_extra(f"{masked(url)} ({cause.name} is not installed)", service.extra)
        ) from None
    if service is _SFTP:
        from importer.sources.sftp import KnownHostsFileSystem

        return KnownHostsFileSystem.for_url(url)
    scheme = urlsplit(url).scheme.lower()
    # No instance cache: a watch that runs for months must see today's listing and today's credentials.
    return fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False)


def _close(files: Any) -> None:
    if close := getattr(files, "close", None):
        close()


def _scrubbed(url: str, cause: Exception) -> str:
    """Quote the library's words, without the password that some of them repeat."""
    words = " ".join(str(cause).split())[:300].replace(url, masked(url)).rstrip(".")
    if password := urlsplit(url).password:
        words = words.replace(password, "***")
    return words or type(cause).__name__


def _nearest(url: str, files: Any) -> str:
    try:
        path = files._strip_protocol(url)  # noqa: SLF001  (as above)
        names = [
            str(entry).rstrip("/").rpartition("/")[2]
            for entry in files.ls(path.rpartition("/")[0], detail=False)
        ]
    except Exception:  # noqa: BLE001  (a hint that cannot be had is no reason to hide the fault)
        return ""
    found = difflib.get_close_matches(name_in(url), names, n=3, cutoff=0.5)
    return f" Nearest there: {', '.join(found)}." if found else ""


def put_object(path: Path, url: str) -> None:
    """Write a file to a store, in the place of an older one. Raises SourceError."""
    with _door(url) as files, path.open("rb") as source:
        place = files._strip_protocol(url)  # noqa: SLF001  (as above)
        files.makedirs(place.rpartition("/")[0], exist_ok=True)
        with files.open(place, "wb") as stream:
            for chunk in chunks_of(source):
                stream.write(chunk)


def read_object(url: str) -> Iterator[bytes]:
    """Give the bytes of one object. Raises SourceError."""
    with _door(url) as files, files.open(files._strip_protocol(url), "rb") as stream:  # noqa: SLF001  (as above)
        yield from chunks_of(stream)


def delete_object(url: str) -> None:
    """Delete one object; one that is not there is deleted already. Raises SourceError."""
    with _door(url) as files:
        place = files._strip_protocol(url)  # noqa: SLF001  (as above)
        if files.exists(place):
            files.rm(place)
