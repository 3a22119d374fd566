"""Lanes: rows of one person go one after the other, in file order; all others side by side."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from importer.sending.links import Links


class LaneUser(Protocol):
    """What a lane needs of a row: its place in the file, and where its lane is kept."""

    @property
    def row(self) -> int: ...

    lane: Lane | None


Waiter = TypeVar("Waiter", bound=LaneUser)


class Lane:
    """Rows of one person that are not done yet. ``moved_to`` is set when two lanes turned out to be one person."""

    __slots__ = ("active", "keys", "moved_to", "waiting")

    def __init__(self, keys: list[int]) -> None:
        self.keys = keys
        self.active = 0
        self.waiting: list[LaneUser] = []  # mostly empty: a deque would take half a kilobyte for each row
        self.moved_to: Lane | None = None


class Lanes(Generic[Waiter]):
    """The lanes of one location."""

    __slots__ = ("_by_key", "_links", "_salt")

    def __init__(self, links: Links | None = None, *, salt: str = "") -> None:
        self._by_key: dict[int, Lane] = {}
        self._links = Links() if links is None else links
        self._salt = hash(salt)

    def enter(self, submitted: Waiter, keys: tuple[str, ...]) -> bool:
        """Line up a row; True when nobody is before it and it may go at once."""
        if not keys:
            return True
        salt = self._salt
        lane = self._find([hash(key) ^ salt for key in keys])
        submitted.lane = lane
        if lane.active or lane.waiting:
            lane.waiting.append(submitted)
            return False
        lane.active = 1
        return True

    def leave(self, submitted: Waiter) -> Waiter | None:
        """Say that a row is done; gives the row that may go next."""
        lane = submitted.lane
        if lane is None:
            return None
        submitted.lane = None
        while lane.moved_to is not None:
            lane = lane.moved_to
        lane.active -= 1
        if lane.active:
            return None
        if lane.waiting:
            lane.active = 1
            return lane.waiting.pop(0)  # type: ignore[return-value]  # only submitted rows enter
        self._close(lane)
        return None

    def take_waiting(self) -> list[Waiter]:
        """Take out the rows that wait for others of their person."""
        submitted_rows: list[LaneUser] = []
        for lane in set(self._by_key.values()):
            submitted_rows.extend(lane.waiting)
            lane.waiting.clear()
        return sorted(submitted_rows, key=lambda submitted: submitted.row)  # type: ignore[arg-type]  # only submitted rows enter

    def _find(self, keys: list[int]) -> Lane:
        by_key = self._by_key
        links = self._links
        if not links.strange(keys):
            for key in tuple(keys):
                root = links.root(key)
                if root != key and root not in keys:
                    keys.append(root)
        if by_key.keys().isdisjoint(keys):  # nearly every row: nobody else of this person is under way
            lane = Lane(keys)
            for key in keys:
                by_key[key] = lane
            return lane
        return self._join(keys)

    def _join(self, keys: list[int]) -> Lane:
        """Find the lane of rows that are under way; where two turn out to be one person, they become one."""
        by_key = self._by_key
        lane: Lane | None = None
        for key in keys:
            other = by_key.get(key)
            if other is not None and other is not lane:
                lane = other if lane is None else self._merge(lane, other)
        assert lane is not None  # noqa: S101  (at least one key is of a lane)
        lane.keys.extend(key for key in keys if by_key.get(key) is not lane)
        for key in keys:
            by_key[key] = lane
        return lane

    def _merge(self, lane: Lane, other: Lane) -> Lane:
        lane.active += other.active
        lane.waiting = sorted((*lane.waiting, *other.waiting), key=lambda submitted: submitted.row)
        lane.keys.extend(other.keys)
        for key in other.keys:
            self._by_key[key] = lane
        other.moved_to = lane
        other.waiting.clear()
        return lane

    def _close(self, lane: Lane) -> None:
        for key in lane.keys:
            self._by_key.pop(key, None)
        if len(lane.keys) > 1:
            self._links.join(lane.keys)
