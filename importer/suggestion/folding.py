"""A header as words: case, accents, script variants, punctuation, camelCase and numbering taken off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from importer.runtime.regex import regex
from importer.suggestion.further_languages import FURTHER, UNSPACED


def word_set(text: str, by: str | None = None) -> frozenset[str]:
    """Write a set of words as a sentence: a list of fifty quoted words hides what they are."""
    return frozenset(text.split(by))


# Letters that no decomposition takes apart.
_FOLDED: Final = str.maketrans(
    {
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "đ": "d",
        "Đ": "D",
        "\u0131": "i",
    }
)
# Traditional and Japanese forms of the signs in further_languages to simplified ones; Arabic letters that are written either way.
_VARIANTS: Final = str.maketrans(
    "電話號碼郵編遞區國縣稱備標籤單業聯絡訂閱閲廣銷簡訊會員戶緊務責許詳細別網絕願購請擾帯攜経應體収貨賬県來驗組織選動顧學師醫護監紹數線親報発進戸機傳參賓權構營記證認資輸長聞頁優產個門開際臺實",
    "电话号码邮编递区国县称备标签单业联络订阅阅广销简讯会员户紧务责许详细别网绝愿购请扰带携经应体收货账县来验组织选动顾学师医护监绍数线亲报发进户机传参宾权构营记证认资输长闻页优产个门开际台实",
)
_LETTERS: Final = str.maketrans({"\u0629": "\u0647", "\u0649": "\u064a", "\u0640": ""})
_ARTICLE: Final = regex(r"(?<!\w)\u0627\u0644(?=\w{3})")
_UNSPACED: Final = (("\u0e00", "\u0e7f"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"))
"""The signs of Thai, Japanese, Chinese and Korean. A pattern of them alone takes as long to compile as twenty others."""
_SEAM: Final = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)")
_WORD: Final = regex(r"[^\W_]+")
_JOINED: Final = {
    ("e", "mail"): "email",
    ("e", "post"): "email",
    ("mail", "adresse"): "email",
    ("e", "mailadresse"): "email",
    ("e", "mailadres"): "email",
    ("e", "postadress"): "email",
    ("e", "postadresse"): "email",
    ("zip", "code"): "zip",
    ("zip", "4"): "zip",
    ("whats", "app"): "whatsapp",
    ("time", "zone"): "timezone",
    ("opt", "out"): "optout",
    ("opted", "out"): "optout",
    ("opt", "in"): "optin",
    ("opted", "in"): "optin",
    ("web", "site"): "website",
    ("code", "postal"): "postal",
    ("post", "code"): "postcode",
    ("mailing", "list"): "mailinglist",
    ("lettre", "d"): "lettre d",
    ("lettre d", "information"): "infolettre",
    ("lettre d", "informations"): "infolettre",
    ("lettre d", "info"): "infolettre",
    ("e", "posta"): "email",
    ("e", "postom"): "email",
    ("e", "posti"): "email",
    ("e", "novice"): "enovice",
    ("e", "pasts"): "email",
    ("e", "pastas"): "email",
    ("e", "bulten"): "ebulten",
    ("bel", "me"): "belme",
    ("belme", "niet"): "belmeniet",
    ("black", "listed"): "blacklisted",
    ("black", "list"): "blacklist",
    ("block", "listed"): "blocklisted",
    ("block", "list"): "blocklist",
    ("un", "subscribed"): "unsubscribed",
    ("un", "subscribe"): "unsubscribe",
    ("bill", "to"): "billing",
    ("sold", "to"): "billing",
    ("ship", "to"): "shipping",
    ("deliver", "to"): "shipping",
    ("mail", "to"): "mailing",
    ("nu", "doreste"): "nudoreste",
    ("nu", "doresc"): "nudoresc",
    ("nu", "accepta"): "nuaccepta",
    ("nu", "accept"): "nuaccept",
    ("nu", "vreau"): "nuvreau",
    ("khan", "cap"): "khancap",
    ("phu", "huynh"): "phuhuynh",
    ("gioi", "thieu"): "gioithieu",
    ("dang", "ky"): "dangky",
    ("huy", "dang"): "huydang",
    ("huydang", "ky"): "huydangky",
    ("huy", "nhan"): "huynhan",
    ("tu", "choi"): "tuchoi",
    ("dong", "y"): "dongy",
    ("chap", "nhan"): "chapnhan",
    ("ban", "tin"): "bantin",
    ("quang", "cao"): "quangcao",
    ("khuyen", "mai"): "khuyenmai",
    ("tiep", "thi"): "tiepthi",
    ("tin", "nhan"): "tinnhan",
    ("cuoc", "goi"): "cuocgoi",
    ("lien", "he"): "lienhe",
    (
        "\u0627\u0644\u063a\u0627\u0621",
        "\u0627\u0634\u062a\u0631\u0627\u0643",
    ): "\u0627\u0644\u063a\u0627\u0621\u0627\u0634\u062a\u0631\u0627\u0643",
    (
        "\u0627\u0644\u063a\u064a",
        "\u0627\u0634\u062a\u0631\u0627\u0643",
    ): "\u0627\u0644\u063a\u064a\u0627\u0634\u062a\u0631\u0627\u0643",
    ("e", "mailova"): "emailova",
    ("e", "mailem"): "email",
    ("e", "maily"): "email",
    ("e", "mailu"): "email",
    ("\u05d3\u05d5\u05d0", "\u05dc"): "\u05d3\u05d5\u05d0\u05dc",
}

# Endings that make a word fit more people: Aluno(a), Kunde/in, Teilnehmer*in, Given name(s).
_ENDINGS: Final = regex(
    r"(?<=[^\W\d_]{2})(?:\((?:s|es|e|a|as|n|en|in|innen)\)|/(?:a|o|e|in|innen)(?![^\W\d_])|[*:](?:in|innen)(?![^\W\d_]))"
)
_LAYOUT: Final = regex(
    r"\(?\b(?:(?P<day_first>[DTJG]{1,2}([-/. ])MM?\2(?:[YJA]{4}|[YJA]{2}))"
    r"|(?P<month_first>MM?([-/. ])[DTJG]{1,2}\4(?:[YJA]{4}|[YJA]{2}))"
    r"|(?P<year_first>(?:[YJA]{4})([-/. ])MM?\6[DTJG]{1,2}))\b\)?",
    re.IGNORECASE,
)
"""A layout of dates as people write it: DD/MM/YYYY, TT.MM.JJJJ, JJ/MM/AAAA, GG/MM/AAAA."""


_CHOICES: Final = regex(r"\((?:[^\W\d_]{1,3}\s?[/|,]\s?)+[^\W\d_]{1,3}\)")
"""What may be answered, behind a question: Sexe (M/F), Newsletter (Y/N)."""


def date_layout(header: str) -> str | None:
    """Give the order of day and month that a header states: DMY, MDY or YMD."""
    found = _LAYOUT.search(header)
    if found is None:
        return None
    return "DMY" if found["day_first"] else "MDY" if found["month_first"] else "YMD"


@lru_cache(maxsize=4096)
def words(header: str) -> tuple[str, ...]:
    """Split a header into plain lower-case words: ``E-mail 1 - Value`` becomes ``email 1 value``."""
    return _words_of(_plain(_spaced(header)))


def _spaced(text: str) -> str:
    """Take layouts of dates, answers to choose from and endings off, and set a space where one word ends and another begins."""
    return _SEAM.sub(" ", _ENDINGS.sub("", _CHOICES.sub(" ", _LAYOUT.sub(" ", text))) or text)


def _plain(text: str) -> str:
    """Take case, accents and script variants off."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    if not plain.isascii():
        # The article goes while the alif of another word still has its sign.
        plain = _ARTICLE.sub("", plain)
        # Korean syllables come apart in the first form, and together again here.
        plain = unicodedata.normalize("NFC", plain.translate(_UNACCENTED)).translate(_VARIANTS)
    return plain.casefold()


class _Unaccented(dict[int, int | str | None]):
    """A table for ``str.translate`` that takes accents off; whether a sign is one is asked once."""

    def __missing__(self, sign: int) -> int | str | None:
        left = None if unicodedata.category(chr(sign)) == "Mn" else _LETTERS.get(sign, sign)
        self[sign] = left
        return left


_UNACCENTED: Final = _Unaccented()


def _words_of(plain: str) -> tuple[str, ...]:
    return _join([piece for part in _WORD.findall(plain) for piece in _pieces_of(part)])


def _pieces_of(part: str) -> Iterator[str]:
    """Cut a header that is written without spaces into the words known of such languages, the longest first."""
    # Two thousand words are taken apart at each start, most of them of languages whose signs all come before these.
    spaced = max(part) < _UNSPACED[0][0]
    if spaced or not any(first <= sign <= last for sign in part for first, last in _UNSPACED):
        yield part
        return
    strange = ""
    while part:
        piece = next(
            (part[:end] for end in range(min(len(part), _LONGEST), 1, -1) if part[:end] in _pieces()), ""
        )
        if piece and strange:
            yield strange
        strange = "" if piece else strange + part[0]
        part = part[len(piece or part[0]) :]
        if piece:
            yield piece
    if strange:
        yield strange


_LONGEST: Final = 16


@cache
def _pieces() -> frozenset[str]:
    listed = ",".join(texts for language in UNSPACED for texts in FURTHER[language].values())
    return frozenset(part for part in _WORD.findall(_plain(listed)) if len(part) > 1)


def further(kind: str) -> frozenset[str]:
    """Give the words of a kind in the further languages; of "elektronik posta" both."""
    return frozenset(word for phrase in further_phrases(kind) for word in phrase.split())


def further_phrases(kind: str) -> frozenset[str]:
    """Give the words of a kind in the further languages as they are written together."""
    # All languages at once: a start, which asks for a dozen kinds, would fold some thousand phrases one by one.
    listed = _plain(_spaced(",".join(said.get(kind, "") for said in FURTHER.values())))
    phrases = (phrase.strip() for phrase in listed.split(","))
    return frozenset(
        phrase if _is_one_word(phrase) else " ".join(_words_of(phrase)) for phrase in phrases if phrase
    )


def _is_one_word(phrase: str) -> bool:
    """Tell a word that is taken as it stands; two phrases of three are, and need not be cut and joined."""
    return phrase.isalpha() and max(phrase) < _UNSPACED[0][0] and not _MAILED.search(phrase)


_MAILED: Final = regex(
    r"(?:post|mail)((?:uts|mark|reklam|nyh|kamp|werb|versand|vertei|einwill|abmeld|zusend|kontakt)\w+)"
)
"""What is written together with the end of "e-mail": e-postutsendelser, E-Mailwerbung."""


def _join(parts: list[str]) -> tuple[str, ...]:
    joined: list[str] = []
    for part in parts:
        pair = (joined[-1], part) if joined else ("", part)
        if pair in _JOINED:
            joined[-1] = _JOINED[pair]
        elif pair[0] == "e" and (mailed := _MAILED.fullmatch(part)):
            joined[-1:] = ["email", mailed[1]]
        else:
            joined.append(part)
    return tuple(joined)


def headline(header: str) -> str:
    """Take off the name of a group: "Form: Birthday", "fields.birthday", and a table's before a line, ``CnBio_Birth_date``."""
    title = header.rpartition(":")[2].strip() or header
    return _TABLE.sub("", title.rpartition(".")[2] if _PATH.fullmatch(title) else title) or title


_TABLE: Final = regex(r"^[A-Za-z]*[a-z][A-Z][A-Za-z]*_(?=[A-Za-z]{2})")
_PATH: Final = regex(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
