"""A job sends by its own token, else by the one that `importer connect` stored for its location."""

from __future__ import annotations

import pytest

from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.jobs.readiness import faults_of
from importer.jobs.tokens import connection_of, job_token
from importer.settings import Secret
from tests.jobs.jobs_house import HOME, MAPPING, House

JOBS = f"""\
version: 1
jobs:
  crm:
    source: in/*.csv
    mapping: mapping.yaml
    location: {HOME}
    schedule: 0 2 * * *
"""
BASE = "https://api.example.test"


@pytest.fixture
def bare(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.delenv("HIGHLEVEL_TOKEN")
    (house.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return house


def told(house: House, text: str = JOBS) -> list[str]:
    house.write_jobs(text)
    return list(faults_of(house.jobs(), base_url=BASE, state=house.state))


def connect(house: House, location_id: str = HOME, base_url: str = BASE) -> None:
    stored = StoredConnection(
        location_id=location_id, name="", base_url=base_url, stored_at=0.0, in_keyring=False
    )
    ConnectionBook(house.state / "grants").store(stored, Secret("pit-stored"))


def test_a_job_whose_location_is_connected_needs_no_other_token(bare: House) -> None:
    assert "importer connect" in told(bare)[0]
    connect(bare)

    assert told(bare) == []
    (named,) = bare.jobs()
    found = job_token(connection_of(named, base_url=BASE, state=bare.state))
    assert found is not None
    assert found.reveal() == "pit-stored"


def test_a_token_of_another_location_or_another_server_is_none_of_its_own(bare: House) -> None:
    connect(bare, "zzzEPM428h8vShlRW1KT")
    connect(bare, base_url="https://elsewhere.example.test")

    assert "There is no token" in told(bare)[0]


def test_a_token_that_the_job_names_goes_ahead_and_is_missed_when_it_is_not_there(
    bare: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(bare)
    named_token = JOBS + "    token_variable: CRM_TOKEN\n"
    assert "CRM_TOKEN" in told(bare, named_token)[0]
    monkeypatch.setenv("CRM_TOKEN", "pit-own")

    assert told(bare, named_token) == []
    (named,) = bare.jobs()
    found = job_token(connection_of(named, base_url=BASE, state=bare.state))
    assert found is not None
    assert found.reveal() == "pit-own"


def test_a_job_with_locations_by_column_is_ready_with_any_of_them_connected(bare: House) -> None:
    by_column = JOBS.replace(f"    location: {HOME}\n", "")
    assert "There is no token" in told(bare, by_column)[0]
    connect(bare)

    assert told(bare, by_column) == []
