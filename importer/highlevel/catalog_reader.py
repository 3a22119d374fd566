"""Reads what a location knows into a ``Catalog``, and only the parts that a mapping needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from importer.errors import CredentialsError, SettingsError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.catalog import (
    MATCH_BY,
    Catalog,
    CatalogNeeds,
    CustomField,
    Listed,
    Listing,
    Pipeline,
    Probe,
    Stage,
    User,
)
from importer.highlevel.custom_fields import (
    CONTACT,
    OPPORTUNITY,
    READ_SCOPE,
    custom_fields_in,
    list_custom_fields,
)
from importer.highlevel.opportunities import PIPELINES_PATH, PIPELINES_SCOPE
from importer.highlevel.refusals import misdirected_advice, refusal_sentence
from importer.highlevel.reply import Reply, ReplyKind

Ask: TypeAlias = Callable[[Call], Awaitable[Reply]]
"""Sends a call and brings the final reply; refusals of scope or location come back as replies."""

_NO_SUCH_CONTACT: Final = "importerScopeProbe00"
_USERS_A_PAGE: Final = 100
_PAGES: Final = 50


async def read_catalog(ask: Ask, location_id: str, needs: CatalogNeeds) -> Catalog:
    """Meet a location for the first time; raise CredentialsError where token, scope or location is refused."""
    place = await _read_location(ask, location_id)
    for probe in needs.probes:
        await _try(ask, location_id, probe)
    company = _text(place, "companyId")
    settings = place.get("settings")
    return Catalog(
        location_id=location_id,
        name=_text(place, "name") or "",
        company_id=company,
        country=_text(place, "country"),
        timezone=_text(place, "timezone"),
        duplicates_allowed=isinstance(settings, Mapping) and bool(settings.get("allowDuplicateContact")),
        one_deal_a_pipeline=isinstance(settings, Mapping)
        and settings.get("allowDuplicateOpportunity") is False,
        match_by=_match_by(settings),
        custom_fields=await _read_custom_fields(ask, location_id) if needs.custom_fields else (),
        users=await _read_users(ask, location_id, company) if needs.users else None,
        listed={listing.name: await _read_listing(ask, location_id, listing) for listing in needs.listings},
        timezones=await _read_timezones(ask, location_id) if needs.timezones else None,
        pipelines=await _read_pipelines(ask, location_id) if needs.pipelines else (),
        deal_fields=await _read_custom_fields(ask, location_id, OPPORTUNITY) if needs.deal_fields else (),
        tags=await _read_tags(ask, location_id) if needs.tags else None,
    )


def _match_by(settings: Any) -> tuple[str, ...]:
    """Read the order of matching; it is not documented, so what makes no sense is taken for the usual one."""
    named = settings.get("contactUniqueIdentifiers") if isinstance(settings, Mapping) else None
    known = [name for name in named if name in MATCH_BY] if isinstance(named, list) else []
    return tuple(known) or MATCH_BY


async def _read_location(ask: Ask, location_id: str) -> Mapping[str, Any]:
    found = await ask(calls.get_location(location_id))
    match found.kind:
        case ReplyKind.DONE:
            place = found.body.get("location", found.body)
            if isinstance(place, Mapping) and place:
                return place
            raise SettingsError(
                "The reply does not look like HighLevel's: it names no location. Check HIGHLEVEL_BASE_URL."
            )
        case ReplyKind.SCOPE_MISSING:
            # the token may still write contacts: ask for what needs that scope and changes nothing
            await _probe_contacts(ask, location_id)
            return {}
        case ReplyKind.MISDIRECTED | ReplyKind.TROUBLE:
            raise SettingsError(
                f"The address does not answer as HighLevel does ({found.status}: {found.words}). {misdirected_advice(found.status)}"
            )
        case _:
            raise refusal(found, location_id)


async def _try(ask: Ask, location_id: str, probe: Probe) -> None:
    """Raise CredentialsError where a scope is missing; any other reply shows that it is there."""
    body = None if probe.method == "GET" else b"{}"
    found = await ask(Call(method=probe.method, path=probe.path, body=body))
    if found.kind is ReplyKind.SCOPE_MISSING:
        raise refusal(found, location_id, scope=probe.scope)


async def _probe_contacts(ask: Ask, location_id: str) -> None:
    found = await ask(calls.update(_NO_SUCH_CONTACT, {}))
    if found.kind in {
        ReplyKind.SCOPE_MISSING,
        ReplyKind.TOKEN_REFUSED,
        ReplyKind.LOCATION_REFUSED,
        ReplyKind.CONTACT_REFUSED,  # there is no such contact, so it is about the location
        ReplyKind.EDGE_REFUSED,
        ReplyKind.LOCATION_PAUSED,
    }:
        raise refusal(found, location_id)


def refusal(found: Reply, location_id: str, *, scope: str = "contacts.write") -> CredentialsError:
    sentence = refusal_sentence(location_id, found.kind, found.said, status=found.status, scope=scope)
    return CredentialsError(sentence)


async def _read_custom_fields(ask: Ask, location_id: str, model: str = CONTACT) -> tuple[CustomField, ...]:
    found = await ask(list_custom_fields(location_id, model=model))
    if found.kind is not ReplyKind.DONE:
        raise refusal(found, location_id, scope=READ_SCOPE)
    return custom_fields_in(found.body) or ()


async def _read_users(ask: Ask, location_id: str, company_id: str | None) -> tuple[User, ...] | None:
    found = await ask(calls.list_users(location_id))
    if found.kind is ReplyKind.DONE:
        return tuple(_user(item) for item in _items(found.body, "users"))
    if company_id is None:
        return None
    users: list[User] = []
    for page in range(_PAGES):
        found = await ask(
            calls.search_users(company_id, location_id, skip=page * _USERS_A_PAGE, limit=_USERS_A_PAGE)
        )
        if found.kind is not ReplyKind.DONE:
            return None
        batch = _items(found.body, "users")
        users.extend(map(_user, batch))
        if len(batch) < _USERS_A_PAGE:
            break
    return tuple(users)


def _user(item: Mapping[str, Any]) -> User:
    name = _text(item, "name") or f"{_text(item, 'firstName') or ''} {_text(item, 'lastName') or ''}".strip()
    return User(id=str(item.get("id")), name=name, email=_text(item, "email"))


async def _read_listing(ask: Ask, location_id: str, listing: Listing) -> tuple[Listed, ...] | None:
    found = await ask(calls.list_things(listing.path, location_id))
    if found.kind is not ReplyKind.DONE:
        return None
    return tuple(
        Listed(
            id=str(item.get("id")),
            name=_text(item, "name") or "",
            status=_text(item, "status") or "published",
        )
        for item in _items(found.body, listing.name)
    )


async def _read_pipelines(ask: Ask, location_id: str) -> tuple[Pipeline, ...]:
    found = await ask(calls.list_things(PIPELINES_PATH, location_id))
    if found.kind is not ReplyKind.DONE:
        raise refusal(found, location_id, scope=PIPELINES_SCOPE)
    return tuple(
        Pipeline(
            id=str(item.get("id")),
            name=_text(item, "name") or "",
            stages=tuple(
                Stage(id=str(stage.get("id")), name=_text(stage, "name") or "")
                for stage in _items(item, "stages")
            ),
        )
        for item in _items(found.body, "pipelines")
    )


async def _read_timezones(ask: Ask, location_id: str) -> tuple[str, ...] | None:
    found = await ask(calls.list_timezones(location_id))
    names = found.body.get("timeZones", found.body.get("timezones")) if found.kind is ReplyKind.DONE else None
    return tuple(map(str, names)) if isinstance(names, list) else None


async def _read_tags(ask: Ask, location_id: str) -> frozenset[str] | None:
    found = await ask(calls.list_tags(location_id))
    if found.kind is not ReplyKind.DONE:
        return None
    return frozenset((_text(item, "name") or "").casefold() for item in _items(found.body, "tags"))


def _items(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = body.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) and value else None
