"""Bytes and the characters they stand for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.settings import ReadingOptions

Write = Callable[..., Path]
TEXT = "Name,City\nZoë,Köln\nJosé,Málaga\nLi,Łódź\n"
WESTERN = "Name,City\nZoë,Köln\nJosé,Málaga\nAnn,Göteborg\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_is_recognised(write: Write, encoding: str) -> None:
    source = open_source(write(TEXT, encoding=encoding))
    assert source.header == ("Name", "City")
    assert [row.cells for row in source] == [("Zoë", "Köln"), ("José", "Málaga"), ("Li", "Łódź")]


def test_a_single_byte_page_is_guessed_aloud(write: Write) -> None:
    source = open_source(write(WESTERN, encoding="cp1252"))
    assert [row.cells[1] for row in source] == ["Köln", "Málaga", "Göteborg"]
    assert source.detected.encoding == "cp1252"
    assert [doubt.partition(", by which its letters are ")[0] for doubt in source.detected.doubts] == [
        "The encoding cp1252 is a guess"
    ]
    assert " ö " in source.detected.doubts[0]


LISTS = {
    (
        "cp1250",
        "iso8859-2",
        "cp852",
    ): "Łukasz,Żółć,Łódź\nMałgorzata,Dąbrowska,Gdańsk\nAgnieszka,Śliwińska,Poznań\n",
    (
        "cp1250",
        "iso8859-2",
        "cp852",
        "mac-latin2",
    ): "Jiří,Dvořák,Plzeň\nTereza,Němcová,Ústí\nKateřina,Růžičková,Zlín\n",
    ("cp1250",): "Gergő,Szűcs,Győr\nÁgnes,Kővári,Székesfehérvár\nZsófia,Tóth,Nyíregyháza\n",
    ("cp1254", "iso8859-9"): "Ayşe,Yıldız,İzmir\nÇağla,Şahin,Eskişehir\nOğuz,Öztürk,Muğla\n",
    ("cp1257",): "Žydrūnas,Šimkus,Klaipėda\nEglė,Jankauskienė,Šiauliai\nRūta,Čepaitė,Panevėžys\n",
    ("cp1253", "iso8859-7"): "Γιώργος,Παπαδόπουλος,Αθήνα\nΕλένη,Νικολάου,Θεσσαλονίκη\n",
    (
        "cp1251",
        "koi8-r",
        "cp866",
        "iso8859-5",
        "mac-cyrillic",
    ): "Сергей,Иванов,Москва\nЕкатерина,Щербакова,Казань\n",
    ("cp1251",): "Оксана,Шевченко,Київ\nАндрій,Ковальчук,Чернігів\n",
    ("cp1255",): "שרה,כהן,ירושלים\nדוד,לוי,תל אביב\n",
    ("cp1256",): "محمد,الحسن,القاهرة\nفاطمة,خليل,بيروت\n",
    ("cp874",): "สมชาย,ใจดี,กรุงเทพมหานคร\nสมหญิง,รักไทย,เชียงใหม่\n",
    ("cp949", "euc-kr"): "지훈,박,대전\n서연,김,부산\n민준,이,인천\n",
    ("gb18030", "gbk"): "伟,王,北京\n秀英,李,上海\n静,张,广州\n",
    ("cp950",): "怡君,陳,台北市\n志明,林,高雄市\n雅婷,黃,台中市\n",
    ("cp950", "big5"): "進發,王,白沙\n文賢,康,北港縣\n玉琴,許,關山縣\n",
    ("cp932",): "健太,佐藤,東京都\nさくら,鈴木,大阪府\nひろし,高橋,横浜市\n",
    (
        "cp1252",
        "cp850",
        "mac-roman",
    ): "Jürgen,Müller,Köln\nJosé,Muñoz,Málaga\nHélène,Lefèvre,Besançon\nBjörn,Åkesson,Malmö\n",
    ("cp1252",): "Søren,Kjær,Århus\nPål,Bjørnstad,Tromsø\nMåns,Sjögren,Örebro\n",
    (
        "cp1252",
        "iso8859-15",
    ): "José,Núñez,León\nMaría,Gómez,Cádiz\nRamón,Ibáñez,Málaga\nInés,Peña,Córdoba\nRubén,Muñoz,Ávila\n",
    (
        "cp1252",
        "latin-1",
    ): "Bjørn,Sørensen,Tromsø\nPål,Åsen,Bodø\nJørgen,Ødegård,Brønnøysund\nSølvi,Bråten,Ålesund\n",
    (
        "cp1252",
        "iso8859-1",
    ): "Sigríður,Þórðardóttir,Ísafjörður\nGuðrún,Jónsdóttir,Egilsstaðir\nÓlafur,Kristjánsson,Kópavogur\n",
    (
        "mac-roman",
    ): "Élodie,Lefèvre,Besançon\nÉmilie,Béranger,Évreux\nZoé,Crétin,Orléans\nÉric,Fabrègues,Nîmes\n",
    ("cp1258",): "Nguyê\u0303n,Tha\u0300nh,Đa\u0300 Nẵng\n".replace("ẵ", "ă\u0303")
    + "Trâ\u0300n,Hươ\u0301ng,Ha\u0300 Nô\u0323i\nĐă\u0323ng,Thu\u0309y,Vu\u0303ng Ta\u0300u\n",
}


@pytest.mark.parametrize(
    ("encoding", "people"), [(one, text) for pages, text in LISTS.items() for one in pages]
)
def test_names_are_decoded_rightly_by_the_letters_of_their_languages(
    write: Write, encoding: str, people: str
) -> None:
    source = open_source(write(f"First,Last,City\n{people}", encoding=encoding))
    assert [",".join(row.cells) for row in source] == people.splitlines()
    assert "is a guess" in source.detected.doubts[0]


ONE_LETTER = [
    ("cp1252", "First", "Nuñez Peña Muñoz"),
    ("cp1252", "Nombre", "Nuñez Logroño Coruña"),
    ("cp1252", "First", "NUÑEZ Iñigo Cañada"),
    ("mac-roman", "First", "Nuñez Peña Muñoz"),
    ("cp850", "First", "Nuñez Peña Muñoz"),
    ("cp1252", "Nome", "João Guimarães São Leão"),
    ("cp1252", "Aceita e-mails", "Não Sim"),
    ("cp1252", "First", "Simões Camões"),
    ("cp1252", "First", "Søren Jørgen Bjørn"),
    ("cp1252", "First", "Lefèvre Genève"),
    ("cp1252", "First", "Nicolò Forlì Mondovì"),
    ("cp1252", "First", "Anaïs Loïc Zaïd"),
    ("cp1252", "First", "Garçon Besançon"),
    ("cp1250", "First", "Gdańsk Poznań"),
    ("cp1250", "Imie", "Poznań"),
    ("cp1250", "First", "Kovačič Horvat Novačan"),
    ("cp1250", "First", "Třeboň Plzeň"),
    ("cp1250", "Jmeno", "Vondráček Horáček"),
    ("cp1250", "First", "Brăila Bacău"),
    ("cp1250", "First", "Dvořák"),
    ("cp1254", "Ad", "Güneş Işık"),
]


@pytest.mark.parametrize(("encoding", "header", "names"), ONE_LETTER)
def test_one_letter_with_an_accent_is_read_by_its_neighbours_and_the_header(
    write: Write, encoding: str, header: str, names: str
) -> None:
    body = "".join(f"{name},{n}@e.example\n" for n, name in enumerate(names.split()))
    source = open_source(write(f"{header},Email\n{body}", encoding=encoding))
    assert [row.cells[0] for row in source] == names.split()


def test_a_page_that_reads_the_same_is_called_by_the_usual_name(write: Write) -> None:
    assert (
        open_source(write("First,City\nA,Alençon\nB,Besançon\n", encoding="cp1252")).detected.encoding
        == "cp1252"
    )


@pytest.mark.parametrize(
    ("encoding", "people"),
    [
        ("cp932", "山田 太郎,ヤマダ タロウ\n佐藤 花子,サトウ ハナコ\n"),
        ("cp932", "John,ソフト\nAnn,フリガナ\n"),
        ("cp932", "山田,ﾔﾏﾀﾞ\n佐藤,ｻﾄｳ\n"),
        ("cp950", "許功蓋,A\n陳大文,B\n"),
        ("cp866", "Иванов,Москва\nЖуков,Омск\n"),
        ("cp862", "דוד,כהן\nשרה,לוי\n"),
    ],
)
def test_a_second_byte_of_ascii_makes_no_letters_of_another_alphabet(
    write: Write, encoding: str, people: str
) -> None:
    source = open_source(write(f"First,Last\n{people}", encoding=encoding))
    assert [",".join(row.cells) for row in source] == people.splitlines()


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_jp_ext", "iso2022_kr"])
@pytest.mark.parametrize("before", [0, 20_000])
def test_escape_sequences_of_seven_bit_encodings_are_understood(
    write: Write, encoding: str, before: int
) -> None:
    name = "김" if encoding == "iso2022_kr" else "山田"
    body = "Ann,Rome\n" * before + f"{name},Oslo\n"
    source = open_source(write(f"Name,City\n{body}", encoding=encoding))
    assert list(source)[-1].cells == (name, "Oslo")
    assert source.detected.doubts == ()


def test_the_doubt_shows_signs_where_no_letter_is_beyond_ascii(write: Write) -> None:
    source = open_source(write("Name,Fee\nO’Brien,£5\n", encoding="cp1252"))
    assert source.detected.doubts[0].startswith("The encoding cp1252 is a guess, by which its signs are ’ £.")


def test_valid_utf_8_is_no_guess_whatever_its_letters(write: Write) -> None:
    assert open_source(write("".join(LISTS.values()))).detected.doubts == ()


@pytest.mark.parametrize("encoding", ["cp1251", "cp1250", "cp850", "mac-roman", "iso8859-15", "cp437"])
def test_a_declared_encoding_always_wins(write: Write, encoding: str) -> None:
    text = "Имя,Город\nАнна,Москва\n" if encoding == "cp1251" else "Name,City\nZoë,Köln\n"
    source = open_source(write(text, encoding=encoding), options=ReadingOptions(encoding=encoding))
    found = [source.header, *(row.cells for row in source)]
    assert found == [tuple(line.split(",")) for line in text.splitlines()]


def test_one_bad_byte_is_one_row_s_problem(write: Write) -> None:
    good = "".join(f"Zoë {n},Köln\n" for n in range(500)).encode()
    rows = list(open_source(write(b"Name,City\n" + good + b"Jos\xe9,Rome\n" + good)))
    assert len(rows) == 1001
    faulty = [(row.number, row.faults[0].code, row.faults[0].fails) for row in rows if row.faults]
    assert faulty == [(502, "undecodable_bytes", True)]
    assert rows[500].cells == ("Jos\ufffd", "Rome")


def test_one_good_character_outweighs_one_bad_byte(write: Write) -> None:
    source = open_source(write(b"First,Email\nA\xff,a@e.example\nZo\xc3\xab,b@e.example\n"))
    rows = list(source)
    assert source.detected.encoding == "utf-8"
    assert [row.cells[0] for row in rows] == ["A\ufffd", "Zoë"]
    assert [[fault.code for fault in row.faults] for row in rows] == [["undecodable_bytes"], []]


@pytest.mark.parametrize(
    "text", ["Zoë", "Zoë\nJosé\nÉlodie", "«CAFÉ»\n«été»\nà la carte\nGénève", "Noël – 10 €\nÀ"]
)
def test_a_few_accents_of_a_single_byte_page_stay_accents(write: Write, text: str) -> None:
    body = "".join(f"{line},a@e.example\n" for line in text.splitlines())
    source = open_source(write(f"First,Email\n{body}".encode("cp1252")))
    assert source.detected.encoding == "cp1252"
    assert [row.cells[0] for row in source] == text.splitlines()


def test_another_script_is_not_taken_for_utf_8_by_chance(write: Write) -> None:
    names = ["Сергей", "Александр", "Мария", "Андрей", "Екатерина", "Григорий", "Юрий", "Валерия"]
    body = "".join(f"{name},a@e.example\n" for name in names)
    source = open_source(write(f"Name,Email\n{body}".encode("cp866")))
    assert [row.cells[0] for row in source] == names


def test_a_late_byte_of_another_page_is_found(write: Write) -> None:
    body = b"".join(b"Person %d,Rome\n" % n for n in range(20_000))
    source = open_source(write(b"Name,City\n" + body + b"Zo\xeb,K\xf6ln\n"))
    assert list(source)[-1].cells == ("Zoë", "Köln")


def test_text_encoded_twice_is_flagged_and_kept(write: Write) -> None:
    twice = "Müller".encode().decode("cp1252")
    rows = list(open_source(write(f"Name,City\n{twice},Köln\nÂngela,São Paulo\n")))
    assert rows[0].cells[0] == twice
    assert [[fault.code for fault in row.faults] for row in rows] == [["double_encoded"], []]
    assert not rows[0].faults[0].fails


@pytest.mark.parametrize("first", ["ï»¿First Name", 'ï»¿"First Name"'])
def test_a_mark_that_was_saved_as_letters_is_no_part_of_the_first_name(write: Write, first: str) -> None:
    source = open_source(write(f"{first},Mail\nAnn,ann@example.com\n".encode()))
    assert source.header == ("First Name", "Mail")


def test_zero_bytes_are_left_out_with_a_warning(write: Write) -> None:
    rows = list(open_source(write(b"Name,City\nAn\x00n,Rome\nBob,Oslo\n")))
    assert rows[0].cells == ("Ann", "Rome")
    assert [[fault.code for fault in row.faults] for row in rows] == [["zero_bytes"], []]


@pytest.mark.parametrize("end", [b"\n\x1a", b"\n" + b"\x00" * 600])
def test_what_follows_the_table_unseen_is_no_row(write: Write, end: bytes) -> None:
    assert len(list(open_source(write(b"Name,City\nAnn,Rome" + end)))) == 1


@pytest.mark.parametrize(
    "encoding", ["klingon", "zlib", "rot13", "idna", "punycode", "undefined", "unicode_escape", ""]
)
def test_an_encoding_that_does_not_exist_is_refused(write: Write, encoding: str) -> None:
    with pytest.raises(SourceError, match="encod"):
        open_source(write(TEXT), options=ReadingOptions(encoding=encoding))


@pytest.mark.parametrize(
    ("declared", "true"),
    [
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("UTF16", "utf-16"),
        ("utf-32", "utf-32-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_a_declared_wide_encoding_needs_no_mark(write: Write, declared: str, true: str) -> None:
    source = open_source(write(TEXT, encoding=true), options=ReadingOptions(encoding=declared))
    assert [row.cells for row in source] == [("Zoë", "Köln"), ("José", "Málaga"), ("Li", "Łódź")]


@pytest.mark.parametrize("declared", ["utf-16", "utf-32"])
def test_a_text_that_cannot_be_what_was_declared_is_refused(write: Write, declared: str) -> None:
    with pytest.raises(SourceError, match="no mark of that encoding"):
        open_source(write("Name,City\nAnn,Rome\n"), options=ReadingOptions(encoding=declared))


def test_a_wrong_declared_encoding_fails_rows_and_nothing_else(write: Write) -> None:
    source = open_source(write(WESTERN, encoding="cp1252"), options=ReadingOptions(encoding="utf-8"))
    assert [[fault.code for fault in row.faults] for row in source] == [["undecodable_bytes"]] * 3


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b'ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K"Name"\r\nE\r\n', "SYLK"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\nVECTORS\r\n0,3\r\n""\r\n', "DIF"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n", "MHTML"),
        (b"From: <Saved by Blink>\r\nSubject: a\r\n b\r\nMIME-Version: 1.0\r\n\r\n<table>", "MHTML"),
        (b"dn: cn=Ann Lee,mail=ann@example.com\nobjectclass: top\n", "LDIF"),
        (
            b"\x03\x7c\x0b\x1a" + bytes([2, 0, 0, 0, 65, 0, 21, 0]) + bytes(20) + b"NAME" + bytes(28) + b"\r",
            "dBASE",
        ),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(60), "Excel 4"),
        (b"\x00\x00\x1a\x00\x00\x10\x04\x00" + bytes(60), "Lotus"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"SQLite format 3\x00....", "SQLite"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "calendar"),
        (b'<?xml version="1.0"?>\n<contacts><contact first="A"/></contacts>\n', "XML"),
        (b"<contacts><contact><name>Ann</name></contact></contacts>", "XML"),
        (b'<list kind="all">\n <one/></list>', "XML"),
        (b"a.csv".ljust(257, b"\x00") + b"ustar  \x00" + bytes(247) + b"Name,Email\n", "tar"),
        (b"INSERT INTO contacts (name,email) VALUES ('Ann','a@x.example');", "SQL"),
        (b"-- MySQL dump 10.13\n--\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `a`;\n", "SQL"),
        (b"SET statement_timeout = 0;\nSET lock_timeout = 0;\n", "SQL"),
        (b"Nov 26 23:00:00 host app[1]: started\nNov 26 23:00:01 host app[1]: done\n", "log"),
        (b"2026-11-26 23:00:00,101 INFO started\n2026-11-26 23:00:01,101 INFO done\n", "log"),
        (b'::1 - - [26/Nov/2026:23:00:00 +0000] "GET / HTTP/1.1" 200\n' * 2, "log"),
        (b"From: a@e.example\nTo: b@e.example\n\nHello\n", "e-mail"),
        (b"# mine\nversion: 1\nlocation: abc\n", "mapping"),
        (b'[["First","Email"],["A","a@e.example"]]', "JSON"),
    ],
)
def test_other_files_are_refused_by_their_true_name(write: Write, content: bytes, name: str) -> None:
    with pytest.raises(SourceError, match=name):
        open_source(write(content))


@pytest.mark.parametrize(
    "first",
    [
        "ID;Price;N",
        "ID;P",
        "TABLE",
        "dn",
        "Subject: a",
        "MIME-Version",
        "Insert into",
        "Set",
        "<Name>",
        "version: 1",
        "Nov 26 23:00:00 host app: x",
    ],
)
def test_words_of_other_formats_in_a_header_make_no_other_file_of_it(write: Write, first: str) -> None:
    width = first.count(";") + 2
    rows = "".join(";".join([f"v{n}"] * (width - 1) + [f"a{n}@example.com"]) + "\n" for n in range(4))
    source = open_source(write(f"{first};Email\n{rows}"))
    assert source.header == (*first.split(";"), "Email")


@pytest.mark.parametrize("first", ["[First]", "{First}", '"{""a"": 1}"', "[1]"])
def test_brackets_in_a_header_make_no_other_file_of_it(write: Write, first: str) -> None:
    source = open_source(write(f"{first},Email\nA,a@e.example\nB,b@e.example\n"))
    assert len(source.header) == 2
    assert [row.cells for row in source] == [("A", "a@e.example"), ("B", "b@e.example")]


def test_noise_is_refused_as_no_text(write: Write) -> None:
    noise = bytes((n * 7919 + n // 3) % 256 for n in range(20_000))
    with pytest.raises(SourceError):
        open_source(write(noise))
