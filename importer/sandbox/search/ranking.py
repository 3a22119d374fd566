"""The order of a search, and where its cursor stands in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field
from typing import Any, Final, TypeAlias

from importer.sandbox.contacts import Contact
from importer.sandbox.nouns import noun
from importer.sandbox.replies import Refusal
from importer.sandbox.search.filters import DATES, moment, value_of

_SORTABLE: Final = frozenset(
    {*DATES, "firstNameLowerCase", "lastNameLowerCase", "email", "phone", "companyName", "city", "state"}
    | {"country", "postalCode", "source", "type"}
)
_MOST_SORTS: Final = 2
Key: TypeAlias = tuple[Any, ...]


class _Descending:
    """Turns a value's order round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(other.value == self.value)

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]


@noun
class Order:
    """Fields and directions; contacts that are equal in all of them go by id."""

    fields: tuple[tuple[str, bool], ...] = (("dateAdded", True),)
    """Name and whether it descends. Newest first is a guess at what the vendor does unasked."""

    def cursor(self, contact: Contact) -> list[Any]:
        """Write where a contact stands: its sort values and its id."""
        return [*(value_of(contact, name) for name, _ in self.fields), contact.id]

    def key(self, cursor: list[Any]) -> Key:
        """Turn a cursor into what contacts are sorted by."""
        if len(cursor) != len(self.fields) + 1 or not isinstance(cursor[-1], str):
            raise Refusal(400, "searchAfter does not fit the sort")
        values = zip(self.fields, cursor, strict=False)
        return (*(_rank(name, value, descends=descends) for (name, descends), value in values), cursor[-1])


@noun
class Ranking:
    """Contacts in the order of a search, with their keys beside them."""

    order: Order
    contacts: list[Contact] = field(repr=False)
    keys: list[Key] = field(repr=False)

    def behind(self, cursor: list[Any]) -> int:
        return bisect_right(self.keys, self.order.key(cursor))


def read_order(sort: Any) -> Order:
    """Read ``sort``: up to two of ``{field, direction}``."""
    if not sort:
        return Order()
    if not isinstance(sort, list) or len(sort) > _MOST_SORTS:
        raise Refusal(422, [f"sort must be an array of no more than {_MOST_SORTS} elements"])
    return Order(fields=tuple(_read_sort(each) for each in sort))


def rank(contacts: Iterable[Contact], order: Order) -> Ranking:
    ranked = sorted(
        ((order.key(order.cursor(contact)), contact) for contact in contacts), key=lambda pair: pair[0]
    )
    return Ranking(order=order, keys=[key for key, _ in ranked], contacts=[contact for _, contact in ranked])


def _read_sort(rule: Any) -> tuple[str, bool]:
    if not isinstance(rule, dict) or rule.get("direction") not in ("asc", "desc"):
        raise Refusal(422, ["sort.direction must be one of: asc, desc"])
    if not isinstance(rule.get("field"), str) or rule["field"] not in _SORTABLE:
        raise Refusal(400, f"Invalid field: {rule.get('field')}")
    return rule["field"], rule["direction"] == "desc"


def _rank(name: str, value: Any, *, descends: bool) -> Any:
    """Make a value comparable with any other of its field; contacts without one come last."""
    if name in DATES:
        when = moment(value)
        return -when if descends else when
    ranked = (value is None, "" if value is None else str(value).casefold())
    return (ranked[0], _Descending(ranked[1])) if descends else ranked
