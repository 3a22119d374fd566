"""No ready mapping lets anybody be written to who said no in HighLevel meanwhile; tests/suggestion says so of suggestions."""

from __future__ import annotations

import pytest

from importer.mapping import parse_mapping
from importer.mapping.ready import ReadyMapping, ready_mappings
from importer.records import RowObject
from tests.mappings.lifting import consent_headers, lifting


def writes_contacts(ready: ReadyMapping) -> bool:
    """Leave out mappings whose rows become something else: nothing of a contact is written by them."""
    return parse_mapping(ready.text()).row_object is RowObject.CONTACT


@pytest.mark.parametrize(
    "mapping", [*filter(writes_contacts, ready_mappings())], ids=lambda mapping: mapping.name
)
def test_no_ready_mapping_lifts_a_block(mapping: ReadyMapping) -> None:
    assert lifting(mapping.text()) == []


def test_the_look_at_consents_sees_one_that_lifts() -> None:
    """The suggestions and mappings above have something to be looked at, and a plain rule would be found."""
    assert sum(bool(consent_headers(each.text())) for each in ready_mappings()) >= 3
    assert lifting("version: 1\nfields: {email: Mail, dnd: Out}\n")
