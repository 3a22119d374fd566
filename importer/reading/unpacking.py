"""One file out of a .gz or .zip, or out of a password-protected workbook, into a private temporary place."""

from __future__ import annotations

import gzip
import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from importer.errors import SourceError
from importer.reading.formats import Format
from importer.reading.limits import refuse_bomb, refuse_bombs
from importer.runtime.installation import missing_extra
from importer.settings import Secret

_CHUNK: Final = 1 << 20
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

    def fill(self, stream: IO[bytes] | gzip.GzipFile, *, packed: int, name: str) -> None:
        """Copy, and stop where the stream grows out of all proportion to what it was packed in."""
        written = 0
        with self.path.open("wb") as target:
            while chunk := stream.read(_CHUNK):
                written += len(chunk)
                refuse_bomb(packed, written, name)
                target.write(chunk)


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
            unpacked.fill(stream, packed=packed, name=name)
    except (OSError, EOFError, zlib.error) as cause:
        unpacked.discard()
        raise SourceError(
            f"{name} is a damaged or incomplete gzip file: {cause}. Download it again."
        ) from None
    except SourceError:
        unpacked.discard()
        raise
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
    try:
        with zipfile.ZipFile(place) as archive:
            entry = _only_file(archive, name)
            refuse_bombs([entry], name)
            unpacked = Unpacked(Path(entry.filename).name)
            try:
                with archive.open(entry) as stream:
                    unpacked.fill(stream, packed=entry.compress_size, name=name)
            except BaseException:
                unpacked.discard()
                raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as cause:
        raise SourceError(f"{name} is a damaged zip archive: {cause}. Download it again.") from None
    return unpacked


def _only_file(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    files = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and not Path(entry.filename).name.startswith(".")
    ]
    if not files:
        raise SourceError(f"{name} is an empty zip archive. Export it again.")
    if len(files) > 1:
        shown = ", ".join(entry.filename for entry in files[:8])
        raise SourceError(
            f"{name} holds {shown}; one file is expected here. Name the one that is meant, as in {name}/{files[0].filename}."
        )
    if files[0].flag_bits & 1:
        raise SourceError(f"{name} is protected by a password. Unpack it and name the file in it.")
    return files[0]


def decrypt(place: Path, name: str, password: Secret | None) -> Unpacked:
    """Open a password-protected workbook with the password given."""
    if password is None:
        raise SourceError(
            f"{name} is protected by a password. Put the password into the environment variable IMPORTER_PASSWORD, "
            "or save the workbook without one."
        )
    try:
        import msoffcrypto  # type: ignore[import-untyped]
        from msoffcrypto.exceptions import (  # type: ignore[import-untyped]
            DecryptionError,
            FileFormatError,
            InvalidKeyError,
            ParseError,
        )
    except ImportError:
        raise SourceError(
            f"{name} is protected by a password. {missing_extra('Reading such workbooks', 'encrypted')}"
        ) from None
    unpacked = Unpacked(name)
    try:
        with place.open("rb") as stream, unpacked.path.open("wb") as target:
            book = msoffcrypto.OfficeFile(stream)
            book.load_key(password=password.reveal())
            book.decrypt(target)
    except InvalidKeyError:
        unpacked.discard()
        raise SourceError(f"The password in IMPORTER_PASSWORD does not open {name}.") from None
    except (
        DecryptionError,
        FileFormatError,
        ParseError,
        OSError,
        ValueError,
        KeyError,
        struct.error,
    ) as cause:
        unpacked.discard()
        raise SourceError(
            f"{name} is protected in a way that cannot be opened: {type(cause).__name__}."
        ) from None
    return unpacked
