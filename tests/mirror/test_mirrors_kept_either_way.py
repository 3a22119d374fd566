"""A location's contacts in a file and in a Postgres: found, renewed and forgotten alike."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import RunConflictError
from importer.highlevel.contacts import HeldContact
from importer.highlevel.notes import HeldNote
from importer.mirror.folder import MirrorFolder
from importer.mirror.store import Mirror, MirrorFacts
from tests.mirror.conftest import TestClock

pytestmark = pytest.mark.versions

PLACE = ("https://one.example", "loc1")
FACTS = MirrorFacts(location_id="loc1", name="Acme", begun_at=1.0, as_of=1.0)
WHOLE = replace(FACTS, whole=True)


def contact(name: str, **more: str) -> HeldContact:
    return HeldContact(id=name, fields={"email": f"{name}@example.com", "city": "Zo\u00eb\x00town", **more})


@pytest.fixture
def mirror_folder(store_folder: Path) -> MirrorFolder:
    return MirrorFolder(store_folder, clock=TestClock())


def begun(folder: MirrorFolder, *names: str, whole: bool = True) -> Path:
    """Read a location with contacts of these names."""
    path = folder.new_path(*PLACE)
    with Mirror.create(path, FACTS) as mirror:
        mirror.add(map(contact, names), FACTS)
        mirror.index()
        mirror.note(WHOLE if whole else FACTS)
    return path


def test_contacts_are_found_by_id_and_key_in_their_order(mirror_folder: MirrorFolder) -> None:
    with Mirror.open(begun(mirror_folder, "ann", "bob", "ann")) as mirror:
        assert [each.id for each in mirror] == ["bob", "ann"]
        assert len(mirror) == 2
        assert mirror.facts == WHOLE
        assert mirror.by_ids(["ann", "nobody"]) == {"ann": contact("ann")}
        found = mirror.find(["email:ann@example.com", "email:nobody@example.com"])
    assert dict(found.holders) == {"email:ann@example.com": ("ann",)}
    assert dict(found.contacts) == {"ann": contact("ann")}


def test_a_contact_that_changed_keeps_its_place_and_a_new_one_goes_to_the_end(
    mirror_folder: MirrorFolder,
) -> None:
    with Mirror.open(begun(mirror_folder, "ann", "bob")) as mirror:
        mirror.renew([contact("cid"), contact("ann", firstName="Ann")], WHOLE)
        assert [each.id for each in mirror] == ["ann", "bob", "cid"]
        assert mirror.by_ids(["ann"])["ann"].fields["firstName"] == "Ann"


def test_what_a_read_by_id_showed_is_kept_until_the_contact_changes(mirror_folder: MirrorFolder) -> None:
    with Mirror.open(begun(mirror_folder, "ann")) as mirror:
        assert mirror.completed([contact("ann")]) == {}
        for _ in range(2):
            mirror.complete([contact("ann")])
        assert list(mirror.completed([contact("ann"), contact("bob")])) == ["ann"]
        assert mirror.completed([replace(contact("ann"), updated="later")]) == {}


def test_notes_are_kept_with_the_contacts_and_go_with_them(mirror_folder: MirrorFolder) -> None:
    note = HeldNote(id="n1", body="Called", title="", added_at=5.5)
    with Mirror.open(begun(mirror_folder, "ann", "bob")) as mirror:
        mirror.notes.begin(10.0)
        for _ in range(2):
            mirror.notes.keep({"ann": [note], "bob": []}, 10.0)
        mirror.notes.finish(10.0)
        assert mirror.notes.find(["ann", "bob", "cid"]) == {"ann": (note,), "bob": ()}
        mirror.forget(["ann"])
        assert mirror.notes.find(["ann"]) == {}
        assert [each.id for each in mirror] == ["bob"]


def test_the_newest_whole_reading_counts_and_the_others_go(mirror_folder: MirrorFolder) -> None:
    assert mirror_folder.newest(*PLACE) is None
    draft = begun(mirror_folder, "ann", whole=False)
    assert (mirror_folder.newest(*PLACE), mirror_folder.all()) == (None, (draft,))
    whole = begun(mirror_folder, "ann", "bob")
    assert mirror_folder.newest(*PLACE) == whole
    mirror_folder.keep_only(whole)
    assert mirror_folder.all() == (whole,)
    mirror_folder.discard(whole)
    assert mirror_folder.all() == ()


def test_a_mirror_that_is_read_is_not_taken_away(mirror_folder: MirrorFolder) -> None:
    path = begun(mirror_folder, "ann")
    with ExitStack() as opened:
        mirror = opened.enter_context(Mirror.open(path))
        mirror_folder.discard(path)
        assert [each.id for each in mirror] == ["ann"]


def test_a_mirror_of_last_week_is_swept_and_one_of_today_is_not(store_folder: Path) -> None:
    clock = TestClock()
    folder = MirrorFolder(store_folder, clock=clock)
    path = begun(folder, "ann")
    with Mirror.open(path) as mirror:
        mirror.note(replace(WHOLE, as_of=clock.now()))
    folder.sweep()
    assert folder.all() == (path,)
    clock.ahead_seconds += 8 * 86_400
    folder.sweep()
    assert folder.all() == ()


def test_one_process_of_all_machines_reads_a_location_at_a_time(store_folder: Path) -> None:
    folder, elsewhere = (MirrorFolder(store_folder, clock=TestClock()) for _ in range(2))
    with (
        folder.reading(*PLACE),
        pytest.raises(RunConflictError, match=rf"being read by .*process {os.getpid()} on"),
        elsewhere.reading(*PLACE),
    ):
        pass
    with elsewhere.reading(*PLACE):
        pass
