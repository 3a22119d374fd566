"""Every contact of a location, once, whatever happens meanwhile; and nothing half-read is believed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from importer.errors import CredentialsError, MirrorError, RunConflictError, SettingsError
from importer.highlevel.contacts import HeldContact
from importer.mirror.folder import MirrorFolder
from importer.mirror.reading import ReadHow
from importer.mirror.store import Mirror
from importer.sandbox import Account
from tests.mirror.conftest import PLACE, Location, PaperFrom, ids, open_location, page


async def test_all_contacts_are_read_once_in_the_order_of_their_making(location: Location) -> None:
    made = location.seed(1_234)
    reading = await location.read()
    assert ids(reading) == made
    assert (reading.how, reading.contacts) == (ReadHow.WHOLE, 1_234)
    assert reading.requests == 4  # three pages, and an empty one


async def test_a_smaller_page_is_learnt_from_the_refusal_and_remembered(tmp_path: Path) -> None:
    async with open_location(tmp_path, search_page_limit=100) as location:
        made = location.seed(250)
        assert ids(await location.read()) == made
        assert location.searches == 1 + 3 + 1


async def test_a_contact_is_found_by_its_keys_whatever_their_case_and_form(location: Location) -> None:
    contact = location.sandbox.add_contact(
        PLACE, email="Ann@Example.com", phone="+1 415 555 0100", additional_emails=["ann@work.example"]
    )
    with Mirror.open((await location.read()).path) as mirror:
        found = mirror.find(
            ["email:ann@example.com", "phone:+14155550100", "email:ann@work.example", "email:nobody"]
        )
    assert found.contacts.keys() == {contact}
    assert found.holders == dict.fromkeys(
        ("email:ann@example.com", "phone:+14155550100", "other email:ann@work.example"), (contact,)
    )


async def test_a_young_mirror_is_kept_and_costs_no_search(location: Location) -> None:
    location.seed(3)
    await location.read()
    before = location.searches
    reading = await location.read(max_age_seconds=3600)
    assert (reading.how, reading.requests, location.searches) == (ReadHow.KEPT, 0, before)


async def test_an_older_mirror_reads_only_what_changed(location: Location) -> None:
    made = location.seed(600)
    location.clock.ahead_seconds += 3_600
    await location.read()
    location.clock.ahead_seconds += 3_600
    location.sandbox.edit(made[5], fields={"city": "Springfield", "email": "new@example.com"})
    location.clock.ahead_seconds += 60
    reading = await location.read()
    assert (reading.how, reading.requests) == (ReadHow.CHANGES, 3)
    with Mirror.open(reading.path) as mirror:
        assert mirror.by_ids([made[5]])[made[5]].fields["city"] == "Springfield"
        assert mirror.find(["email:new@example.com", "email:p5@example.com"]).holders == {
            "email:new@example.com": (made[5],)
        }
        assert len(mirror) == 600


async def test_after_a_deletion_the_location_is_read_whole(location: Location) -> None:
    made = location.seed(5)
    await location.read()
    location.clock.ahead_seconds += 3_600
    location.sandbox.edit(made[0], delete=True)
    location.clock.ahead_seconds += 60
    reading = await location.read()
    assert reading.how is ReadHow.WHOLE
    assert ids(reading) == made[1:]
    assert len(list(reading.path.parent.glob("*.db"))) == 1


async def test_nobody_is_lost_or_read_twice_while_the_location_changes(tmp_path: Path) -> None:
    async with open_location(tmp_path, search_page_limit=100, search_lag_seconds=0) as location:
        made = location.seed(350)

        def change(asked: int) -> None:
            location.clock.ahead_seconds += 1
            if asked == 3:
                location.sandbox.edit(made[10], delete=True)
                location.sandbox.edit(made[20], fields={"city": "Springfield"})
                location.sandbox.edit(made[340], fields={"city": "Springfield"})
                location.seed(1)

        reading = await location.read_while(change)
        read = ids(reading)
        assert len(set(read)) == len(read)
        assert len(read) == 351  # the one that was deleted had been read, and one more came
        assert set(made) <= set(read)


async def test_who_may_not_read_contacts_is_told_the_scope(tmp_path: Path) -> None:
    account = Account(token="pit-little", scopes=frozenset({"locations.readonly"}))
    async with open_location(tmp_path, accounts=(account,)) as location:
        with pytest.raises(CredentialsError, match=r"contacts\.readonly"):
            await location.read(token="pit-little")


async def test_only_its_owner_can_read_the_mirror(location: Location) -> None:
    location.seed(1)
    reading = await location.read()
    assert stat.S_IMODE(reading.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(reading.path.parent.stat().st_mode) == 0o700


async def test_a_mirror_is_forgotten_a_week_after_it_was_last_read(location: Location) -> None:
    location.seed(1)
    reading = await location.read()
    folder = MirrorFolder(location.state, clock=location.clock)
    location.clock.ahead_seconds += 6 * 86_400
    folder.sweep()
    assert reading.path.exists()
    location.clock.ahead_seconds += 2 * 86_400
    folder.sweep()
    assert not reading.path.exists()


async def test_a_damaged_mirror_is_read_again(location: Location) -> None:
    made = location.seed(3)
    path = (await location.read()).path
    path.write_bytes(b"no database" * 1_000)
    assert ids(await location.read(max_age_seconds=3600)) == made


async def test_one_process_reads_a_location_at_a_time(location: Location) -> None:
    folder = MirrorFolder(location.state, clock=location.clock)
    with (
        folder.reading(location.sandbox.base_url, PLACE),
        pytest.raises(RunConflictError, match="being read"),
    ):
        await location.read()


async def test_the_embedded_sandbox_has_nothing_to_read(tmp_path: Path) -> None:
    from importer.runs.context import RunContext
    from importer.runs.planning.mirroring import open_looking
    from importer.settings import Connection

    with pytest.raises(SettingsError, match="begins empty"):
        async with open_looking(Connection(sandbox=True), tmp_path, RunContext()):
            pass


async def test_a_reading_that_was_cut_off_goes_on_where_it_was(paper: PaperFrom) -> None:
    first = paper(page("a", "b", total=3))
    with pytest.raises(RuntimeError):
        await first.read()
    second = paper(page("c", total=3), page(total=3))
    reading = await second.read()
    assert ids(reading) == ["a", "b", "c"]
    assert second.asked[0]["searchAfter"] == [1, "b"]


async def test_a_cursor_that_leads_nowhere_after_a_cut_ends_no_reading(paper: PaperFrom) -> None:
    """A search may forget where a reading stood; half of a location must not be taken for all of it."""
    with pytest.raises(RuntimeError):
        await paper(page("a", "b", total=3)).read()
    second = paper(page(total=3))
    with pytest.raises(MirrorError, match="counts 3 contacts, and 2 came"):
        await second.read()
    assert second.folder.draft("http://127.0.0.1", PLACE) is None


async def test_a_cursor_that_leads_nowhere_is_not_believed_without_a_count(paper: PaperFrom) -> None:
    with pytest.raises(RuntimeError):
        await paper(page("a", "b")).read()
    with pytest.raises(MirrorError, match="does not go on"):
        await paper(page()).read()


async def test_a_reading_that_was_cut_off_after_its_last_page_is_whole(paper: PaperFrom) -> None:
    with pytest.raises(RuntimeError):
        await paper(page("a", "b", total=2)).read()
    assert ids(await paper(page(total=2)).read()) == ["a", "b"]


async def test_a_short_page_is_not_the_end(paper: PaperFrom) -> None:
    reading = await paper(page("a"), page("b"), page("c"), page()).read()
    assert ids(reading) == ["a", "b", "c"]


async def test_a_contact_that_comes_twice_is_held_once(paper: PaperFrom) -> None:
    reading = await paper(page("a", "b"), page("b2", "a", "c"), page()).read()
    assert sorted(ids(reading)) == ["a", "b", "b2", "c"]


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([{"total": 3}], "no list of contacts"),
        ([{"contacts": "none"}], "no list of contacts"),
        ([{"contacts": [{"email": "a@example.com"}]}], "without an id"),
        ([{"contacts": ["a"]}], "without an id"),
        ([page(total=7)], "counts 7 contacts, and its search shows none"),
        ([page("a", "b"), page("a", "b")], "same page again"),
        ([{"contacts": [{"id": "a"}]}], "where the next page begins"),
        ([page("a", total=3), page(total=3)], "counts 3 contacts, and 1 came"),
        ([(422, {"message": ["bad"]}), (422, {"message": ["bad"]})], "refuses to search"),
    ],
)
async def test_what_is_not_to_be_believed_is_told_and_not_used(
    paper: PaperFrom, replies: list[dict[str, object]], why: str
) -> None:
    location = paper(*replies)
    with pytest.raises(MirrorError, match=why):
        await location.read()
    assert location.folder.newest("http://127.0.0.1", PLACE) is None
    assert location.folder.draft("http://127.0.0.1", PLACE) is None


async def test_a_cursor_that_goes_round_is_not_followed_for_ever(paper: PaperFrom) -> None:
    with pytest.raises(MirrorError, match="same page again"):
        await paper(page("a"), page("b"), page("a"), page("b")).read()


async def test_a_location_that_does_not_count_is_read_to_the_end_of_its_list(paper: PaperFrom) -> None:
    told: list[str] = []
    location = paper(page("a", "b"), page())
    reading = await location.read(told.append)
    assert ids(reading) == ["a", "b"]
    assert "does not say how many" in told[0]


def test_a_contact_that_is_read_again_keeps_its_place(tmp_path: Path) -> None:
    """A source that is a location would else be another one after each look, and a stopped run be begun anew."""
    people = [HeldContact(id=each, fields={"email": f"{each}@example.com"}) for each in "abc"]
    with Mirror.scratch(tmp_path / "mirror.db") as mirror:
        mirror.renew(people, mirror.facts)
        mirror.renew(
            [HeldContact(id="a", fields={"email": "z@example.com"}), HeldContact(id="d", fields={})],
            mirror.facts,
        )
        assert [each.id for each in mirror] == ["a", "b", "c", "d"]
        assert list(mirror.find(["email:z@example.com", "email:a@example.com"]).holders) == [
            "email:z@example.com"
        ]
        mirror.renew([HeldContact(id="a", fields={})], mirror.facts, to_the_end=True)
        assert [each.id for each in mirror] == ["b", "c", "d", "a"]
