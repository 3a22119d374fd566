"""The vendor's paths: who answers, which scope it takes, and where the location is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from importer.sandbox import catalogues, follow_ups, grants, lookups, upserts
from importer.sandbox.beside import businesses, histories, notes, opportunities, uploads
from importer.sandbox.items import Kind
from importer.sandbox.searches import search
from importer.sandbox.vendor import VERSIONS, Endpoint, Place, Route

_BEFORE_V3: Final = VERSIONS - {"v3"}
_ONLY_V3: Final = frozenset({"v3"})
_READ: Final = "contacts.readonly"
_WRITE: Final = "contacts.write"
_DEALS_READ: Final = "opportunities.readonly"
_DEALS_WRITE: Final = "opportunities.write"
_FIELDS_READ: Final = "locations/customFields.readonly"
_FIELDS_WRITE: Final = "locations/customFields.write"


def _route(
    method: str,
    path: str,
    endpoint: Endpoint,
    scope: str | None,
    place: Place,
    versions: frozenset[str] = VERSIONS,
) -> Route:
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        scope=scope,
        place=place,
        versions=versions,
        writes=method != "GET" and not path.endswith("/search"),
    )


def _item(method: str, path: str, endpoint: Endpoint, scope: str, kind: Kind) -> Route:
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        scope=scope,
        place=Place.ITEM,
        kind=kind,
        writes=method != "GET",
    )


def _oauth(
    method: str, path: str, endpoint: Endpoint, *, guarded: bool, versions: frozenset[str] = VERSIONS
) -> Route:
    scope = "oauth.write" if guarded else None
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        scope=scope,
        guarded=guarded,
        metered=False,
        versions=versions,
    )


CONTACTS: Final = (
    _route("POST", "contacts/upsert", upserts.upsert, _WRITE, Place.BODY),
    _route("POST", "contacts", upserts.create, _WRITE, Place.BODY),
    _route("GET", "contacts", lookups.list_contacts, _READ, Place.QUERY, _BEFORE_V3),
    _route("POST", "contacts/search", search, _READ, Place.BODY),
    _route("GET", "contacts/search/duplicate", lookups.search_duplicate, _READ, Place.QUERY),
    _route("GET", "contacts/lookup", lookups.look_up, None, Place.QUERY, _ONLY_V3),
    _route("POST", "contacts/bulk/tags/update/add", follow_ups.bulk_add_tags, None, Place.BODY),
    _route("POST", "contacts/bulk/tags/update/remove", follow_ups.bulk_remove_tags, None, Place.BODY),
    _route("POST", "contacts/bulk/business", follow_ups.link_business, None, Place.BODY),
    _route("GET", "contacts/business/*", businesses.list_contacts, _READ, Place.QUERY),
    _route("GET", "contacts/*", lookups.get, _READ, Place.CONTACT),
    _route("PUT", "contacts/*", upserts.update, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*", lookups.delete, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/tags", follow_ups.add_tags, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/tags", follow_ups.remove_tags, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/followers", follow_ups.add_followers, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/followers", follow_ups.remove_followers, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/workflow/*", follow_ups.enroll, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/workflow/*", follow_ups.withdraw, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/campaigns/removeAll", follow_ups.remove_from_all_campaigns, _WRITE, Place.CONTACT, _BEFORE_V3),
    _route("DELETE", "contacts/*/campaigns/remove-all", follow_ups.remove_from_all_campaigns, _WRITE, Place.CONTACT, _ONLY_V3),
    _route("POST", "contacts/*/campaigns/*", follow_ups.add_to_campaign, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/campaigns/*", follow_ups.remove_from_campaign, _WRITE, Place.CONTACT),
    _route("GET", "contacts/*/appointments", histories.list_appointments, _READ, Place.CONTACT),
    _route("GET", "conversations/search", histories.search_conversations, "conversations.readonly", Place.QUERY),
)  # fmt: skip
BESIDE: Final = (
    _route("POST", "contacts/*/notes", notes.add_note, _WRITE, Place.CONTACT),
    _route("GET", "contacts/*/notes", notes.list_notes, _READ, Place.CONTACT),
    _route("GET", "contacts/*/notes/*", notes.get_note, _READ, Place.CONTACT),
    _route("PUT", "contacts/*/notes/*", notes.change_note, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/notes/*", notes.delete_note, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/tasks", notes.add_task, _WRITE, Place.CONTACT),
    _route("GET", "contacts/*/tasks", notes.list_tasks, _READ, Place.CONTACT),
    _route("GET", "contacts/*/tasks/*", notes.get_task, _READ, Place.CONTACT),
    _route("PUT", "contacts/*/tasks/*", notes.change_task, _WRITE, Place.CONTACT),
    _route("PUT", "contacts/*/tasks/*/completed", notes.complete_task, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/tasks/*", notes.delete_task, _WRITE, Place.CONTACT),
    _route("GET", "opportunities/pipelines", opportunities.list_pipelines, _DEALS_READ, Place.QUERY),
    _route("POST", "opportunities", opportunities.create, _DEALS_WRITE, Place.BODY),
    _route("POST", "opportunities/search", opportunities.search, _DEALS_READ, Place.BODY),
    _route("GET", "opportunities/search", opportunities.search_by_query, _DEALS_READ, Place.QUERY),
    _item("GET", "opportunities/*", opportunities.get, _DEALS_READ, Kind.OPPORTUNITY),
    _item("PUT", "opportunities/*", opportunities.change, _DEALS_WRITE, Kind.OPPORTUNITY),
    _item("PUT", "opportunities/*/status", opportunities.change_status, _DEALS_WRITE, Kind.OPPORTUNITY),
    _item("DELETE", "opportunities/*", opportunities.delete, _DEALS_WRITE, Kind.OPPORTUNITY),
    _route("POST", "businesses", businesses.create, "businesses.write", Place.BODY),
    _route("GET", "businesses", businesses.list_all, "businesses.readonly", Place.QUERY),
    _item("GET", "businesses/*", businesses.get, "businesses.readonly", Kind.BUSINESS),
    _item("PUT", "businesses/*", businesses.change, "businesses.write", Kind.BUSINESS),
    _item("DELETE", "businesses/*", businesses.delete, "businesses.write", Kind.BUSINESS),
)
ACCOUNT: Final = (
    _route("GET", "locations/*", catalogues.get_location, "locations.readonly", Place.PATH),
    _route("GET", "locations/*/customFields", catalogues.list_custom_fields, _FIELDS_READ, Place.PATH),
    _route("POST", "locations/*/customFields", catalogues.create_custom_field, _FIELDS_WRITE, Place.PATH),
    _route("POST", "locations/*/customFields/upload", uploads.upload, _FIELDS_WRITE, Place.PATH),
    _route("GET", "locations/*/customFields/*", catalogues.get_custom_field, _FIELDS_READ, Place.PATH),
    _route("PUT", "locations/*/customFields/*", catalogues.change_custom_field, _FIELDS_WRITE, Place.PATH),
    _route("GET", "locations/*/tags", catalogues.list_tags, "locations/tags.readonly", Place.PATH),
    _route("POST", "locations/*/tags", catalogues.create_tag, "locations/tags.write", Place.PATH),
    _route("GET", "locations/*/timezones", catalogues.list_timezones, "locations.readonly", Place.PATH),
    _route("GET", "users", catalogues.list_users, "users.readonly", Place.QUERY, _BEFORE_V3),
    _route("GET", "users/search", catalogues.search_users, "users.readonly", Place.QUERY),
    _route("GET", "workflows", catalogues.list_workflows, "workflows.readonly", Place.QUERY),
    _route("GET", "campaigns", catalogues.list_campaigns, "campaigns.readonly", Place.QUERY),
    _oauth("GET", "oauth/chooselocation", grants.choose_location, guarded=False),
    _oauth("GET", "v2/oauth/chooselocation", grants.choose_location_today, guarded=False),
    _oauth("POST", "oauth/token", grants.exchange, guarded=False),
    _oauth("POST", "oauth/locationToken", grants.location_token, guarded=True),
    _oauth("POST", "oauth/location-token", grants.location_token, guarded=True, versions=_ONLY_V3),
    _oauth("GET", "oauth/installedLocations", grants.installed_locations, guarded=True),
)
ROUTES: Final = (*CONTACTS, *BESIDE, *ACCOUNT)


class Atlas:
    """Finds the route of a request: whole paths at a look, the others by their segments."""

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        self._whole: dict[tuple[str, str], Route] = {}
        self._patterns: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            if "*" in route.path:
                segments = tuple(route.path.split("/"))
                self._patterns.setdefault((route.method, len(segments)), []).append((segments, route))
            else:
                self._whole[route.method, route.path] = route

    def find(self, method: str, path: str, version: str | None) -> tuple[Route, tuple[str, ...]] | None:
        """Find the route and the values of its stars; ``None`` where the vendor has nothing for this version."""
        trimmed = path.strip("/")
        found = self._whole.get((method, trimmed))
        if found:
            return (found, ()) if _offered(found, version) else None
        segments = tuple(trimmed.split("/"))
        for pattern, route in self._patterns.get((method, len(segments)), ()):
            if _fits(pattern, segments) and _offered(route, version):
                return route, tuple(held for star, held in zip(pattern, segments, strict=True) if star == "*")
        return None


def _offered(route: Route, version: str | None) -> bool:
    return version not in VERSIONS or version in route.versions


def _fits(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return all(wanted in ("*", held) for wanted, held in zip(pattern, segments, strict=True))
