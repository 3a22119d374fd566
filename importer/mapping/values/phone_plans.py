"""Plain spellings of phone numbers by the numbering plans themselves, without the library's whole course.

A look at a number costs the library some fifty pattern matches. Its metadata, compiled once, answers for the plain
spellings with a few. Whatever needs more (carrier codes, transformed prefixes, calls abroad) is left to the library, and
the tests hold both to the same answers in every country.

Plans look at the first digits of a number: in the United States at four of ten, the others may be any. So what was said of
a number is kept by those digits, its stem, and the next number of the same stem costs a look-up.
"""

from __future__ import annotations

import re
from dataclasses import field
from functools import cache, cached_property
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberDesc

from importer.records import value_type
from importer.runtime.regex import regex

_LONGEST: Final = 20
_NO_DIGITS: Final = b" ().-"
_SHORTEST_TAIL: Final = 4
"""With fewer digits that may be any, nearly every number has a stem of its own, and keeping them spares nothing."""
_KEPT_STEMS: Final = 20_000
_LOOSE_END: Final = regex(r"\\d(?:\{(\d+)(?:,\d*)?\})?$")


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

    @cached_property
    def tail(self) -> int:
        """How many digits at the end of its numbers may be any."""
        return min((_loose_digits(pattern.pattern) for _, pattern in self.kinds), default=0)

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
    tail: int
    """How many digits are no part of a stem; 0 where stems are not kept."""
    stems: set[str] = field(default_factory=set)
    """Of valid numbers, with ``+`` and the code."""

    def holds(self, digits: str) -> bool:
        """Tell a valid number, written with ``+`` and the code."""
        if digits[: -self.tail] in self.stems:
            return True
        national = digits[len(self.code) + 1 :]
        if self.prefix is not None and self.prefix.match(national):
            return False
        tail = self.free_end(national)
        if tail is None:
            return False
        if 0 < self.tail <= tail and len(national) - self.tail >= _reach(self.prefix):
            _make_room(self.stems)
            self.stems.add(digits[: -self.tail])
        return True

    def free_end(self, national: str) -> int | None:
        """Count the last digits of a valid number that nothing looked at. None says nothing: it may be of another kind."""
        tail = len(national)
        for region in self.regions:
            if region.leading is None:
                tail = min(tail, region.tail)
                if region.holds(national):
                    return tail
            else:
                tail = min(tail, len(national) - _reach(region.leading))
                if region.leading.match(national):
                    return min(tail, region.tail) if region.holds(national) else None
        return None


@value_type(frozen=True, slots=True)
class _Dialling:
    """How numbers are written inside one region."""

    calling: _CallingCode
    abroad: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    telling: frozenset[str]
    """The digits with which a prefix or the calling code can begin."""
    stems: dict[str, str] = field(default_factory=dict)
    """Of valid numbers, as they are written inside the region, with what stands for them in E.164."""

    def read(self, digits: str) -> str | None:
        tail = self.calling.tail
        stem = self.stems.get(digits[:-tail])
        return self._look(digits, tail) if stem is None else stem + digits[-tail:]

    def _look(self, digits: str, tail: int) -> str | None:
        national = self._national(digits)
        free = self.calling.free_end(national) if national is not None else None
        if free is None:
            return None
        e164 = f"+{self.calling.code}{national}"
        if 0 < tail <= free and len(digits) - tail >= self._reach():
            _make_room(self.stems)
            self.stems[digits[:-tail]] = e164[:-tail]
        return e164

    def _reach(self) -> int:
        return max(_reach(self.abroad), _reach(self.prefix), len(self.calling.code))

    def _national(self, digits: str) -> str | None:
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
        calling = _calling_of(digits[:4]) if digits[1:].isdigit() else None
        return digits if calling is not None and calling.holds(digits) else None
    dialling = _dialling(region) if region is not None and digits.isdigit() else None
    return dialling.read(digits) if dialling is not None else None


@cache
def _calling_of(start: str) -> _CallingCode | None:
    """Find the calling code with which a number begins behind its ``+``; none is the beginning of another."""
    for end in (2, 3, 4):
        code = start[1:end]
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
    tail = regions[0].tail
    return _CallingCode(
        code=code,
        prefix=_compiled(regions[0].metadata.national_prefix_for_parsing),
        regions=regions,
        tail=tail if tail >= _SHORTEST_TAIL else 0,
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


def _make_room(stems: set[str] | dict[str, str]) -> None:
    if len(stems) >= _KEPT_STEMS:
        stems.clear()


def _loose_digits(pattern: str) -> int:
    r"""Count the last digits of whatever a pattern matches that may be any: of ``9[2-8]\d{6}|800\d\d{4}`` four."""
    return min(map(_loose_end, _ways(pattern)))


def _ways(pattern: str) -> list[str]:
    """Split a pattern at the bars that stand in no group."""
    ways, depth = [""], 0
    for sign in pattern:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            ways.append("")
        else:
            ways[-1] += sign
    return ways


def _loose_end(way: str) -> int:
    found = _LOOSE_END.search(way)
    return int(found[1] or 1) if found is not None else 0


def _reach(pattern: re.Pattern[str] | None) -> int:
    """Tell how many of the first digits a match can look at, or more."""
    return _longest(pattern.pattern) if pattern is not None else 0


@cache
def _longest(pattern: str) -> int:
    if any(sign in pattern for sign in "{+*"):
        return _LONGEST
    single = re.sub(r"\[[^]]*\]|\\d", "0", pattern)
    return len(single) if "(" in single else max(map(len, single.split("|")))
