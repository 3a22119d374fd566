"""E-mail and phone: what the vendor takes, and how it is stored and matched."""

from __future__ import annotations

import re
from typing import Final

from importer.sandbox.replies import Refusal
from importer.sandbox.vocabulary import CALLING_CODES

EMAIL: Final = re.compile(r"[^@\s,;<>\"()]+@(?:[^@\s,;.<>\"()]+\.)+[^@\s,;.<>\"()]{2,}")
_PUNCTUATION: Final = str.maketrans("", "", " \t.-()/\u00a0")
_LONGEST: Final = 15
_SHORTEST: Final = 7


def stored_phone(text: str) -> str:
    """Compact a phone to E.164; refuses in libphonenumber's words, as the vendor does."""
    compact = text.translate(_PUNCTUATION)
    digits = compact[1:]
    if not compact.startswith("+"):
        raise Refusal(422, "Invalid country calling code")
    if not digits.isdecimal() or not digits.isascii():
        raise Refusal(422, "The string supplied did not seem to be a phone number")
    if not any(digits[:length] in CALLING_CODES for length in (1, 2, 3)):
        raise Refusal(422, "Invalid country calling code")
    if len(digits) > _LONGEST:
        raise Refusal(422, "The string supplied is too long to be a phone number")
    if len(digits) < _SHORTEST:
        raise Refusal(422, "The string supplied is too short to be a phone number")
    return compact


def matched_email(text: str) -> str:
    """Fold an e-mail to what it is matched by; replies carry it as ``emailLowerCase``."""
    return text.lower()
