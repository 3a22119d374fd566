"""A suggestion as the YAML of a mapping, each guess with its reason beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from importer.mapping.language.rule import Rule
from importer.suggestion.evidence import Column
from importer.suggestion.field_types import FieldValues
from importer.suggestion.guesses import Left
from importer.suggestion.proposal import Proposal, proposed, reasons
from importer.yaml.kinds import read_section
from importer.yaml.writing import inline, quoted

if TYPE_CHECKING:
    from importer.yaml.document import Plain, YamlPath

EDITOR_LINE: Final = "# yaml-language-server: $schema=mapping.schema.json"
_REASONS_AT: Final = 48
_SPREAD: Final = frozenset({"source", "defaults", "fields", "custom_fields"})
"""Sections with a line for each entry."""
_AS_THEY_STAND: Final[frozenset[YamlPath]] = frozenset(
    {("version",), ("location",), ("source", "header_row")}
)
"""Numbers to an editor that knows the schema, and a variable; quotes would make texts of them."""


def rendered(proposal: Proposal) -> str:
    """Write the mapping; it is complete and can be run as it is, once it has been read."""
    return "\n".join((*_head(proposal), *_body(proposal), *_foot(proposal), ""))


def _head(proposal: Proposal) -> Iterator[str]:
    yield EDITOR_LINE
    yield f"# Suggested from {_one_line(proposal.source_name)}, by its headers and {proposal.rows} of its rows."
    yield "# Every line is a guess with its reason: read them, then try `importer check`."
    for noted in proposal.detected:
        yield f"# {_one_line(noted)}"
    for doubt in proposal.doubts:
        yield f"# {_one_line(doubt.sentence)}"


def _body(proposal: Proposal) -> Iterator[str]:
    why = reasons(proposal)
    for name, section in proposed(proposal).items():
        if name in _SPREAD and isinstance(section, dict) and section:
            yield f"{name}:"
            for key, value in section.items():
                yield _with_reason("  " + _entry((name, key), value), why.get((name, key)))
        else:
            yield _with_reason(_entry((name,), section), why.get((name,)))


def _entry(path: YamlPath, value: Plain) -> str:
    written = value if path in _AS_THEY_STAND else inline(value)
    return f"{quoted(str(path[-1]))}: {written}"


def _foot(proposal: Proposal) -> Iterator[str]:
    reachable = {guess.field for guess in proposal.fields} & {"email", "phone", "id"}
    if not reachable:
        yield "# No column shows e-mail addresses or phone numbers: HighLevel refuses contacts without."
    loud = [left for left in proposal.left if left.doubt is not None and left.doubt.loud]
    refusing = [left for left in loud if left.doubt is not None and left.doubt.about_refusals]
    yield from _section(
        "Who may not be written to? These columns may say it, and nothing here uses them:", refusing
    )
    yield from _section(
        "Look at these columns; nothing here uses them:", [left for left in loud if left not in refusing]
    )
    quiet = [left for left in proposal.left if left not in loud]
    yield from _section("Not mapped:", quiet)
    yield from _creatable([left.column for left in quiet if may_be_kept(left)], proposal)


def _creatable(columns: Sequence[Column], proposal: Proposal) -> Iterator[str]:
    """Offer custom fields for columns that nothing else takes, as lines that need no more than their sign taken off."""
    if not columns:
        return
    yield ""
    yield "# Worth keeping? Uncomment them; `importer fields create` makes those that the location lacks, of the type that all values tell:"
    if not proposal.custom_fields:
        yield "# custom_fields:"
    for column in columns:
        line = f"  {_entry(('custom_fields', column.header), column.header)}"
        yield f"# {_with_reason(line, _type_of(column))}"


def _type_of(column: Column) -> str:
    values = FieldValues(column.header, read_section(Rule, {"column": column.header}))
    for value in column.values:
        values.see(value)
    found = values.type()
    return f"{found.data_type}, by the sample: {found.reason}"


def may_be_kept(left: Left) -> bool:
    """Tell a column that could be a custom field of its own: it has values, and nothing about it is doubtful."""
    column = left.column
    return not left.offer and left.doubt is None and bool(column.header.strip()) and bool(column.filled)


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


def _with_reason(line: str, reason: str | None) -> str:
    return line if reason is None else f"{line.ljust(_REASONS_AT)}  # {_one_line(reason)}"


def _one_line(text: str) -> str:
    # A file's name may hold what a terminal obeys.
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
