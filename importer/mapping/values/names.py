"""Whole names: which part is the first name and which the last, where the text itself shows it."""

from __future__ import annotations

import re
from typing import Final

from importer.mapping.values.fault import ReadValue, quoted, warn
from importer.records import value_type
from importer.runtime.regex import regex

CODE: Final = "name_order"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEHIND_A_NAME: Final = _words(
    "jr sr junior senior ii iii iv v esq md phd dds dmd do dvm rn cpa pe mba ma ba bsc msc llb llm edd jd obe mbe "
    "dr prof dipl ing mag "
    "inc incorporated llc llp lp ltd limited corp corporation co company plc pllc pc gmbh ag kg ohg gbr ug ev se "
    "sa sas sarl sasu eurl srl spa sl slu sc bv nv vof ltda cia pty oy ab as aps sro kft zoo"
)
"""Suffixes, degrees and forms of companies: what stands behind a comma and is no first name."""
_BEFORE_A_NAME: Final = _words(
    "mr mrs ms miss mx dr prof sir madam herr frau hr fr mme mlle m monsieur madame sr sra srta don dona dott sig "
    "sigra dhr mevr mevrouw the family familie famille familia famiglia"
)
"""Titles: a title and one word are no first and last name."""
_SUFFIXES: Final = _words("jr sr ii iii iv esq md phd dds dmd dvm")
"""What stands behind the whole name, also where the last one was written first: ``Lee, Bob Jr.``."""
_FORMS: Final = _words("inc llc llp ltd corp plc gmbh ag kg sarl srl bv nv ltda")
"""Forms of companies in front of a comma: ``Acme Inc, Boston``."""
_SEVERAL: Final = regex(r"[&+/;]|\b(?:and|und|et|y|e|en)\b", re.IGNORECASE)
_LONGEST_FIRST: Final = 4
"""Words of a first name; what is longer behind a comma is a sentence or an address."""


@value_type(frozen=True, slots=True, kw_only=True)
class NameParts:
    """A first and a last name, and whether the last one was written first."""

    first: str
    last: str
    turned: bool = False


def name_parts(text: str) -> NameParts | None:
    """Take ``Lee, Ann`` and ``Ann Lee`` apart; None where the text does not show which part is which."""
    if any(sign.isdigit() for sign in text) or "@" in text:
        return None
    if "," in text:
        return _around_comma(text)
    words = text.split()
    if len(words) != 2 or _bare(words[0]) in _BEFORE_A_NAME or _bare(words[1]) in _BEHIND_A_NAME:
        return None
    return None if _SEVERAL.search(text) else NameParts(first=words[0], last=words[1])


def _around_comma(text: str) -> NameParts | None:
    last, _, first = (part.strip() for part in text.partition(","))
    words = first.split()
    if not last or not words or "," in first or len(words) > _LONGEST_FIRST:
        return None
    if _bare(words[0]) in _BEHIND_A_NAME or _bare(last.split()[-1]) in _FORMS or _SEVERAL.search(first):
        return None
    cut = len(words) - 1 if len(words) > 1 and _bare(words[-1]) in _SUFFIXES else len(words)
    return NameParts(first=" ".join(words[:cut]), last=" ".join((last, *words[cut:])), turned=True)


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()


def read_first_name(text: str) -> ReadValue:
    """Give the first name; a text that does not show it is given whole, with a warning."""
    parts = name_parts(text)
    if parts is not None:
        return parts.first
    sentence = f"{quoted(text)} does not show where the first name ends; all of it is sent as the first name"
    return warn(CODE, sentence, text)


def read_last_name(text: str) -> ReadValue:
    """Give the last name; blank where the text does not show it, since it is the first name as a whole then."""
    parts = name_parts(text)
    return "" if parts is None else parts.last


def read_full_name(text: str) -> ReadValue:
    """Turn ``Lee, Ann`` round; every other text stays as it is."""
    parts = name_parts(text)
    return f"{parts.first} {parts.last}" if parts is not None and parts.turned else text
