"""The texts of the screen, in one catalogue for pages and scripts alike: another language is another file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from importer.codes import BY_NAME

_FOLDER: Final = Path(__file__).parent / "pages"


class Words:
    """Give texts by their key; what stands in braces is filled in."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Give one text. Raises KeyError for a key that the catalogue lacks, which a test looks for."""
        text = self._texts[key]
        return text.format_map(values) if values else text

    def mend(self, code: str) -> str:
        """Say what to do about a fault: in the screen's own words where the catalogue of codes speaks of flags and keys."""
        known = BY_NAME.get(code)
        return self._texts.get(f"mend.{code}") or ("" if known is None else known.mend)

    def as_script(self) -> bytes:
        """Write the catalogue as the module that the pages' scripts take it from."""
        return f"export default {json.dumps(dict(self._texts), ensure_ascii=False)};\n".encode()

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


_COMMAND_LINE: Final = re.compile(
    r" \(--[^()]*\)|,? or let the run wait with --[a-z-]+|(?: with| by)? `importer [^`]*`(?=[.,; ])| with --[a-z-]+"
)


def without_flags(sentence: str) -> str:
    """Leave out of a sentence what it tells those who type commands: `` (--encoding, or ...)`` and `` with --sheet``."""
    return _COMMAND_LINE.sub("", sentence)


@cache
def english() -> Words:
    texts: dict[str, str] = json.loads((_FOLDER / "words.en.json").read_text(encoding="utf-8"))
    return Words(texts)
