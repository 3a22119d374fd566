"""What a suggestion proposes, and the mapping that it makes; its YAML and its JSON are views of this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final

from importer.records import value_type
from importer.settings import ReadingOptions
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.guesses import Guess, Left
from importer.suggestion.regions import RegionGuess

if TYPE_CHECKING:
    from importer.yaml.document import Plain, YamlPath

_LOCATION: Final = "${HIGHLEVEL_LOCATION_ID}"


@value_type(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Guessed rules, the defaults they need, and the columns that are left."""

    source_name: str
    """The file's name."""
    rows: int
    """How many of its rows were looked at."""
    fields: tuple[Guess, ...]
    """A guess for each field of the contact."""
    tags: Guess | None
    """The columns that are tags."""
    custom_fields: tuple[Guess, ...]
    """A guess for each custom field of the location that a column is called as."""
    left: tuple[Left, ...]
    """The columns that no rule uses, each with what it could be."""
    region: RegionGuess | None = None
    """The country of phone numbers that do not name theirs."""
    date_order: RegionGuess | None = None
    """Day or month first."""
    detected: tuple[str, ...] = ()
    """What the reader found out about the file."""
    doubts: tuple[Doubt, ...] = ()
    """Of the file as a whole."""
    options: ReadingOptions = field(default_factory=ReadingOptions)
    """What the user had to say about the file, which an import has to be told too."""

    @property
    def defaults(self) -> Mapping[YamlPath, RegionGuess]:
        """What was guessed of the file as a whole, by its place in the mapping."""
        found = {("defaults", "region"): self.region, ("defaults", "date_order"): self.date_order}
        return {path: finding for path, finding in found.items() if finding is not None}

    def chosen(self) -> dict[str, str]:
        """Give the field that each mapped header goes to; custom fields as ``custom:<name>``."""
        tags = (self.tags,) if self.tags else ()
        found = {header: one.field for one in (*self.fields, *tags) for header in one.headers}
        return found | {header: f"custom:{one.field}" for one in self.custom_fields for header in one.headers}

    @property
    def consents_left(self) -> tuple[str, ...]:
        """The headers of columns that look like consent, and that no rule uses."""
        consents = {DoubtCode.CONSENT_UNCLEAR, DoubtCode.CONSENT_BESIDE}
        return tuple(one.column.header for one in self.left if one.doubt and one.doubt.code in consents)

    @property
    def concerns(self) -> tuple[str, ...]:
        """What has to be decided before the mapping is used, in sentences."""
        columns = (
            one.doubt.about(one.column.header)
            for one in self.left
            if one.doubt is not None and one.doubt.loud
        )
        tags = (self.tags,) if self.tags else ()
        rules = (doubt for one in (*self.fields, *tags) for doubt in one.doubts)
        return (
            *(doubt.alone for doubt in self.doubts if doubt.loud),
            *_order_guessed(self.date_order),
            *(doubt.alone for doubt in rules if doubt.loud),
            *columns,
        )


def _order_guessed(order: RegionGuess | None) -> Iterator[str]:
    """Say that birthdays may have day and month exchanged, which no check of the values would show."""
    if order is not None and order.guessed:
        yield f"date_order: {order.value} is a guess ({order.reason.removesuffix(': please check')}). Compare a few dates with what you know."


def proposed(proposal: Proposal) -> dict[str, Plain]:
    """Give the whole mapping, every scalar a text as in a mapping file; its sections in the order of a file."""
    rules: dict[str, dict[str, Plain]] = {"fields": {}, "custom_fields": {}}
    for path, guess in guessed_rules(proposal).items():
        if len(path) == 2:
            rules[str(path[0])][guess.field] = guess.rule()
    sections: dict[str, Plain] = {
        "source": _source(proposal),
        "defaults": {str(path[1]): finding.value for path, finding in proposal.defaults.items()},
        "fields": rules["fields"],
        "tags": proposal.tags.rule() if proposal.tags else "",
        "custom_fields": rules["custom_fields"],
    }
    filled = {name: said for name, said in sections.items() if said or name == "fields"}
    return {"version": "1", "location": _LOCATION, **filled}


def guessed_rules(proposal: Proposal) -> Mapping[YamlPath, Guess]:
    """Give each guess by the place of its rule in the mapping, in the order of the file."""
    found: dict[YamlPath, Guess] = {("fields", one.field): one for one in proposal.fields}
    if proposal.tags:
        found["tags",] = proposal.tags
    return found | {("custom_fields", one.field): one for one in proposal.custom_fields}


def reasons(proposal: Proposal) -> Mapping[YamlPath, str]:
    """Say of every entry that was guessed why, and what is doubtful about it."""
    defaults = {path: finding.reason for path, finding in proposal.defaults.items()}
    return {**defaults, **{path: _why(guess) for path, guess in guessed_rules(proposal).items()}}


def _why(guess: Guess) -> str:
    return "; ".join((guess.reason, *(doubt.sentence for doubt in guess.doubts)))


def _source(proposal: Proposal) -> dict[str, Plain]:
    options = proposal.options
    said = {
        "sheet": options.sheet,
        "header_row": str(options.header_row or ""),
        "encoding": options.encoding,
        "delimiter": options.delimiter,
    }
    return {key: value for key, value in said.items() if value}
