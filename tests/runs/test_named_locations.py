"""Which location a run goes to, by what names it."""

from __future__ import annotations

import pytest

from importer.errors import SettingsError
from importer.mapping import parse_mapping
from importer.runs.intake import choose_location
from importer.settings import Connection

MAPPING = parse_mapping("version: 1\nfields: {email: Email}\n")


@pytest.mark.parametrize("said", ["../x", "Acme Inc.", "loc1?x=1", "loc1/contacts"])
def test_what_can_be_no_locations_id_is_refused_before_anything_is_asked(said: str) -> None:
    with pytest.raises(SettingsError, match="is no location's id"):
        choose_location(Connection(location_id=said), MAPPING)


@pytest.mark.parametrize(
    "said", ["ve9EPM428h8vShlRW1KT", "https://app.gohighlevel.com/v2/location/ve9EPM428h8vShlRW1KT/contacts"]
)
def test_an_id_may_be_given_as_the_address_that_it_stands_in(said: str) -> None:
    assert choose_location(Connection(location_id=said), MAPPING) == "ve9EPM428h8vShlRW1KT"
