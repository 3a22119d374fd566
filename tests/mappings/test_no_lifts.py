"""Neither a ready mapping nor a suggested one lets anybody be written to who said no in HighLevel meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.highlevel.lifts import switches_off
from importer.mapping import parse_mapping
from importer.mapping.ready import ReadyMapping, ready_mappings
from importer.reading import open_source
from importer.records import Outcome, Record, RowObject
from importer.suggestion.suggesting import suggest
from tests.mapping.conftest import lay_over
from tests.suggestion.scoring import FOLDERS

WORDS = (
    "yes", "no", "No", "NO", "true", "false", "FALSE", "0", "1", "n", "y", "nein", "ja", "non", "oui", "não", "off", "on",
    "inactive", "active", "subscribed", "unsubscribed", "opted in", "opted out", "none", "", "-",
)  # fmt: skip
EXPORTS = sorted(path for folder in FOLDERS.values() for path in folder.glob("*.csv"))


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


def writes_contacts(ready: ReadyMapping) -> bool:
    """Leave out mappings whose rows become something else: nothing of a contact is written by them."""
    return parse_mapping(ready.text()).row_object is RowObject.CONTACT


def lifting(text: str) -> list[Record]:
    made = list(outcomes(text))
    assert not made or any(isinstance(each, Record) for each in made)
    return [each for each in made if isinstance(each, Record) and switches_off(each.fields)]


@pytest.mark.parametrize(
    "mapping", [*filter(writes_contacts, ready_mappings())], ids=lambda mapping: mapping.name
)
def test_no_ready_mapping_lifts_a_block(mapping: ReadyMapping) -> None:
    assert lifting(mapping.text()) == []


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_suggestion_lifts_a_block(export: Path) -> None:
    text = suggest(open_source(export)).to_yaml()
    if "email" in parse_mapping(text).model.fields:
        assert lifting(text) == []


def test_the_look_at_consents_sees_one_that_lifts() -> None:
    """The suggestions and mappings above have something to be looked at, and a plain rule would be found."""
    assert sum(bool(consent_headers(each.text())) for each in ready_mappings()) >= 3
    assert lifting("version: 1\nfields: {email: Mail, dnd: Out}\n")
