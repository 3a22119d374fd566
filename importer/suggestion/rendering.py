"""A suggestion as the YAML of a mapping, each guess with its reason beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from importer.settings import ReadingOptions
from importer.suggestion.guesses import Guess, Left
from importer.suggestion.regions import RegionGuess
from importer.yaml.writing import inline, quoted

if TYPE_CHECKING:
    from importer.suggestion.suggesting import Suggestion

EDITOR_LINE: Final = "# yaml-language-server: $schema=mapping.schema.json"
_REASONS_AT: Final = 48


def rendered(suggestion: Suggestion) -> str:
    """Write the mapping; it is complete and can be run as it is, once it has been read."""
    return "\n".join((*_head(suggestion), *_body(suggestion), *_foot(suggestion), ""))


def _head(suggestion: Suggestion) -> Iterator[str]:
    yield EDITOR_LINE
    yield f"# Suggested from {_one_line(suggestion.source_name)}, by its headers and {suggestion.rows} of its rows."
    yield "# Every line is a guess with its reason: read them, then try `importer check`."
    for noted in suggestion.detected:
        yield f"# {_one_line(noted)}"
    for doubt in suggestion.doubts:
        yield f"# {_one_line(doubt.sentence)}"


def _body(suggestion: Suggestion) -> Iterator[str]:
    yield "version: 1"
    yield "location: ${HIGHLEVEL_LOCATION_ID}"
    yield from _source(suggestion.options)
    yield from _defaults(suggestion.region, suggestion.date_order)
    yield "fields:" if suggestion.fields else "fields: {}"
    for guess in suggestion.fields:
        yield _with_reason(f"  {guess.field}: {_rule(guess)}", _why(guess))
    if suggestion.tags:
        yield _with_reason(f"tags: {_tags(suggestion.tags)}", suggestion.tags.reason)
    if suggestion.custom_fields:
        yield "custom_fields:"
        for guess in suggestion.custom_fields:
            yield _with_reason(f"  {quoted(guess.field)}: {_rule(guess)}", _why(guess))


def _why(guess: Guess) -> str:
    return "; ".join((guess.reason, *(doubt.sentence for doubt in guess.doubts)))


def _source(options: ReadingOptions) -> Iterator[str]:
    said = {
        "sheet": options.sheet,
        "header_row": options.header_row,
        "encoding": options.encoding,
        "delimiter": options.delimiter,
    }
    if any(said.values()):
        yield "source:"
    for key, value in said.items():
        if value:
            yield f"  {key}: {value if isinstance(value, int) else quoted(value)}"


def _defaults(region: RegionGuess | None, date_order: RegionGuess | None) -> Iterator[str]:
    if region or date_order:
        yield "defaults:"
    for key, finding in (("region", region), ("date_order", date_order)):
        if finding:
            yield _with_reason(f"  {key}: {finding.value}", finding.reason)


def _foot(suggestion: Suggestion) -> Iterator[str]:
    reachable = {guess.field for guess in suggestion.fields} & {"email", "phone", "id"}
    if not reachable:
        yield "# No column shows e-mail addresses or phone numbers: HighLevel refuses contacts without."
    loud = [left for left in suggestion.left if left.doubt is not None and left.doubt.loud]
    yield from _section(
        "Who may not be written to? These columns may say it, and nothing here uses them:", loud
    )
    yield from _section("Not mapped:", [left for left in suggestion.left if left not in loud])


def _section(title: str, lefts: Sequence[Left]) -> Iterator[str]:
    if lefts:
        yield ""
        yield f"# {title}"
    for left in lefts:
        yield from _left(left)


def _left(left: Left) -> Iterator[str]:
    name = quoted(left.column.header) if left.column.header.strip() else f"column {left.column.place + 1}"
    if left.offer:
        yield f"#   {left.offer}: {name}  # {left.note}"
    else:
        yield f"#   {name}: {left.note}"


def _rule(guess: Guess) -> str:
    parts = [_origin(guess), *_details(guess)]
    if guess.template is None and len(parts) == 1:
        return quoted(guess.headers[0]) if len(guess.headers) == 1 else _listed(guess.headers)
    return "{" + ", ".join(parts) + "}"


def _origin(guess: Guess) -> str:
    if guess.template is not None:
        return f"template: {quoted(guess.template)}"
    if len(guess.headers) == 1:
        return f"column: {quoted(guess.headers[0])}"
    return f"columns: {_listed(guess.headers)}"


def _details(guess: Guess) -> Iterator[str]:
    if guess.transforms:
        yield f"transforms: [{', '.join(guess.transforms)}]"
    if guess.date_order:
        yield f"date_order: {guess.date_order}"
    if guess.map:
        yield f"map: {_mapped(guess.map)}" + (", unmapped: keep" if guess.keep_unmapped else "")
    if guess.split:
        yield f"split: {json.dumps(guess.split, ensure_ascii=False)}"
    if guess.drop_invalid:
        yield "on_invalid: drop"


def _tags(guess: Guess) -> str:
    split = json.dumps(guess.split, ensure_ascii=False)
    renamed = f", map: {_mapped(guess.map)}" if guess.map else ""
    return f"{{columns: {_listed(guess.headers)}, split: {split}{renamed}}}"


def _listed(texts: Iterable[str]) -> str:
    return inline(list(texts))


def _mapped(pairs: Mapping[str, str]) -> str:
    return inline(dict(pairs))


def _with_reason(line: str, reason: str) -> str:
    return f"{line.ljust(_REASONS_AT)}  # {_one_line(reason)}"


def _one_line(text: str) -> str:
    # A file's name may hold what a terminal obeys.
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
