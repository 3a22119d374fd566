"""What people write around a phone number: whose it is, that it is a fax, the extension behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from importer.runtime.regex import regex

_FAX_WORDS: Final = r"(?:tele)?fax(?:e|es|nummer|[\s.-]?(?:no|nr|number|num))?|t[eé]l[eé]copie(?:ur)?|facs[ií]mile|faks|факс|f(?=\s*[:.])"
_VOICE_WORDS: Final = (
    r"mobile?s?|mobiltelefon|mobil[\s.-]?(?:no|nr)|m[oó]vil|mob|cell(?:ular)?|cel(?:ular)?|cellulare|celulaire|portable|handy"
    r"|(?:tele)?phone|t[eé]l[eé]phone|telefono|tel[eé]fono|telefone|telefon|telefoon|t[eé]l(?=\W|\d|$)|fon|whatsapp|landline|festnetz"
    r"|voice|sms|тел(?:ефон)?|моб|[ptmc](?=\s*[:.])"
)
_PLACE_WORDS: Final = (
    r"home|work|office|main|direct|private|privat|business|personal|primary|other|dienstlich|gesch[aä]ftlich|bureau|casa"
    r"|oficina|trabajo|[hw](?=\s*[:.])"
)
_LABEL: Final = regex(
    rf"\s*[(\[]?(?<![^\W\d_])(?:(?P<fax>{_FAX_WORDS})|(?P<voice>{_VOICE_WORDS})|{_PLACE_WORDS})(?![^\W\d_])[.:]*[)\]]?\s*",
    re.IGNORECASE,
)
_FAX: Final = regex(rf"(?<![^\W\d_])(?:{_FAX_WORDS})(?![^\W\d_])", re.IGNORECASE)
_SEVERAL: Final = regex(
    r"\s*(?:[;|\n,]|:::|\s/\s|/(?=\s*[+0(]\d)|\s+(?=\+\d)|\s+(?:or|and|oder|und|ou|et|o|y|e|&)\s+)\s*"
)
_EXTENSION_WORDS: Final = (
    r"ext(?:ension|n)?|x|durchwahl|dw|poste|int(?:erno)?|anexo|ramal|toestel|extensi[oó]n|wewn?|доб|klappe"
)
_EXTENSION: Final = regex(
    rf"[\s,;.(/\-]*(?:(?<![A-Za-z])(?:{_EXTENSION_WORDS})|#)[\s.:=\-]*(\d{{1,7}})[)#]?\s*$", re.IGNORECASE
)
_PAUSED: Final = regex(r"([^,;pw]*\d[^,;pw]*?)\s*(?:[,;]+|[pw]+)\s*(\d{1,6})#?\s*", re.IGNORECASE)
"""What a phone dials after a pause: digits behind commas, semicolons, p or w."""
_PLAIN_EXTENSION: Final = regex(
    r"(\+?[\d ().\-]{7,30})[ ,;]*(?:x|ext\.?|extension|#)[ .:]*(\d{1,7})", re.IGNORECASE | re.ASCII
)
_BETWEEN_DIGITS: Final = b"+ ().-"
_PARAMETERS: Final = regex(r";(?:phone-context|isub)=[^;]*", re.IGNORECASE)
"""Of the addresses that begin with ``tel:`` (RFC 3966)."""


def plain_extension(text: str) -> tuple[str, str] | None:
    """Cut the usual extensions off a plain number, at the cost of one look."""
    match = _PLAIN_EXTENSION.fullmatch(text)
    if match is None or len(match[1].encode().translate(None, _BETWEEN_DIGITS)) < 7:
        return None
    return match[1], match[2]


def without_extension(text: str) -> tuple[str, str]:
    match = _EXTENSION.search(text)
    if match is not None and _digits(text[: match.start()]) >= 6:
        return text[: match.start()], match[1]
    paused = _PAUSED.fullmatch(text)
    if paused is not None and _digits(paused[1]) >= 7:
        return paused[1], paused[2]
    return text, ""


def without_labels(text: str) -> str:
    """Take words such as Mobile: out; a number may end where one stands."""
    return _LABEL.sub(";", _PARAMETERS.sub("", text)).strip("; :")


def split_numbers(text: str) -> list[str]:
    """Split several numbers; commas and slashes inside one number leave parts too short to be numbers."""
    parts = [part for part in _SEVERAL.split(text) if part and part.strip()]
    long_enough = [part for part in parts if _digits(part) >= 7]
    return long_enough if len(long_enough) >= 2 else []


def without_faxes(text: str) -> str | None:
    """Take the numbers out that are said to be a fax's and no phone's; None where there are none."""
    if _FAX.search(text) is None:
        return None
    pieces = [piece for part in _labelled_parts(text) for piece in _pieces(part)]
    if not any(is_fax for _, is_fax in pieces):
        return None
    return "; ".join(piece for piece, is_fax in pieces if not is_fax)


def _labelled_parts(text: str) -> Iterator[str]:
    """Split at separators; a part without digits is a label of the next one, the last of them of the one before."""
    waiting, before = "", ""
    for part in (part for part in _SEVERAL.split(text) if part and part.strip()):
        if not _digits(part):
            waiting += f" {part}"
            continue
        if before:
            yield before
        before, waiting = f"{waiting} {part}".strip(), ""
    yield f"{before} {waiting}".strip()


def _pieces(part: str) -> Iterator[tuple[str, bool]]:
    """Cut a part into its numbers, each with whether it is a fax's.

    A label stands before its number, unless the part ends with one and does not begin with one.
    """
    labels = list(_LABEL.finditer(part))
    starts = [0, *(label.end() for label in labels)]
    ends = [*(label.start() for label in labels), len(part)]
    between = [part[start:end] for start, end in zip(starts, ends, strict=True)]
    behind = bool(_digits(between[0])) and not _digits(between[-1])
    for place, number in enumerate(between):
        if _digits(number):
            mine = _label_run(between, labels, place, behind=behind)
            is_fax = any(label["fax"] for label in mine) and not any(label["voice"] for label in mine)
            yield number.strip(), is_fax


def _label_run(
    between: list[str], labels: list[re.Match[str]], place: int, *, behind: bool
) -> list[re.Match[str]]:
    """List the labels between a number and its neighbour: Home and Fax are one label, and so are Tel and Fax."""
    run: list[re.Match[str]] = []
    step, place = (1, place) if behind else (-1, place - 1)
    while 0 <= place < len(labels):
        run.append(labels[place])
        if _digits(between[place + 1 if behind else place]):
            break
        place += step
    return run


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
