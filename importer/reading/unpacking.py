"""One file out of a .gz or .zip, or out of a password-protected workbook, into a private temporary place."""

from __future__ import annotations

import gzip
import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Final

from importer.errors import SettingsError, SourceError
from importer.reading.formats import Format
from importer.reading.limits import bounded, refuse_bomb, refuse_bombs
from importer.reading.zip_files import content_of, files_in, listed, opened_zip, printable, refuse_locked
from importer.runtime.installation import missing_extra
from importer.settings import Secret

_SMALLEST_GZIP: Final = 20
_DEFLATE_MOST: Final = 1032
"""No deflated byte unpacks to more than this; a gzip file that states more was cut off or changed."""

_SEARCHED: Final = 32 << 20
_OLE_STREAMS: Final[tuple[tuple[str, Format | str], ...]] = (
    ("EncryptedPackage", Format.PROTECTED),
    ("Workbook", Format.XLS),
    ("WordDocument", "a Word document"),
    ("PowerPoint Document", "a PowerPoint presentation"),
    ("__substg1.0", "an Outlook message"),
    ("Book", Format.XLS),
)


class Unpacked:
    """A temporary copy that is deleted when nobody reads it any more."""

    def __init__(self, name: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="importer-"))
        self.path = folder / "unpacked"
        self.name = name
        self._delete = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def discard(self) -> None:
        self._delete()

    def fill(self, chunks: Iterable[bytes]) -> None:
        """Write what is unpacked; leave nothing behind where it cannot be read or written to its end."""
        try:
            with self.path.open("wb") as target:
                for chunk in chunks:
                    _write(target, chunk)
        except BaseException:
            self.discard()
            raise


def _write(target: IO[bytes], chunk: bytes) -> None:
    try:
        target.write(chunk)
    except OSError as cause:
        reason = cause.strerror or type(cause).__name__
        raise SettingsError(
            f"The file cannot be unpacked into {tempfile.gettempdir()}: {reason}. Make room there, or name another folder in TMPDIR."
        ) from None


def unpack_gzip(place: Path, name: str) -> Unpacked:
    """Unpack the file in a .gz."""
    packed = place.stat().st_size
    if packed < _SMALLEST_GZIP:
        raise SourceError(f"{name} is a damaged or incomplete gzip file. Download it again.")
    with place.open("rb") as stream:
        stream.seek(-4, 2)
        stated = struct.unpack("<I", stream.read(4))[0]
    if stated <= packed * _DEFLATE_MOST:
        refuse_bomb(packed, stated, name)
    unpacked = Unpacked(name.removesuffix(".gz"))
    try:
        with gzip.open(place, "rb") as stream:
            unpacked.fill(bounded(stream, packed=packed, name=name))
    except (OSError, EOFError, zlib.error) as cause:
        raise SourceError(
            f"{name} is a damaged or incomplete gzip file: {cause}. Download it again."
        ) from None
    return unpacked


def kind_of_ole(place: Path, name: str) -> Format:
    """Tell an old Excel workbook from a protected new one and from other Office files by the streams it names."""
    with place.open("rb") as stream:
        content = stream.read(_SEARCHED)
        stream.seek(max(place.stat().st_size - _SEARCHED, 0))
        content += stream.read(_SEARCHED)
    for stream_name, form in _OLE_STREAMS:
        if stream_name.encode("utf-16-le") in content:
            if isinstance(form, Format):
                return form
            raise SourceError(f"{name} is {form}, not a table. Export the contacts as CSV or Excel.")
    return Format.XLS


def unpack_zip(place: Path, name: str) -> Unpacked:
    """Unpack the one file in a .zip."""
    with opened_zip(place, name) as archive:
        entry = _only_file(archive, name)
        refuse_bombs([entry], name)
        unpacked = Unpacked(PurePosixPath(entry.filename).name)
        unpacked.fill(content_of(archive, entry, name=name))
    return unpacked


def _only_file(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    files = files_in(archive)
    if not files:
        raise SourceError(f"{name} is an empty zip archive. Export it again.")
    if len(files) > 1:
        raise SourceError(
            f"{name} holds {listed(files)}; one file is expected here. Name the one that is meant, as in "
            f"{name}/{printable(files[0].filename)}."
        )
    refuse_locked(files, name)
    return files[0]


def decrypt(place: Path, name: str, password: Secret | None) -> Unpacked:
    """Open a password-protected workbook with the password given."""
    try:
        import msoffcrypto  # type: ignore[import-untyped]
        from msoffcrypto.exceptions import InvalidKeyError  # type: ignore[import-untyped]
    except ImportError:
        raise SourceError(
            f"{name} is protected by a password. {missing_extra('Reading such workbooks', 'encrypted')}"
        ) from None
    if password is None:
        raise SourceError(
            f"{name} is protected by a password. Put the password into the environment variable IMPORTER_PASSWORD, "
            "or save the workbook without one."
        )
    unpacked = Unpacked(name)
    try:
        with place.open("rb") as stream, unpacked.path.open("wb") as target:
            book = msoffcrypto.OfficeFile(stream)
            book.load_key(password=password.reveal())
            book.decrypt(target)
    except InvalidKeyError:
        unpacked.discard()
        raise SourceError(f"The password in IMPORTER_PASSWORD does not open {name}.") from None
    except Exception as cause:  # noqa: BLE001  (of a damaged file the library raises whatever its parsers do)
        unpacked.discard()
        raise SourceError(
            f"{name} is protected in a way that cannot be opened, or damaged ({type(cause).__name__}). Download or export it "
            "again, or save it without the password."
        ) from None
    return unpacked
