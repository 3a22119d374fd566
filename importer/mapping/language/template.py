"""Templates: a text with headers in braces."""

from __future__ import annotations

from typing import Final

from importer.records import value_type
from importer.runtime.regex import regex

_PART: Final = regex(r"\{\{|\}\}|\{([^{}]*)\}|([{}])")
_EMPTY_BRACKETS: Final = regex(r"\(\s*\)|\[\s*\]|<\s*>")


@value_type(frozen=True, slots=True)
class Template:
    """``parts`` alternate: text, header, text, header, ..., text."""

    texts: tuple[str, ...]
    headers: tuple[str, ...]

    def render(self, cells: tuple[str, ...]) -> str:
        """Fill the cells in, one for each header; blank when all of them are."""
        if not any(cells):
            return ""
        filled = self.texts[0] + "".join(
            cell + text for cell, text in zip(cells, self.texts[1:], strict=True)
        )
        return filled if all(cells) else _tidy(filled)


def _tidy(text: str) -> str:
    """Take out what a blank cell leaves behind: empty brackets, doubled spaces, separators at the ends."""
    return " ".join(_EMPTY_BRACKETS.sub("", text).split()).strip(" ,;/|-")


def parse_template(text: str) -> Template:
    """Take a template apart; ValueError says which brace is wrong."""
    texts, headers, position = [""], list[str](), 0
    for match in _PART.finditer(text):
        texts[-1] += text[position : match.start()]
        position = match.end()
        if match[2]:
            raise ValueError(
                f"The brace {match[2]!r} has no partner in {text!r}; double it to mean the sign itself."
            )
        if match[1] is None:
            texts[-1] += match[0][0]
            continue
        if not match[1].strip():
            raise ValueError(f"There is no header between the braces in {text!r}.")
        headers.append(match[1].strip())
        texts.append("")
    texts[-1] += text[position:]
    if not headers:
        raise ValueError(f"The template {text!r} names no header; a fixed text is `value`.")
    return Template(tuple(texts), tuple(headers))
