"""Regular expressions from a mapping, kept from running for ever: refused, proven to be quick, or timed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from importer.mapping.transforms.linearity import proven_quick
from importer.mapping.transforms.pattern_process import find
from importer.mapping.transforms.pattern_worker import SECONDS, TooLongError, WorkerLostError, shared_worker
from importer.mapping.values.fault import ReadValue, ValueFault, quoted

LONGEST: Final = 1_000
_MOST_REPEATS: Final = 12
_REMEMBERED: Final = 4_096
_PIECE: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!>]|<[=!]|P?<\w+>|[aiLmsux-]+[:)]?))?|\)|[*+?]\??\+?|\{\d*,?\d*\}\??|\||.",
    re.DOTALL,
)


def check_pattern(pattern: str, replacement: str | None) -> None:
    """Refuse, as ValueError, a pattern that is wrong, or that is well known to run for ever."""
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as wrong:
        raise ValueError(f"The pattern {pattern!r} is not valid: {wrong}.") from None
    if replacement is not None:
        _check_groups(compiled, replacement)
    if _can_explode(pattern):
        raise ValueError(
            f"The pattern {pattern!r} repeats a group that itself repeats or alternates; "
            "on some texts that takes for ever. Write it without the outer repetition."
        )


def _check_groups(compiled: re.Pattern[str], replacement: str) -> None:
    try:
        compiled.sub(replacement, "")
    except (re.error, IndexError) as wrong:
        raise ValueError(f"The replacement {replacement!r} is not valid: {wrong}.") from None
    for match in re.finditer(r"\\(?:(\d{1,2})|g<(\w+)>)", replacement):
        group = match[1] or match[2]
        known = int(group) <= compiled.groups if group.isdigit() else group in compiled.groupindex
        if not known:
            raise ValueError(
                f"The replacement {replacement!r} names group {group}, which the pattern does not have."
            )


def _can_explode(pattern: str) -> bool:
    """Find a repeated group with a repetition or an alternation inside, or very many repetitions in all."""
    risky = [False]
    total = 0
    pieces = _PIECE.findall(pattern)
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        if piece.startswith("(") and not piece.endswith(")"):
            risky.append(False)
        elif piece == ")" and len(risky) > 1:
            inside = risky.pop()
            if inside and _unbounded(following):
                return True
            risky[-1] = risky[-1] or inside
        elif piece == "|" or _unbounded(piece):
            risky[-1] = True
            total += piece != "|"
    return total > _MOST_REPEATS


def _unbounded(piece: str) -> bool:
    if piece[:1] in {"*", "+"}:
        return True
    match = re.match(r"\{(\d*)(,?)(\d*)\}", piece)
    return bool(match) and ((match[2] == "," and not match[3]) or int(match[3] or match[1] or 0) > 20)  # type: ignore[index]


def compile_step(pattern: str, replacement: str | None) -> Callable[[str], ReadValue]:
    """Make the step of a checked pattern; texts beyond the bound fail instead of being tried.

    What is not proven to be quick runs in a process of its own, and a text that it takes too long over fails.
    """
    compiled = re.compile(pattern)
    search: Callable[[str], str] = partial(find, compiled, replacement)
    if not proven_quick(pattern):
        search = lru_cache(_REMEMBERED)(partial(_find_in_time, pattern, replacement))

    def run(text: str) -> ReadValue:
        if len(text) > LONGEST:
            return ValueFault(
                "text_too_long",
                f"{quoted(text)} has more than {LONGEST:,} characters, too many for a regex step",
            )
        try:
            return search(text)
        except TooLongError:
            why = f"it did not come to an end within {SECONDS:g} seconds. Write it with fewer repetitions"
        except WorkerLostError:
            why = "it could run for ever, and no process can be started in which it could be ended"
        return ValueFault(
            "transform_failed", f"{quoted(text)} was too much for the pattern {pattern!r}: {why}"
        )

    return run


def _find_in_time(pattern: str, replacement: str | None, text: str) -> str:
    return shared_worker().find(pattern, replacement, str(text))
