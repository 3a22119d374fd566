"""What can be added beside a contact, and how it is known again: nothing of it has an upsert. Pure.

Asked twice, the vendor makes two. So whoever cannot be sure that a call was not done reads the contact's own list
first, and takes what says the same for what it wanted to add.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from importer.highlevel import companies
from importer.highlevel.calls import Call, segment
from importer.highlevel.catalog import Probe
from importer.highlevel.opportunities import (
    INDEX_SECONDS,
    WRITE_PROBE,
    create_opportunity,
    delete_opportunity,
    get_opportunity,
    list_all_opportunities,
    list_opportunities,
)
from importer.highlevel.reply import read_moment
from importer.highlevel.wire import encode
from importer.records import Addition, FollowUpFor, Json, value_type
from importer.runtime.regex import regex

_MAKE_AND_LINK: Final = 2
_DUE: Final = "dueDate"
_NO_SUCH_CONTACT: Final = "importerScopeProbe00"
_TAG: Final = regex(r"<[^<>]*>")


@value_type(frozen=True, slots=True, kw_only=True, eq=False)
class AdditionKind:
    """What is particular to one kind of addition."""

    name: str
    add: Callable[[str, str, Mapping[str, Json]], Call]
    """The call that adds it: in a location, beside a contact, with its content."""
    look: Callable[[str, str], Call]
    """The call that lists what of this kind a contact has."""
    show: Callable[[str, str], Call]
    """The call that shows one: beside a contact, by its id."""
    remove: Callable[[str, str, str], Call]
    """The call that takes one away: in a location, from beside a contact, by its id."""
    listed: str
    """What the reply calls that list."""
    known_by: tuple[str, ...]
    """The parts of its content by which two are the same; others may differ."""
    worked_on: tuple[str, ...] = ()
    """The other parts, by which it shows that somebody has worked on it since."""
    dated: bool = False
    """The list tells when each was added."""
    late_seconds: float = 0.0
    """So much later than it was added it may first be in the list."""
    of_location: Callable[[str], Call] | None = None
    """The call that lists what a whole location has, where there is one."""
    probe: Probe
    """What tells before the first row that the list may not be read."""


@value_type(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """What a contact has that says the same as an addition; ``stamp``: when it was added, where the vendor tells."""

    id: str
    stamp: object = None


def _beside(path: str) -> Callable[[str, str, Mapping[str, Json]], Call]:
    def add(_location_id: str, contact_id: str, content: Mapping[str, Json]) -> Call:
        address = f"/contacts/{segment(contact_id)}/{path}"
        return Call(method="POST", path=address, body=encode(dict(content)), contacts=1)

    return add


def _list_beside(path: str) -> Callable[[str, str], Call]:
    return lambda _location_id, contact_id: Call(
        method="GET", path=f"/contacts/{segment(contact_id)}/{path}", contacts=1
    )


def _show_beside(path: str) -> Callable[[str, str], Call]:
    return lambda contact_id, item_id: Call(
        method="GET", path=f"/contacts/{segment(contact_id)}/{path}/{segment(item_id)}", contacts=1
    )


def _remove_beside(path: str) -> Callable[[str, str, str], Call]:
    return lambda _location_id, contact_id, item_id: Call(
        method="DELETE", path=f"/contacts/{segment(contact_id)}/{path}/{segment(item_id)}", contacts=1
    )


def _probe(path: str) -> Probe:
    return Probe(scope="contacts.readonly", path=f"/contacts/{_NO_SUCH_CONTACT}/{path}")


NOTE: Final = AdditionKind(
    name="note",
    add=_beside("notes"),
    look=_list_beside("notes"),
    show=_show_beside("notes"),
    remove=_remove_beside("notes"),
    listed="notes",
    known_by=("title", "body"),
    dated=True,
    probe=_probe("notes"),
)
TASK: Final = AdditionKind(
    name="task",
    add=_beside("tasks"),
    look=_list_beside("tasks"),
    show=_show_beside("tasks"),
    remove=_remove_beside("tasks"),
    listed="tasks",
    known_by=("title", "body", _DUE),
    worked_on=("completed", "assignedTo"),
    probe=_probe("tasks"),
)
OPPORTUNITY: Final = AdditionKind(
    name="opportunity",
    add=create_opportunity,
    look=list_opportunities,
    show=get_opportunity,
    remove=delete_opportunity,
    listed="opportunities",
    known_by=("name", "pipelineId"),
    worked_on=("pipelineStageId", "status", "monetaryValue", "assignedTo"),
    dated=True,
    late_seconds=INDEX_SECONDS,
    of_location=list_all_opportunities,
    probe=WRITE_PROBE,
)
KINDS: Final = {kind.name: kind for kind in (NOTE, TASK, OPPORTUNITY)}
COMPANY: Final = "company"
"""Not of these kinds: it is the location's, made once, and linked."""
_LISTED: Final = {**{kind.name: kind.listed for kind in KINDS.values()}, COMPANY: "companies"}
_PROBES: Final = {**{kind.name: (kind.probe,) for kind in KINDS.values()}, COMPANY: companies.PROBES}


def listed_as(kind: str) -> str:
    """Give the name by which several of a kind go in results and previews."""
    return _LISTED.get(kind, kind)


def probes_for(kinds: Iterable[str]) -> tuple[Probe, ...]:
    """List the calls that show whether the token may do what these kinds need."""
    return tuple(dict.fromkeys(probe for kind in kinds for probe in _PROBES.get(kind, ())))


def known_by(addition: Addition) -> Iterator[str]:
    """Give its kind, and by what it is known again."""
    kind = KINDS.get(addition.kind)
    names = kind.known_by if kind is not None else sorted(addition.content)
    yield addition.kind
    for part in names:
        yield _said(part, addition.content.get(part))


def digest(addition: Addition) -> str:
    """Sum up what an addition says; two that are the same have the same."""
    parts = [*known_by(addition)]
    if addition.number > 1:
        parts.append(str(addition.number))
    return blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def digests_of_others(addition: Addition, among: int) -> frozenset[str]:
    """Sum up what others may say that are known by the same, where so many are there."""
    numbers = range(1, addition.number + among + 1)
    return frozenset(digest(replace(addition, number=each)) for each in numbers if each != addition.number)


def find_same(addition: Addition, body: Mapping[str, Any]) -> Iterator[Counterpart]:
    """Find, in a list that the vendor shows, what says the same as an addition."""
    kind = KINDS[addition.kind]
    shown = body.get(kind.listed)
    for each in shown if isinstance(shown, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("id"), str) and _is_same(addition, each):
            yield Counterpart(id=each["id"], stamp=each.get("dateAdded", each.get("createdAt")))


def edited_parts(addition: Addition, shown: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what one that was added as ``addition`` says otherwise by now; of what the row left out nothing is known."""
    kind = KINDS[addition.kind]
    stated = (part for part in (*kind.known_by, *kind.worked_on) if addition.content.get(part) is not None)
    return tuple(
        part for part in stated if _plain(part, addition.content[part]) != _plain(part, shown.get(part))
    )


def shown_one(kind: AdditionKind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the one that a reply shows; empty where it shows none."""
    shown = body.get(kind.name)
    return shown if isinstance(shown, Mapping) and shown.get("id") else {}


def _plain(part: str, value: object) -> object:
    """Write a part so that what the vendor stored is written as what was sent."""
    if isinstance(value, bool | None):
        return bool(value)
    return float(value) if isinstance(value, int | float | Decimal) else _said(part, value)


def calls_beside(additions: Iterable[Addition]) -> int:
    """Tell how many calls the additions of a row cost at most: one for each, and one to see whether it is there.

    A contact that was just created has nothing yet.
    """
    return sum(_MAKE_AND_LINK if each.kind == COMPANY else 1 + _may_look(each) for each in additions)


def _may_look(addition: Addition) -> bool:
    kind = KINDS.get(addition.kind)
    if kind is None or addition.applies_to is FollowUpFor.CREATED:
        return False
    return addition.once or not kind.dated


def has_none_but(own: Container[str], kind: AdditionKind, body: Mapping[str, Any]) -> bool:
    """Tell whether a location surely has none of a kind beside our own: by its whole list, as it counts it."""
    shown, meta = body.get(kind.listed), body.get("meta")
    if not isinstance(shown, list) or not isinstance(meta, Mapping) or meta.get("total") != len(shown):
        return False
    return all(isinstance(each, Mapping) and each.get("id") in own for each in shown)


def made_id(addition: Addition, body: Mapping[str, Any]) -> str | None:
    """Give the id of what was just added, as the reply tells it."""
    made = body.get(addition.kind)
    made_id = made.get("id") if isinstance(made, Mapping) else None
    return made_id if isinstance(made_id, str) and made_id else None


def _is_same(addition: Addition, shown: Mapping[str, Any]) -> bool:
    """Compare by what was said; of a part that the row leaves out, the vendor may have made something up."""
    parts = (part for part in KINDS[addition.kind].known_by if addition.content.get(part))
    return all(_said(part, addition.content[part]) == _said(part, shown.get(part)) for part in parts)


def _said(part: str, value: object) -> str:
    """Bring a text to what it says: the vendor's editor may have wrapped it in markup, and spaced it otherwise."""
    if part == _DUE and (moment := read_moment(value)) is not None:
        return str(int(moment))
    import html  # two thousand names of signs, for what is added beside a contact alone

    return "" if value is None else " ".join(html.unescape(_TAG.sub(" ", str(value))).split())
