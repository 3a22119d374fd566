"""The vendor's paths: who answers, which scope it takes, and where the location is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from importer.sandbox import catalogues, follow_ups, grants, lookups, upserts
from importer.sandbox.vendor import VERSIONS, Endpoint, Place, Route

_BEFORE_V3: Final = VERSIONS - {"v3"}
_ONLY_V3: Final = frozenset({"v3"})
_READ: Final = "contacts.readonly"
_WRITE: Final = "contacts.write"


def _route(
    method: str,
    path: str,
    endpoint: Endpoint,
    scope: str | None,
    place: Place,
    versions: frozenset[str] = VERSIONS,
) -> Route:
    return Route(method=method, path=path, endpoint=endpoint, scope=scope, place=place, versions=versions)


def _oauth(method: str, path: str, endpoint: Endpoint, *, guarded: bool) -> Route:
    scope = "oauth.write" if guarded else None
    return Route(method=method, path=path, endpoint=endpoint, scope=scope, guarded=guarded, metered=False)


ROUTES: Final = (
    _route("POST", "contacts/upsert", upserts.upsert, _WRITE, Place.BODY),
    _route("POST", "contacts", upserts.create, _WRITE, Place.BODY),
    _route("GET", "contacts", lookups.list_contacts, _READ, Place.QUERY, _BEFORE_V3),
    _route("POST", "contacts/search", lookups.search, _READ, Place.BODY),
    _route("GET", "contacts/search/duplicate", lookups.search_duplicate, _READ, Place.QUERY),
    _route("POST", "contacts/bulk/tags/update/add", follow_ups.bulk_add_tags, None, Place.BODY),
    _route("POST", "contacts/bulk/tags/update/remove", follow_ups.bulk_remove_tags, None, Place.BODY),
    _route("GET", "contacts/*", lookups.get, _READ, Place.CONTACT),
    _route("PUT", "contacts/*", upserts.update, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*", lookups.delete, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/tags", follow_ups.add_tags, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/tags", follow_ups.remove_tags, _WRITE, Place.CONTACT),
    _route("POST", "contacts/*/workflow/*", follow_ups.enroll, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/workflow/*", follow_ups.withdraw, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/campaigns/removeAll", follow_ups.remove_from_all_campaigns, _WRITE, Place.CONTACT, _BEFORE_V3),
    _route("DELETE", "contacts/*/campaigns/remove-all", follow_ups.remove_from_all_campaigns, _WRITE, Place.CONTACT, _ONLY_V3),
    _route("POST", "contacts/*/campaigns/*", follow_ups.add_to_campaign, _WRITE, Place.CONTACT),
    _route("DELETE", "contacts/*/campaigns/*", follow_ups.remove_from_campaign, _WRITE, Place.CONTACT),
    _route("GET", "locations/*", catalogues.get_location, "locations.readonly", Place.PATH),
    _route("GET", "locations/*/customFields", catalogues.list_custom_fields, "locations/customFields.readonly", Place.PATH),
    _route("POST", "locations/*/customFields", catalogues.create_custom_field, "locations/customFields.write", Place.PATH),
    _route("GET", "locations/*/tags", catalogues.list_tags, "locations/tags.readonly", Place.PATH),
    _route("POST", "locations/*/tags", catalogues.create_tag, "locations/tags.write", Place.PATH),
    _route("GET", "locations/*/timezones", catalogues.list_timezones, "locations.readonly", Place.PATH),
    _route("GET", "users", catalogues.list_users, "users.readonly", Place.QUERY, _BEFORE_V3),
    _route("GET", "users/search", catalogues.search_users, "users.readonly", Place.QUERY),
    _route("GET", "workflows", catalogues.list_workflows, "workflows.readonly", Place.QUERY),
    _route("GET", "campaigns", catalogues.list_campaigns, "campaigns.readonly", Place.QUERY),
    _oauth("GET", "oauth/chooselocation", grants.choose_location, guarded=False),
    _oauth("POST", "oauth/token", grants.exchange, guarded=False),
    _oauth("POST", "oauth/locationToken", grants.location_token, guarded=True),
    _oauth("POST", "oauth/location-token", grants.location_token, guarded=True),
    _oauth("GET", "oauth/installedLocations", grants.installed_locations, guarded=True),
)  # fmt: skip


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
