"""mapping set changes keys of a mapping that a person wrote, and nothing around them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.mapping.ready import ready_mapping

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

WRITTEN = """\
# For the office list
version: 1
location: loc1  # the test account
fields:
  email: E-mail  # theirs
  phone: {column: Phone}
  source: {value: "fair"}
tags: [Groups]
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("fields.email.column=Mail", "email: E-mail", "email: Mail"),
        ("fields.email.on_invalid=drop", "email: E-mail", "email: {column: E-mail, on_invalid: drop}"),
        ("fields.email.columns=[E-mail, Mail 2]", "email: E-mail", "email: {columns: [E-mail, Mail 2]}"),
        ("fields.phone.columns=[Phone, Mobile]", "{column: Phone}", "{columns: [Phone, Mobile]}"),
        ("fields.phone.template={Area}{Phone}", "{column: Phone}", '{template: "{Area}{Phone}"}'),
        ("fields.source.value=a=b", '"fair"', '"a=b"'),
        ("location.fixed=loc2", "loc1  #", "loc2  #"),
        ("tags.always=[spring]", "tags: [Groups]", "tags: {columns: [Groups], always: [spring]}"),
        ("tags.columns=[Tags]", "tags: [Groups]", "tags: [Tags]"),
        ("defaults.region=GB", "[Groups]\n", "[Groups]\ndefaults: {region: GB}\n"),
        (
            'custom_fields."No. 1=2".column=Nr',
            "[Groups]\n",
            '[Groups]\ncustom_fields: {"No. 1=2": {column: Nr}}\n',
        ),
    ],
)
def test_a_key_is_set_and_the_rest_stays_as_it_was_written(
    desk: Desk, change: str, old: str, new: str
) -> None:
    desk.write("m.yaml", WRITTEN)

    ended = desk.importer("mapping", "set", "m.yaml", change)

    assert (ended.code, ended.err) == (0, "Wrote m.yaml.\n")
    assert (desk.folder / "m.yaml").read_text() == WRITTEN.replace(old, new)


def test_several_keys_are_set_and_taken_out_at_once(desk: Desk) -> None:
    desk.write("m.yaml", WRITTEN)

    ended = desk.importer(
        "mapping", "set", "m.yaml", "mode=create_only", "defaults.region=GB", "--unset", "tags",
        "--unset", "fields.phone", "-o", "-",
    )  # fmt: skip

    assert ended.code == 0
    lines = ("  phone: {column: Phone}\n", "tags: [Groups]\n")
    assert ended.out == (
        WRITTEN.replace(lines[0], "").replace(lines[1], "mode: create_only\ndefaults: {region: GB}\n")
    )
    assert (desk.folder / "m.yaml").read_text() == WRITTEN


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("fields.emial.column=Mail", "did you mean"),
        ("fields.email.region=Atlantis", "no country code"),
        ("fields.email", "sets nothing"),
        ("fields..email=x", "names no place"),
        ("fields.email=[A", "no value"),
        ("tags.always.x=1", "names no place|is a|not"),
    ],
)
def test_what_would_leave_no_sound_mapping_is_refused_and_nothing_written(
    desk: Desk, change: str, said: str
) -> None:
    desk.write("m.yaml", WRITTEN)

    ended = desk.importer("mapping", "set", "m.yaml", change)

    assert ended.code == 2
    assert any(word in ended.err.lower() for word in said.split("|"))
    assert (desk.folder / "m.yaml").read_text() == WRITTEN


def test_a_ready_mapping_is_copied_before_it_is_changed(desk: Desk) -> None:
    refused = desk.importer("mapping", "set", "hubspot", "defaults.region=GB")
    assert refused.code == 2
    assert "importer mappings hubspot -o hubspot.yaml" in refused.err

    desk.importer("mappings", "hubspot", "-o", "hubspot.yaml")
    assert desk.importer("mapping", "set", "hubspot.yaml", "fields.email.column=Mail").code == 0

    lines = (desk.folder / "hubspot.yaml").read_text().splitlines()
    ready = ready_mapping("hubspot").text().splitlines()
    assert len(lines) == len(ready)
    assert [now for old, now in zip(ready, lines, strict=True) if old != now] != []
    assert sum(old != now for old, now in zip(ready, lines, strict=True)) == 1


def test_a_linked_file_keeps_its_link_and_its_mode(desk: Desk) -> None:
    desk.write("m.yaml", WRITTEN)
    (desk.folder / "m.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("m.yaml")

    assert desk.importer("mapping", "set", "link.yaml", "mode=update_only").code == 0

    assert Path("link.yaml").is_symlink()
    assert "mode: update_only" in Path("m.yaml").read_text()
    assert stat.S_IMODE(Path("m.yaml").stat().st_mode) == 0o640


def test_saying_what_stands_there_writes_nothing(desk: Desk) -> None:
    desk.write("m.yaml", WRITTEN)
    before = Path("m.yaml").stat().st_mtime_ns

    ended = desk.importer("mapping", "set", "m.yaml", "fields.email.column=E-mail")

    assert (ended.code, ended.err) == (0, "m.yaml says that already; nothing was changed.\n")
    assert Path("m.yaml").stat().st_mtime_ns == before
