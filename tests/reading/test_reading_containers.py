"""Files that are not what their name says, are packed, protected, damaged or hostile."""

from __future__ import annotations

import contextlib
import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SettingsError, SourceError
from importer.reading import open_frame, open_source
from importer.settings import ReadingOptions, Secret
from importer.sources.expanding import expand_sources
from tests.disks import files_of_at_most
from tests.reading.workbook_makers import CONTENT_TYPES, HEADER, book, cells, raw_book, sheet_xml

Write = Callable[..., Path]
CONTACTS = [["Name", "Email"], ["Ann", "ann@example.com"]]
TEXT = "Name,Email\nAnn,ann@example.com\n"
ANN = [("Ann", "ann@example.com")]


def test_a_workbook_is_told_from_its_content_whatever_its_name(tmp_path: Path, write: Write) -> None:
    assert cells(open_source(book(tmp_path / "contacts.csv", CONTACTS))) == ANN
    assert cells(open_source(write(TEXT, name="contacts.xlsx"))) == ANN
    assert cells(open_source(write(TEXT.replace(",", "\t"), name="contacts.xls", encoding="utf-16"))) == ANN


def test_only_a_text_is_known_to_hold_no_value_behind_a_cell(tmp_path: Path, write: Write) -> None:
    packed = tmp_path / "contacts.csv.gz"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    objects = write('[{"Name": "Ann", "Age": 41}]', name="contacts.json")
    workbook = book(tmp_path / "contacts.xlsx", CONTACTS)
    sources = [open_source(each) for each in (write(TEXT), packed, objects, workbook)]
    plain = [
        {part.plain for block in source.blocks() for part in (block, block.head(1), block.only([0]))}
        for source in sources
    ]
    assert plain == [{True}, {True}, {False}, {False}]


def test_an_html_table_named_xls_is_read_as_text(write: Write) -> None:
    rows = "<tr><td>Ann</td><td>02134</td><td>NA</td></tr><tr><td>Bob</td><td>1,234</td><td>None</td></tr>"
    page = f"<html><body><table><thead><tr><th>Name</th><th>Zip</th><th>Code</th></tr></thead>{rows}</table></body></html>"
    source = open_source(write(page, name="export.xls"))
    assert source.header == ("Name", "Zip", "Code")
    assert cells(source) == [("Ann", "02134", "NA"), ("Bob", "1,234", "None")]


def test_a_page_without_a_table_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match="web page without a table, such as one that asks to sign in"):
        open_source(write("<html><body><p>Sign in</p></body></html>", name="export.xls"))


def test_an_empty_archive_is_refused_as_that(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w"):
        pass
    with pytest.raises(SourceError, match=r"^b.zip is an empty zip archive. Export it again.$"):
        open_source(tmp_path / "b.zip")


def test_a_packed_tar_archive_is_refused_by_its_name(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("a.csv")
        member.size = len(TEXT.encode())
        archive.addfile(member, io.BytesIO(TEXT.encode()))
    with pytest.raises(SourceError, match="is a tar archive, which is not read"):
        open_source(tmp_path / "t.tar.gz")


def test_an_old_xml_spreadsheet_is_refused_by_its_name(write: Write) -> None:
    xml = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    with pytest.raises(SourceError, match="Excel 2003 XML"):
        open_source(write(xml, name="a.xls"))


def test_one_packed_file_is_unpacked(tmp_path: Path) -> None:
    packed = tmp_path / "contacts.csv.gz"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    assert cells(open_source(packed)) == ANN
    inner = book(tmp_path / "a.xlsx", CONTACTS)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(inner, "folder/a.xlsx")
        archive.writestr("__MACOSX/._a.xlsx", b"x")
    source = open_source(tmp_path / "b.zip")
    assert cells(source) == ANN
    assert source.name == "b.zip"


def test_a_packed_copy_is_deleted_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    source = open_source(tmp_path / "a.csv.gz")
    assert list(tmp_path.glob("importer-*"))
    del source
    assert not list(tmp_path.glob("importer-*"))


def test_an_archive_of_several_files_is_refused_with_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(SourceError, match=r"a\.csv, b\.csv"):
        open_source(tmp_path / "b.zip")


def test_a_damaged_workbook_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", [["Name", "Email"], *(["Ann", f"a{n}@example.com"] for n in range(2000))]
    )
    whole = path.read_bytes()
    for length in (10, 1000, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(SourceError, match="damaged"):
            open_source(path)


def test_a_flipped_byte_is_found_before_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(book(tmp_path / "b.xlsx", CONTACTS)) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"ann@example.com") + 3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SourceError, match="damaged"):
        open_source(path)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode() * 100)[:-20])
    with pytest.raises(SourceError, match="gzip"):
        open_source(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    ("part", "true_name"),
    [
        ("docProps/app.xml", "without a workbook"),
        ("word/document.xml", "Word"),
        ("ppt/presentation.xml", "PowerPoint"),
    ],
)
def test_office_files_without_a_workbook_are_refused(tmp_path: Path, part: str, true_name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr(part, "<a/>")
    with pytest.raises(SourceError, match=true_name):
        open_source(tmp_path / "a.xlsx")


def bomb(path: Path, part: str, megabytes: int) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        if part.startswith("xl/"):
            archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        with archive.open(part, "w", force_zip64=True) as stream:
            for _ in range(megabytes):
                stream.write(b" " * (1 << 20))
    path.write_bytes(content.getvalue())
    return path


OPENING = """
import sys
from pathlib import Path
from importer.reading import open_source
try:
    open_source(sys.argv[1])
finally:
    print(Path("/proc/self/status").read_text())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process' own peak")
@pytest.mark.parametrize("part", ["xl/workbook.xml", "contacts.csv"])
def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path, part: str) -> None:
    path = bomb(tmp_path / "a.xlsx", part, 400)
    done = subprocess.run(
        [sys.executable, "-c", OPENING, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert "would unpack" in done.stderr
    peak_kilobytes = int(done.stdout.partition("VmHWM:")[2].split()[0])
    assert peak_kilobytes < 300_000


@pytest.mark.parametrize("name", ["", "folder/", "/", "__MACOSX/a.csv", ".hidden"])
def test_what_is_no_file_of_anybody_is_passed_over_in_a_zip(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name or "longname"), b"")
        archive.writestr("contacts.csv", TEXT)
    if not name:  # the library writes no empty name, others do
        whole = bytearray((tmp_path / "a.zip").read_bytes())
        entry = whole.index(b"PK\x01\x02")
        del whole[entry + 46 : entry + 54]
        whole[entry + 28 : entry + 30] = bytes(2)
        end = whole.index(b"PK\x05\x06")
        whole[end + 12 : end + 16] = (end - entry).to_bytes(4, "little")
        (tmp_path / "a.zip").write_bytes(bytes(whole))
    assert list(open_source(tmp_path / "a.zip"))


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b" " * (100 << 20)))
    with pytest.raises(SourceError, match="would unpack"):
        open_source(tmp_path / "a.gz")


def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    xml = '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + sheet_xml(HEADER)
    with pytest.raises(SourceError, match="entities"):
        open_source(raw_book(tmp_path / "a.xlsx", xml))


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    msoffcrypto = pytest.importorskip("msoffcrypto.format.ooxml")
    folder = tmp_path_factory.mktemp("protected")
    path = folder / "secret.xlsx"
    with book(folder / "open.xlsx", CONTACTS).open("rb") as stream, path.open("wb") as target:
        msoffcrypto.OOXMLFile(stream).encrypt("sesame", target)
    return path


def test_a_protected_workbook_says_so(protected: Path) -> None:
    with pytest.raises(SourceError, match=r"protected by a password.*IMPORTER_PASSWORD"):
        open_source(protected)


def test_a_protected_workbook_opens_with_its_password_alone(protected: Path) -> None:
    assert cells(open_source(protected, options=ReadingOptions(password=Secret("sesame")))) == ANN
    with pytest.raises(SourceError, match="does not open") as caught:
        open_source(protected, options=ReadingOptions(password=Secret("mellon")))
    assert "mellon" not in str(caught.value)


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [(b"<keyData", b"<key<ata"), (b"saltValue", b"saltVolue"), (b"spinCount=", b"spinCoun =")],
)
def test_a_damaged_protected_workbook_is_refused(
    protected: Path, tmp_path: Path, whole: bytes, damaged: bytes
) -> None:
    content = protected.read_bytes()
    assert whole in content
    (tmp_path / "a.xlsx").write_bytes(content.replace(whole, damaged))
    with pytest.raises(SourceError, match="or damaged"):
        open_source(tmp_path / "a.xlsx", options=ReadingOptions(password=Secret("sesame")))


def test_a_data_frame_is_a_source() -> None:
    import pandas as pd

    frame = pd.DataFrame({"Name": ["Ann", "NA"], "Zip": ["02134", None], "Age": [30, 41]})
    source = open_frame(frame)
    assert source.header == ("Name", "Zip", "Age")
    assert [(row.number, row.cells) for row in source] == [(2, ("Ann", "02134", "30")), (3, ("NA", "", "41"))]


def test_folders_and_patterns_name_their_files_in_order(tmp_path: Path, write: Write) -> None:
    for name in ("b.csv", "a.xlsx", "~$a.xlsx", ".hidden.csv", "notes.md"):
        write(TEXT, name=name)
    names = [str(tmp_path / name) for name in ("a.xlsx", "b.csv")]
    assert expand_sources([str(tmp_path)]) == tuple(names)
    assert expand_sources([str(tmp_path / "*.csv"), names[0], names[0]]) == (names[1], names[0])
    assert expand_sources(["-", "s3://bucket/a.csv"]) == ("-", "s3://bucket/a.csv")


@pytest.mark.parametrize("pattern", ["*.nope", "empty"])
def test_a_pattern_that_names_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError):
        expand_sources([pattern])


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        open_source(tmp_path / "nope.csv")
    with pytest.raises(SourceError, match="folder"):
        open_source(tmp_path)


def test_the_names_in_an_archive_cannot_steer_a_terminal(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a\x1b[2J.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(SourceError, match="holds a\ufffd") as refused:
        open_source(tmp_path / "b.zip")
    assert "\x1b" not in str(refused.value)


def test_what_file_managers_put_into_an_archive_is_no_second_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("lists/", "")
        archive.writestr("lists/june.csv", TEXT)
        archive.writestr("__MACOSX/lists/._june.csv", "x")
        archive.writestr("lists/.DS_Store", "x")
    assert open_source(tmp_path / "b.zip").header == open_source(_plain(tmp_path)).header


def _plain(folder: Path) -> Path:
    (folder / "plain.csv").write_text(TEXT, encoding="utf-8")
    return folder / "plain.csv"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files there")
@pytest.mark.parametrize("suffix", ["zip", "csv.gz"])
def test_a_full_disk_is_not_taken_for_a_damaged_archive(tmp_path: Path, suffix: str) -> None:
    content = ("Name\n" + "Ann\n" * 200_000).encode()
    place = tmp_path / f"a.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("a.csv", content)
    else:
        place.write_bytes(gzip.compress(content, 0))
    with files_of_at_most(4_096), pytest.raises(SettingsError, match=r"cannot be unpacked into .*Make room"):
        open_source(place)


PACKINGS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_each_way_of_packing_is_read_and_its_damage_is_told(tmp_path: Path, packing: int, kind: str) -> None:
    path = tmp_path / f"packed.{'xlsx' if kind == 'xlsx' else 'zip'}"
    with zipfile.ZipFile(path, "w", packing) as new:
        if kind == "csv":
            new.writestr("a.csv", TEXT * 50)
        else:
            with zipfile.ZipFile(book(tmp_path / "b.xlsx", CONTACTS)) as old:
                for part in old.namelist():
                    new.writestr(part, old.read(part))
    whole = path.read_bytes()
    assert list(open_source(path))
    for place in range(30, len(whole), max(len(whole) // 25, 1)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(SourceError):
            list(open_source(path))
