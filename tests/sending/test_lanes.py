from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from importer.sending.lanes import Lane, Lanes
from importer.sending.links import Links


@dataclass(eq=False)
class Walker:
    row: int
    keys: tuple[str, ...] = ()
    lane: Lane | None = field(default=None, repr=False)


def chained(entered: list[Walker], one: Walker, other: Walker) -> bool:
    """Tell whether two rows are one person by the keys of all rows so far, the slow and simple way."""
    known = set(one.keys)
    for _ in entered:
        known |= {key for walker in entered if known & set(walker.keys) for key in walker.keys}
    return bool(known & set(other.keys))


rows = st.lists(
    st.lists(st.sampled_from(["e:a", "e:b", "e:c", "p:1", "p:2"]), max_size=2, unique=True),
    min_size=1,
    max_size=14,
)


@given(rows, st.data())
def test_rows_of_one_person_go_in_file_order_and_never_together(
    keys: list[list[str]], data: st.DataObject
) -> None:
    walkers = [Walker(row, tuple(held)) for row, held in enumerate(keys)]
    lanes: Lanes[Walker] = Lanes()
    under_way: list[Walker] = []
    left: list[int] = []
    entered: list[Walker] = []
    upcoming = list(walkers)
    while upcoming or under_way:
        if upcoming and (not under_way or data.draw(st.booleans())):
            walker = upcoming.pop(0)
            entered.append(walker)
            if lanes.enter(walker, walker.keys):
                assert not any(chained(entered, walker, other) for other in under_way)
                under_way.append(walker)
        else:
            walker = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            left.append(walker.row)
            follower = lanes.leave(walker)
            if follower is not None:
                assert not any(chained(entered, follower, other) for other in under_way)
                under_way.append(follower)
        for one in under_way:
            for other in under_way:
                assert one is other or not set(one.keys) & set(other.keys)
    assert sorted(left) == [walker.row for walker in walkers]
    for one, other in pairwise(walkers):
        if set(one.keys) & set(other.keys):
            assert left.index(one.row) < left.index(other.row)


def test_a_chain_through_the_second_key_is_one_person_even_after_the_link_is_done() -> None:
    lanes: Lanes[Walker] = Lanes()
    link, by_email, by_phone = Walker(1), Walker(2), Walker(3)
    assert lanes.enter(link, ("e:a", "p:1"))
    assert lanes.leave(link) is None
    assert lanes.enter(by_email, ("e:a",))
    assert not lanes.enter(by_phone, ("p:1",))
    assert lanes.leave(by_email) is by_phone


def test_two_lanes_that_turn_out_to_be_one_person_both_end_before_the_next_row_goes() -> None:
    lanes: Lanes[Walker] = Lanes()
    one, two, both = Walker(1), Walker(2), Walker(3)
    assert lanes.enter(one, ("e:a",))
    assert lanes.enter(two, ("p:1",))
    assert not lanes.enter(both, ("e:a", "p:1"))
    assert lanes.leave(one) is None
    assert lanes.leave(two) is both
    assert lanes.leave(both) is None


def test_rows_that_wait_in_two_lanes_of_one_person_go_in_file_order() -> None:
    """Rows 3 and 4 wait in two lanes that row 5 shows to be one person's: row 3 is older, whichever lane it is in."""
    for first, second in ((("e:a",), ("p:1",)), (("p:1",), ("e:a",))):
        lanes: Lanes[Walker] = Lanes()
        one, two, three, four, five = (Walker(row) for row in range(1, 6))
        assert lanes.enter(one, ("e:a",))
        assert lanes.enter(two, ("p:1",))
        assert not lanes.enter(three, first)
        assert not lanes.enter(four, second)
        assert not lanes.enter(five, ("e:a", "p:1"))
        assert lanes.leave(one) is None
        assert lanes.leave(two) is three
        assert lanes.leave(three) is four
        assert lanes.leave(four) is five


def test_rows_without_a_key_are_in_nobodys_way() -> None:
    lanes: Lanes[Walker] = Lanes()
    assert lanes.enter(Walker(1), ())
    assert lanes.enter(Walker(2), ())


def test_the_latest_links_are_remembered_in_bounded_memory() -> None:
    links = Links(limit=10)
    for number in range(40):
        links.join((2 * number, 2 * number + 1))
        assert len(links) <= 10
        for latest in range(max(number - 4, 0), number + 1):
            assert links.root(2 * latest) == links.root(2 * latest + 1)
    assert links.root(0) != links.root(1)


# Few last bits, so that keys stand in each other's places, and both signs, as hashes have.
_LINKED: st.SearchStrategy[int] = st.builds(
    lambda last, first: last | first << 40, st.integers(0, 7), st.integers(-4, 4)
)


@given(st.lists(st.lists(_LINKED, min_size=2, max_size=3), max_size=60))
def test_links_join_whoever_a_plain_walk_over_all_of_them_joins(rows: list[list[int]]) -> None:
    links = Links()
    sets: list[set[int]] = []
    for keys in rows:
        links.join(keys)
        met = [each for each in sets if each & set(keys)]
        sets = [each for each in sets if each not in met]
        sets.append(set(keys).union(*met))
    roots = {key: links.root(key) for each in sets for key in each}
    for each in sets:
        assert len({roots[key] for key in each}) == 1
    assert len(set(roots.values())) == len(sets)


def test_very_many_links_are_all_found_again() -> None:
    links = Links(limit=20_000)
    for number in range(9_999):
        links.join((hash(("e", number)), hash(("p", number))))
    for number in range(9_999):
        assert links.root(hash(("p", number))) == hash(("e", number))
        assert not links.strange([hash(("p", number))])
        assert links.strange([hash(("nobody", number))])


def test_a_link_to_a_person_known_by_two_keys_joins_all_three_and_nobody_else() -> None:
    links = Links()
    links.join((1, 2))
    links.join((11, 12))
    links.join((2, 3))
    links.join((12, 13))
    assert links.root(1) == links.root(2) == links.root(3)
    assert links.root(11) == links.root(12) == links.root(13)
    assert links.root(1) != links.root(11)


def test_locations_share_the_memory_of_links_and_not_the_links() -> None:
    links = Links()
    here, there = (Lanes[Walker](links, salt=name) for name in ("here", "there"))
    link = Walker(1)
    assert here.enter(link, ("e:a", "p:1"))
    assert here.leave(link) is None
    assert len(links) == 1
    assert there.enter(Walker(2), ("e:a",))
    assert there.enter(Walker(3), ("p:1",))
    assert here.enter(Walker(4), ("e:a",))
    assert not here.enter(Walker(5), ("p:1",))


def test_a_person_whose_rows_are_done_is_forgotten() -> None:
    lanes: Lanes[Walker] = Lanes()
    first, second = Walker(1), Walker(2)
    assert lanes.enter(first, ("e:a",))
    lane = first.lane
    assert lanes.leave(first) is None
    assert lanes.leave(first) is None, "a row leaves once"
    assert lanes.enter(second, ("e:a",))
    assert second.lane is not lane


def test_a_row_waits_for_a_person_of_two_lanes_by_a_key_that_only_the_second_lane_had() -> None:
    lanes: Lanes[Walker] = Lanes()
    one, two, both, later = (Walker(row) for row in range(1, 5))
    assert lanes.enter(one, ("e:a",))
    assert lanes.enter(two, ("e:b", "p:1"))
    assert not lanes.enter(both, ("e:a", "p:1"))
    assert not lanes.enter(later, ("e:b",))
    assert [lanes.leave(row) for row in (one, two, both, later)] == [None, both, later, None]


def test_waiting_rows_can_be_taken_back() -> None:
    lanes: Lanes[Walker] = Lanes()
    first, *rest = (Walker(row) for row in range(4))
    lanes.enter(first, ("e:a",))
    for walker in rest:
        assert not lanes.enter(walker, ("e:a",))
    assert lanes.take_waiting() == rest
    assert lanes.leave(first) is None
