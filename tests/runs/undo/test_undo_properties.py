"""Whatever a location holds and a file says: a run and its undo leave the location as it was, but for what people did."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import importer
from importer.records import UndoStatus
from importer.results.undo import UndoSummary
from importer.runs.undo.taking import UndoOptions, undo
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.settings import Connection, ReadingOptions, Secret

MAPPING = """\
version: 1
fields: {firstName: First, email: Mail, city: City, address1: Web}
custom_fields: {Shirt Size: Size}
tags: {columns: [Tags], split: ";", mode: MODE}
"""
LOCATIONS = count()
PEOPLE = [f"{name}@example.com" for name in ("ann", "bea", "cid", "dan")]
TEXTS = st.sampled_from(["", "Rome", "Paris", "ulm"])
TAGS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)
ROW = st.fixed_dictionaries(
    {
        "Mail": st.sampled_from(PEOPLE),
        "First": TEXTS,
        "City": TEXTS,
        "Web": TEXTS,
        "Size": TEXTS,
        "Tags": TAGS,
    }
)
HELD = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.fixed_dictionaries({"city": TEXTS, "address1": TEXTS, "tags": TAGS, "size": TEXTS}),
)
EDITS = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["Oslo", "Bern"]), max_size=2)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as sandbox:
        yield sandbox


class Place:
    """One location, with files and a state folder of its own."""

    def __init__(self, vendor: Sandbox, folder: Path, held: dict[str, dict[str, Any]]) -> None:
        self.vendor = vendor
        self.folder = folder
        self.location = f"loc{next(LOCATIONS)}"
        self.connection = Connection(
            base_url=vendor.base_url, token=Secret("pit-x"), location_id=self.location
        )
        for email, values in held.items():
            fields = {name: values[name] for name in ("city", "address1") if values[name]}
            contact_id = vendor.add_contact(
                self.location, email=email, firstName="Old", name="Old", tags=values["tags"], **fields
            )
            if values["size"]:
                vendor.edit(contact_id, customFields={"Shirt Size": values["size"]})

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Give what is stored by e-mail, but for what each write moves."""
        return {
            each["email"]: {
                "id": each["id"],
                "properties": deepcopy(each["properties"]),
                "tags": set(each["tags"]),
                "custom": {one["id"]: one["value"] for one in each["customFields"]},
            }
            for each in self.vendor.contacts(self.location)
        }

    def run(self, rows: list[dict[str, Any]], *, mode: str, how: str) -> str:
        source, mapping = self.folder / "people.csv", self.folder / "mapping.yaml"
        mapping.write_text(MAPPING.replace("MODE", mode))
        with source.open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows({**row, "Tags": ";".join(row["Tags"])} for row in rows)
        summary = importer.run(
            source,
            mapping,
            token="pit-x",
            location_id=self.location,
            base_url=self.vendor.base_url,
            state=self.folder / "state",
            output=self.folder / "out",
            before_images=how == "before_images",
            compare=how == "compare",
        )
        assert summary.failed == 0
        return summary.run_id

    def undo(self, run_id: str) -> UndoSummary:
        return asyncio.run(
            undo(
                run_id,
                state_path=self.folder / "state",
                connection=self.connection,
                reading=ReadingOptions(),
                options=UndoOptions(),
            )
        )

    def edit(self, edits: dict[str, str]) -> None:
        for each in self.vendor.contacts(self.location):
            if each["email"] in edits:
                self.vendor.edit(each["id"], fields={"city": edits[each["email"]]})


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # each example is two runs: shrinking one takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    held=HELD,
    rows=st.lists(ROW, min_size=1, max_size=5),
    edits=EDITS,
    mode=st.sampled_from(["add", "remove", "replace"]),
    how=st.sampled_from(["before_images", "compare"]),
)
def test_a_run_and_its_undo_leave_a_location_as_it_was_but_for_what_people_did(
    vendor: Sandbox,
    held: dict[str, dict[str, Any]],
    rows: list[dict[str, Any]],
    edits: dict[str, str],
    mode: str,
    how: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(vendor, Path(folder), held)
        before = place.contacts()
        run_id = place.run(rows, mode=mode, how=how)
        ran = place.contacts()
        place.edit(edits)
        edited = {
            email for email in edits if email in ran and ran[email]["properties"].get("city") != edits[email]
        }
        summary = place.undo(run_id)
        assert summary.stopped is None
        assert not summary.counts.get(UndoStatus.FAILED, 0), summary.reasons
        after = place.contacts()
        assert after.keys() == before.keys() | (edited & (ran.keys() - before.keys()))
        for email, contact in before.items():
            expected = deepcopy(contact)
            if email in edited:
                expected["properties"]["city"] = edits[email]
            assert after[email] == expected
        for email in after.keys() - before.keys():
            assert after[email]["properties"]["city"] == edits[email]
