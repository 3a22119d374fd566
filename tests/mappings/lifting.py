"""What a mapping does with each word that people write below a question of consent."""

from __future__ import annotations

from collections.abc import Iterator

from importer.highlevel.lifts import switches_off
from importer.mapping import parse_mapping
from importer.records import Outcome, Record
from tests.mapping.conftest import lay_over

WORDS = (
    "yes", "no", "No", "NO", "true", "false", "FALSE", "0", "1", "n", "y", "nein", "ja", "non", "oui", "não", "off", "on",
    "inactive", "active", "subscribed", "unsubscribed", "opted in", "opted out", "none", "", "-",
)  # fmt: skip


def consent_headers(text: str) -> list[str]:
    rules = parse_mapping(text).model.fields.items()
    return list(
        dict.fromkeys(header for name, rule in rules if "dnd" in name.lower() for header in rule.headers)
    )


def outcomes(text: str) -> Iterator[Record | Outcome]:
    """Map a row for each word in each column about consent, all others blank, beside an e-mail of its own."""
    model = parse_mapping(text).model
    headers = list(dict.fromkeys(header for _, rule in model.rules for header in rule.headers))
    headers += [test.column for test in (*model.rows.only_if, *model.rows.skip_if)]
    headers += model.tags.columns if model.tags else ()
    headers = list(dict.fromkeys(headers))
    by = model.custom_fields[model.match.by.custom_field].headers[:1] if model.match.by else ()
    known_by = (model.fields["email"].headers[0], *by)
    for asked in consent_headers(text):
        rows = [
            [
                f"p{number}@example.com" if header in known_by else word if header == asked else ""
                for header in headers
            ]
            for number, word in enumerate(WORDS)
        ]
        yield from lay_over(text.replace("version: 1", "", 1), [headers, *rows])


def lifting(text: str) -> list[Record]:
    """Give the rows by which a block would be lifted that somebody set in HighLevel."""
    made = list(outcomes(text))
    assert not made or any(isinstance(each, Record) for each in made)
    return [each for each in made if isinstance(each, Record) and switches_off(each.fields)]
