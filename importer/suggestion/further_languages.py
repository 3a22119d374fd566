"""What columns and cells say in languages that most exports are not in, each language by itself, as people write it.

Keys are the contact's fields, and the kinds of words that ``headers``, ``people`` and ``consent.words`` tell apart. Words are
parted by commas; ``folding`` takes case, accents and script variants off, so that they stand as a dictionary has them.
Traditional Chinese is folded to simplified there.
"""

from __future__ import annotations

from typing import Final

from importer.suggestion.languages import asian, european, semitic, slavic

LANGUAGES: Final = {
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "he": "Hebrew",
    "ar": "Arabic",
    "ru": "Russian",
    "uk": "Ukrainian",
    "tr": "Turkish",
    "el": "Greek",
    "cs": "Czech",
    "hu": "Hungarian",
    "ro": "Romanian",
    "fi": "Finnish",
    "sk": "Slovak",
    "hr": "Croatian or Serbian",
    "sl": "Slovenian",
    "bg": "Bulgarian",
    "et": "Estonian",
    "lv": "Latvian",
    "lt": "Lithuanian",
    "vi": "Vietnamese",
    "th": "Thai",
    "id": "Indonesian",
}
UNSPACED: Final = ("zh", "ja", "ko", "th")
"""Languages that write words without a space between; what stands here is what their headers are cut into."""

_WRITTEN: Final = asian.SAID | semitic.SAID | slavic.SAID | european.SAID
FURTHER: Final[dict[str, dict[str, str]]] = {language: _WRITTEN[language] for language in LANGUAGES}
