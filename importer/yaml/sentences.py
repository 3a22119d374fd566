"""What is wrong with a section, in sentences for the person who wrote the file."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str], *, count: int = 1) -> tuple[str, ...]:
    """Find the right words that look most like a wrong one; none when nothing comes near."""
    import difflib  # for a mistake alone

    by_fold = {right.casefold(): right for right in words}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=count, cutoff=0.6)
    return tuple(by_fold[found] for found in close)


def did_you_mean(word: str, words: Iterable[str], *, count: int = 1) -> str:
    """Write " Did you mean 'x'?", or nothing when no word comes near."""
    found = nearest(word, words, count=count)
    return f" Did you mean {' or '.join(repr(right) for right in found)}?" if found else ""


def described(place: tuple[str | int, ...], said: str) -> str:
    """Write a sentence about the key that a value stands under; in a list, the key of the list."""
    name = next((step for step in reversed(place) if isinstance(step, str)), "")
    return f"{name!r}: {said}." if name else f"{said[:1].upper()}{said[1:]}."


def unexpected(expected: str, written: object) -> str:
    return f"{expected}, not {_shown(written)}"


def unknown_key(name: str, known: Iterable[str]) -> str:
    hint = did_you_mean(name, known)
    return f"{name!r} is no key here.{hint or ' Known: ' + ', '.join(known) + '.'}"


def none_of(word: str, words: Iterable[str]) -> str:
    return f"{word!r} is none of {', '.join(words)}.{did_you_mean(word, words)}"


def _shown(value: object) -> str:
    match value:
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case dict():
            return "keys with values"
        case list():
            return "a list"
        case _:
            return repr(value)
