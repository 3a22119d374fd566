"""The table of follow-ups: what can happen to a contact after its upsert, and all that is particular to each kind. Pure.

A new kind is a row of ``FOLLOW_UPS``, its key in the mapping (``importer.mapping.language.model``) and, where the key is
the same for every row of a run, its wish in ``importer.records.FollowUps``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final, TypeAlias

from importer.errors import MappingError
from importer.highlevel.additions import COMPANY, NOTE, OPPORTUNITY, TASK, AdditionKind, listed_as
from importer.highlevel.calls import Call, segment
from importer.highlevel.catalog import Catalog, Listed, Listing
from importer.highlevel.companies import LINK_LIMIT, link_company
from importer.highlevel.opportunities import WRITE_PROBE
from importer.highlevel.wire import encode
from importer.records import Addition, FollowUpFor, FollowUps, Json, Record, Status, TagMode, value_type

Value: TypeAlias = tuple[str, ...]
"""What a follow-up does with its contact: the tags that it adds, the workflow that it adds the contact to."""

_MAKE_AND_LINK: Final = 2
_DRAFT: Final = "draft"
BULK_TAG_LIMIT: Final = 500
"""Contacts in one bulk tag call; the vendor gives no number, public notes say 500."""


def _never_shown(_value: object, _contact: Mapping[str, Any]) -> bool:
    return False


def _not_for_all(_follow_ups: FollowUps, _tags: Value) -> Value:
    return ()


def _no_errors(_body: Mapping[str, Any]) -> dict[str, str]:
    return {}


@value_type(frozen=True, slots=True, kw_only=True, eq=False)
class FollowUp:
    """One kind of follow-up. There is one of each, so they compare by identity."""

    name: str
    """As preview shows it and journals keep it: a journal tells by it what was done, so it never changes."""
    wanted: Callable[[FollowUps, Value], Value]
    """What the run's follow-ups and a row's tags ask of this kind; empty for nothing."""
    call: Callable[[str, Sequence[str], Any], Call]
    """The call that does it: for a location, to contacts, with a value; an addition is one."""
    scope: str
    """The OAuth scope that the call needs."""
    contacts_a_call: int = 1
    selective: bool = False
    """The mapping's ``for`` says whom it is for; else for all."""
    listing: Listing | None = None
    """Where the name that the mapping gives is looked up; None where nothing has to be."""
    repeatable: bool
    """Doing it twice is the same as doing it once. Else a call whose reply was lost is not simply sent again."""
    beside: bool = False
    """Each row says by itself what it wants: its steps hold an addition."""
    addition: AdditionKind | None = None
    """How it is known again, beside its contact: whether a call was done whose reply was lost can be seen there."""
    shown: Callable[[Any, Mapping[str, Any]], bool] = _never_shown
    """Whether a contact, as the upsert's reply shows it, is already as wanted."""
    read_errors: Callable[[Mapping[str, Any]], dict[str, str]] = _no_errors
    """Which contacts the reply of a bulk call refuses, and why."""
    code: str
    """Of a row whose contact is stored while this failed."""
    failed: str
    """Goes on after "The contact was created, but"."""
    unknown: str = ""
    """The same, where the reply of a call that is not repeatable was lost."""
    look: str = ""
    """Where a person can see then whether it was done."""


@value_type(frozen=True, slots=True)
class Step:
    """One follow-up of a row: its kind, and with what.

    ``number`` tells several additions of one kind apart. ``doubtful``: an earlier session may have done it.
    """

    kind: FollowUp
    value: Value | Addition = field(repr=False)
    number: int = 0
    doubtful: bool = False

    @property
    def name(self) -> str:
        """The name by which journals keep it; it never changes."""
        return f"{self.kind.name}_{self.number}" if self.number else self.kind.name


def _tags_for(mode: TagMode) -> Callable[[FollowUps, Value], Value]:
    return lambda follow_ups, tags: tags if follow_ups.tag_mode is mode else ()


def _tags_call(change: str) -> Callable[[str, Sequence[str], Value], Call]:
    def call(location_id: str, contact_ids: Sequence[str], tags: Value) -> Call:
        body: Json = {"contacts": list(contact_ids), "tags": list(tags), "locationId": location_id}
        path = f"/contacts/bulk/tags/update/{change}"
        return Call(method="POST", path=path, body=encode(body), contacts=len(contact_ids))

    return call


def tags_met(tags: Value, contact: Mapping[str, Any]) -> frozenset[str] | None:
    """Tell which of these tags a contact shows; None where it shows no tags at all."""
    present = _tags_of(contact)
    return None if present is None else frozenset(tag.casefold() for tag in tags) & present


def _has_all(tags: Value, contact: Mapping[str, Any]) -> bool:
    present = _tags_of(contact)
    return present is not None and {tag.casefold() for tag in tags} <= present


def _has_none(tags: Value, contact: Mapping[str, Any]) -> bool:
    present = _tags_of(contact)
    return present is not None and present.isdisjoint(tag.casefold() for tag in tags)


def _tags_of(contact: Mapping[str, Any]) -> set[str] | None:
    tags = contact.get("tags")  # the vendor keeps them in lower case
    return {str(tag).casefold() for tag in tags} if isinstance(tags, list) else None


def _tag_errors(body: Mapping[str, Any]) -> dict[str, str]:
    responses = body.get("responses")
    if not isinstance(responses, list):
        return {}
    return {
        str(each.get("contactId")): str(each.get("message") or "no reason given")
        for each in responses
        if isinstance(each, Mapping) and each.get("type") == "error"
    }


def named_contacts(body: Mapping[str, Any]) -> frozenset[str]:
    """Name the contacts that a reply speaks of; none where it names nobody."""
    responses = body.get("responses")
    named = [body.get("contact"), *(responses if isinstance(responses, list) else ())]
    ids = (each.get("contactId") or each.get("id") for each in named if isinstance(each, Mapping))
    return frozenset(each for each in ids if isinstance(each, str))


def _tag_change(mode: TagMode, *, shown: Callable[[Value, Mapping[str, Any]], bool]) -> FollowUp:
    return FollowUp(
        name=f"{mode.value}_tags",
        wanted=_tags_for(mode),
        call=_tags_call(mode.value),
        scope="contacts.write",
        contacts_a_call=BULK_TAG_LIMIT,
        repeatable=True,
        shown=shown,
        read_errors=_tag_errors,
        code="tags_failed",
        failed="its tags were not",
    )


def _enrolment(noun: str, *, path: str, look: str) -> FollowUp:
    """Make the kind that adds a contact to one thing of a listing.

    Not repeatable: a contact that is active in a workflow is not added again, but one that has been through it
    already is, where the workflow allows re-entry; and nothing tells who is in.
    """

    def wanted(follow_ups: FollowUps, _tags: Value) -> Value:
        reference = getattr(follow_ups, noun)
        return () if reference is None else (reference,)

    def call(_location_id: str, contact_ids: Sequence[str], value: Value) -> Call:
        (contact_id,), (thing_id,) = contact_ids, value
        address = f"/contacts/{segment(contact_id)}/{path}/{segment(thing_id)}"
        return Call(method="POST", path=address, body=b"{}", contacts=1)

    return FollowUp(
        name=noun,
        wanted=wanted,
        call=call,
        scope="contacts.write",
        selective=True,
        listing=Listing(noun=noun, name=f"{noun}s", path=f"/{noun}s/", scope=f"{noun}s.readonly"),
        repeatable=False,
        code="workflow_failed",
        failed=f"it was not added to the {noun}",
        unknown=f"whether it was added to the {noun} is not known",
        look=look,
    )


def _adding(kind: AdditionKind, *, code: str, scope: str = "contacts.write") -> FollowUp:
    """Make the kind that adds something beside a contact, by the row's own wish."""

    def call(location_id: str, contact_ids: Sequence[str], addition: Addition) -> Call:
        return kind.add(location_id, contact_ids[0], addition.content)

    return FollowUp(
        name=kind.name,
        wanted=_not_for_all,
        call=call,
        scope=scope,
        repeatable=False,
        beside=True,
        addition=kind,
        code=code,
        failed=f"its {kind.name} was not added",
        unknown=f"whether its {kind.name} was added is not known",
    )


def _follow(location_id: str, contact_ids: Sequence[str], addition: Addition) -> Call:  # noqa: ARG001  (one of the table's calls)
    address = f"/contacts/{segment(contact_ids[0])}/followers"
    return Call(method="POST", path=address, body=encode(dict(addition.content)), contacts=1)


_FOLLOWERS: Final = FollowUp(
    name="followers",
    wanted=_not_for_all,
    call=_follow,
    scope="contacts.write",
    repeatable=True,  # who follows already is not added again
    beside=True,
    code="followers_failed",
    failed="its followers were not added",
)


def _link(location_id: str, contact_ids: Sequence[str], value: Value) -> Call:
    return link_company(location_id, contact_ids, value[0])


LINKING: Final = FollowUp(
    name=COMPANY,
    wanted=_not_for_all,
    call=_link,
    scope="contacts.write",
    contacts_a_call=LINK_LIMIT,
    repeatable=True,
    beside=True,
    code="company_failed",
    failed="it was not linked to its company",
)
"""Its value is the company's name, so that its contacts wait for each other; the call takes the id."""

FOLLOW_UPS: Final = (
    # first, since their rows wait for nobody, and need not be kept with all that they say
    _adding(NOTE, code="note_failed"),
    _adding(TASK, code="task_failed"),
    _adding(OPPORTUNITY, code="opportunity_failed", scope=WRITE_PROBE.scope),
    _FOLLOWERS,
    LINKING,
    _tag_change(TagMode.ADD, shown=_has_all),
    _tag_change(TagMode.REMOVE, shown=_has_none),
    _enrolment(
        "workflow",
        path="workflow",
        look="Look for it in the workflow's enrollment history in HighLevel, and add it by hand if it is missing.",
    ),
    _enrolment(
        "campaign",
        path="campaigns",
        look="Look at the contact's campaigns in HighLevel, and add it by hand if this one is missing.",
    ),
)
"""In the order in which a contact gets them: what is added to a workflow has its tags by then."""

ADD_TAGS, REMOVE_TAGS = (
    next(each for each in FOLLOW_UPS if each.name == f"{mode.value}_tags")
    for mode in (TagMode.ADD, TagMode.REMOVE)
)

WORKFLOWS: Final = next(each.listing for each in FOLLOW_UPS if each.listing and each.name == "workflow")
"""The workflows of a location; any published one may react to what an import does."""

_BULK: Final = tuple(kind for kind in FOLLOW_UPS if kind.contacts_a_call > 1)


def steps_for(
    follow_ups: FollowUps, tags: Value, status: Status | None = None, additions: Sequence[Addition] = ()
) -> tuple[Step, ...]:
    """List what a row has to get after its upsert, in order; without a status what it may have to get."""
    found: list[Step] = []
    for kind in FOLLOW_UPS:
        if kind.beside:
            found += _steps_beside(kind, additions, status) if additions else ()
        elif (value := kind.wanted(follow_ups, tags)) and (
            not kind.selective or status is None or _is_for(follow_ups.applies_to, status)
        ):
            found.append(Step(kind, value))
    return tuple(found)


def _steps_beside(kind: FollowUp, additions: Sequence[Addition], status: Status | None) -> Iterator[Step]:
    wanted = (each for each in additions if each.kind == kind.name)
    for number, addition in enumerate(wanted, 1):
        if status is None or _is_for(addition.applies_to, status):
            shared = (str(addition.content["name"]),) if kind is LINKING else None
            yield Step(kind, shared or addition, number)


def _is_for(applies_to: FollowUpFor, status: Status) -> bool:
    return applies_to is FollowUpFor.ALL or applies_to.value == status.value


def may_open_batches(record: Record, follow_ups: FollowUps) -> int:
    """Tell how many calls are for a row and others that it will wait for, to share them."""
    linked = sum([each.kind == COMPANY for each in record.additions]) if record.additions else 0
    return _MAKE_AND_LINK * linked + any(kind.wanted(follow_ups, record.tags) for kind in _BULK)


def calls_a_row(follow_ups: FollowUps, *, tagged: bool) -> float:
    """Tell how many calls the follow-ups of a row cost, its share of bulk calls included."""
    tags = ("any",) if tagged else ()
    return sum(1 / step.kind.contacts_a_call for step in steps_for(follow_ups, tags))


def follow_up_plan(record: Record, follow_ups: FollowUps) -> dict[str, Json]:
    """Describe what will follow a record's upsert, for people to look at."""
    plan: dict[str, Json] = {}
    for name in dict.fromkeys(each.kind for each in record.additions):
        plan[listed_as(name)] = [
            {**each.content, "for": each.applies_to.value} for each in record.additions if each.kind == name
        ]
    for kind, value in _run_wide(steps_for(follow_ups, record.tags)):
        plan[kind.name] = list(value) if kind.listing is None else value[0]
        if kind.selective:
            plan["for"] = follow_ups.applies_to.value
    return plan


def _run_wide(steps: Iterable[Step]) -> Iterator[tuple[FollowUp, Value]]:
    """Give those steps that are no additions of the row's own, with their values."""
    for step in steps:
        if not isinstance(step.value, Addition):
            yield step.kind, step.value


def follow_up_scopes() -> tuple[str, ...]:
    """List the scopes that follow-ups may need, those of their listings included.

    Not those of what few mappings add beside contacts: an app that was not given them could not be installed.
    """
    listings = [kind.listing.scope for kind in FOLLOW_UPS if kind.listing is not None]
    return tuple(dict.fromkeys((*(kind.scope for kind in FOLLOW_UPS if not kind.beside), *listings)))


def wanted_listings(follow_ups: FollowUps) -> tuple[Listing, ...]:
    """List the listings in which names have to be looked up."""
    return tuple(listing for listing, _ in _looked_up(follow_ups))


def wanted_names(follow_ups: FollowUps) -> dict[str, Value]:
    """Give what must be in each listing, by the listing's name."""
    return {listing.name: value for listing, value in _looked_up(follow_ups)}


def resolve(follow_ups: FollowUps, catalog: Catalog) -> FollowUps:
    """Put ids of this location in the place of names; raises MappingError naming what there is."""
    found: dict[str, Any] = {
        listing.noun: _find(listing, value[0], catalog) for listing, value in _looked_up(follow_ups)
    }
    return replace(follow_ups, **found)


def _looked_up(follow_ups: FollowUps) -> Iterator[tuple[Listing, Value]]:
    for kind, value in _run_wide(steps_for(follow_ups, ())):
        if kind.listing is not None:
            yield kind.listing, value


def _find(listing: Listing, wanted: str, catalog: Catalog) -> str:
    known = catalog.listed.get(listing.name)
    if known is None:
        return wanted  # the list could not be read: take it for an id
    found = [each for each in known if each.id == wanted] or [
        each for each in known if each.name.casefold() == wanted.casefold()
    ]
    if len(found) == 1:
        if found[0].status.casefold() == _DRAFT:
            raise MappingError(
                f"The {listing.noun} {wanted!r} of location {catalog.location_id} is a draft: HighLevel would say yes to every "
                "contact and take none in. Publish it, and run again."
            )
        return found[0].id
    raise _not_found(listing, wanted, known, len(found), catalog.location_id)


def _not_found(
    listing: Listing, wanted: str, known: Sequence[Listed], count: int, location_id: str
) -> MappingError:
    if count:
        return MappingError(
            f"Location {location_id} has {count} {listing.noun}s named {wanted!r}. Name it by its id."
        )
    names = ", ".join(repr(each.name) for each in known[:10]) or "none"
    return MappingError(
        f"Location {location_id} has no {listing.noun} named {wanted!r}.", faults=(f"It has: {names}.",)
    )
