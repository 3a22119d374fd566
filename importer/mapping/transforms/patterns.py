"""Regular expressions from a mapping, kept from running for ever: refused, proven to be quick, or timed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from importer.mapping.transforms.linearity import proven_quick
from importer.mapping.transforms.pattern_process import find
from importer.mapping.transforms.pattern_worker import SECONDS, PatternWorker, WorkerLostError, shared_worker
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.runtime.regex import regex

LONGEST: Final = 1_000
_MOST_REPEATS: Final = 12
_REMEMBERED: Final = 4_096
_PIECE: Final = regex(
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
    if not proven_quick(pattern):
        return TimedPattern(pattern, replacement)
    search = partial(find, re.compile(pattern), replacement)
    return lambda text: search(text) if len(text) <= LONGEST else _beyond_bound(text)


class TimedPattern:
    """The step of a pattern that may run for ever; what it made of a text is remembered.

    ``prepare`` asks for many texts at once: the way to the process and back costs more than most patterns do.
    """

    def __init__(self, pattern: str, replacement: str | None, worker: PatternWorker | None = None) -> None:
        self._pattern = pattern
        self._replacement = replacement
        self._worker = worker
        self._found: dict[str, str | None] = {}

    def prepare(self, texts: Iterable[str]) -> None:
        """Look texts up that will be asked for."""
        self._make_room()
        fresh = [text for text in dict.fromkeys(map(str, texts)) if text and self._is_new(text)]
        with suppress(WorkerLostError):  # each text will say so itself
            self._look_up(fresh)

    def __call__(self, text: str) -> ReadValue:
        if len(text) > LONGEST:
            return _beyond_bound(text)
        plain = str(text)
        try:
            if plain not in self._found:
                self._make_room()
                self._look_up([plain])
        except WorkerLostError:
            return self._too_much(
                text, "it could run for ever, and no process can be started in which it could be ended"
            )
        found = self._found[plain]
        if found is None:
            why = f"it did not come to an end within {SECONDS:g} seconds. Write it with fewer repetitions"
            return self._too_much(text, why)
        return found

    def _make_room(self) -> None:
        if len(self._found) > _REMEMBERED:
            self._found.clear()

    def _is_new(self, text: str) -> bool:
        return len(text) <= LONGEST and text not in self._found

    def _look_up(self, texts: Sequence[str]) -> None:
        if texts:
            worker = self._worker or shared_worker()
            self._found.update(zip(texts, worker.find(self._pattern, self._replacement, texts), strict=True))

    def _too_much(self, text: str, why: str) -> ValueFault:
        sentence = f"{quoted(text)} was too much for the pattern {self._pattern!r}: {why}"
        return ValueFault("transform_failed", sentence)


def _beyond_bound(text: str) -> ValueFault:
    return ValueFault(
        "text_too_long", f"{quoted(text)} has more than {LONGEST:,} characters, too many for a regex step"
    )
