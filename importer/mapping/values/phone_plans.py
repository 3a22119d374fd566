"""Plain spellings of phone numbers by the numbering plans themselves, without the library's whole course.

A look at a number costs the library some fifty pattern matches. Its metadata, compiled once, answers for the plain
spellings with a few. Whatever needs more (carrier codes, transformed prefixes, calls abroad) is left to the library, and
the tests hold both to the same answers in every country.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberDesc

from importer.records import value_type

_LONGEST: Final = 20
_NO_DIGITS: Final = b" ().-"


@value_type(frozen=True)
class _Region:
    """The fixed and mobile numbers of one region, loaded once a number may be of it: 25 share the code 1, and most files know one."""

    name: str

    @cached_property
    def metadata(self) -> PhoneMetadata:
        found = PhoneMetadata.metadata_for_region(self.name, None)
        assert found is not None, self.name  # noqa: S101  (only regions that the library has come here)
        return found

    @cached_property
    def leading(self) -> re.Pattern[str] | None:
        """What claims a number before its kind is looked at."""
        return _compiled(self.metadata.leading_digits)

    @cached_property
    def kinds(self) -> tuple[tuple[frozenset[int], re.Pattern[str]], ...]:
        kinds = (self.metadata.fixed_line, self.metadata.mobile)
        return tuple(
            (_lengths(kind, self.metadata), re.compile(kind.national_number_pattern))
            for kind in kinds
            if kind and kind.national_number_pattern
        )

    def holds(self, national: str) -> bool:
        length = len(national)
        for lengths, pattern in self.kinds:  # noqa: SIM110  (a generator would cost as much as the patterns)
            if length in lengths and pattern.fullmatch(national):
                return True
        return False


@value_type(frozen=True, slots=True)
class _CallingCode:
    """The regions that share a calling code, in the library's order; ``prefix`` is what parsing would take off."""

    code: str
    prefix: re.Pattern[str] | None
    regions: tuple[_Region, ...]

    def holds(self, national: str) -> bool:
        """Tell a valid number. False says nothing: it may be of a kind that is not looked at here."""
        for region in self.regions:
            if region.leading is not None and region.leading.match(national):
                return region.holds(national)
            if region.leading is None and region.holds(national):
                return True
        return False


@value_type(frozen=True, slots=True)
class _Dialling:
    """How numbers are written inside one region."""

    calling: _CallingCode
    abroad: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    telling: frozenset[str]
    """The digits with which a prefix or the calling code can begin."""

    def national(self, digits: str) -> str | None:
        """Give the national number; None where the digits may mean something else."""
        if digits[0] not in self.telling:
            return digits
        if self.abroad is not None and self.abroad.match(digits):
            return None
        found = self.prefix.match(digits) if self.prefix is not None else None
        if digits.startswith(self.calling.code) and (found is None or found[0] != self.calling.code):
            return None
        if found is None:
            return digits
        # What a group holds is a carrier's code, or becomes a part of the number by a rule.
        return digits[found.end() :] if found.lastindex is None else None


def read_plain(text: str, region: str | None) -> str | None:
    """Read a plain spelling as E.164: national digits, or any country's behind a ``+``. None: ask the library."""
    if not text.isascii():
        return None
    # Bytes, because deleting from a text takes a look-up for each of its characters.
    digits = text.encode().translate(None, _NO_DIGITS).decode()
    if not 5 <= len(digits) <= _LONGEST:
        return None
    if digits[0] == "+":
        return _read_international(digits) if digits[1:].isdigit() else None
    if not digits.isdigit():
        return None
    dialling = _dialling(region) if region is not None else None
    national = dialling.national(digits) if dialling is not None else None
    if dialling is None or national is None or not dialling.calling.holds(national):
        return None
    return f"+{dialling.calling.code}{national}"


def _read_international(digits: str) -> str | None:
    calling = _calling_of(digits)
    if calling is None:
        return None
    national = digits[len(calling.code) + 1 :]
    if calling.prefix is not None and calling.prefix.match(national):
        return None
    return digits if calling.holds(national) else None


def _calling_of(digits: str) -> _CallingCode | None:
    """Find the calling code; none is the beginning of another."""
    for end in (2, 3, 4):
        code = digits[1:end]
        if code in _CODES:
            return _calling(code)
    return None


_CODES: Final = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


@cache
def _calling(code: str) -> _CallingCode | None:
    regions = tuple(map(_Region, COUNTRY_CODE_TO_REGION_CODE[int(code)]))
    if not SUPPORTED_REGIONS.issuperset(region.name for region in regions):
        # Numbers of no region, such as the satellites'.
        return None
    return _CallingCode(
        code=code, prefix=_compiled(regions[0].metadata.national_prefix_for_parsing), regions=regions
    )


def _lengths(kind: PhoneNumberDesc, metadata: PhoneMetadata) -> frozenset[int]:
    general = metadata.general_desc
    return frozenset(kind.possible_length or (general.possible_length if general else ()))


@cache
def _dialling(region: str) -> _Dialling | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    calling = _calling(str(metadata.country_code)) if metadata is not None else None
    if metadata is None or calling is None:
        return None
    return _Dialling(
        calling=calling,
        abroad=_compiled(metadata.international_prefix),
        prefix=_compiled(metadata.national_prefix_for_parsing),
        telling=_beginnings(metadata.international_prefix)
        | _beginnings(metadata.national_prefix_for_parsing)
        | {calling.code[0]},
    )


def _beginnings(pattern: str | None) -> frozenset[str]:
    """Give the digits that a match can begin with, or more: those that the pattern has, all if it has classes of them."""
    if pattern is None:
        return frozenset()
    return _ALL_DIGITS if "\\d" in pattern or "[" in pattern else _ALL_DIGITS & set(pattern)


_ALL_DIGITS: Final = frozenset("0123456789")


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None
