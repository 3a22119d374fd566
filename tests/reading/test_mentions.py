"""Whether a file holds an e-mail anywhere, whatever it is wrapped in."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from importer.errors import SourceError
from importer.reading.mentions import mentions

TEXT = "Name,Mail\r\nAnn,ANN@example.com\r\n"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.create_sheet("Second").append(["Ann", "Ann@Example.com"])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-16"),
        b"x" * ((1 << 20) - 5) + TEXT.encode(),
        gzip.compress(TEXT.encode(), mtime=0),  # workers have to name tests alike
        workbook(),
        zipped("a.csv", TEXT.encode()),
        zipped("a.xlsx", workbook()),
    ],
)
def test_an_e_mail_is_found(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "copy"
    path.write_bytes(content)
    assert mentions(path, "ann@example.com")
    assert not mentions(path, "bob@example.com")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_longer_address_is_another(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "copy"
    path.write_text("joann@example.com,ann@example.com.au,ann@example.community", encoding=encoding)
    assert not mentions(path, "ann@example.com")
    path.write_text("joann@example.com;<ann@example.com>.", encoding=encoding)
    assert mentions(path, "ann@example.com")


@pytest.mark.parametrize("content", [gzip.compress(b"x" * 1000, mtime=0)[:-9], b"PK\x03\x04" + b"x" * 100])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "copy"
    path.write_bytes(content)
    with pytest.raises(SourceError):
        mentions(path, "ann@example.com")
