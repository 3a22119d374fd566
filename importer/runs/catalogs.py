"""What locations that a look asked told of themselves; of those that could not be asked why, and what stays unchecked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.connections import token_of
from importer.highlevel.grants import GrantBook
from importer.highlevel.quota import LocationQuota
from importer.mapping import Mapping as FieldMapping
from importer.records import FollowUps, Outcome, Record, value_type
from importer.settings import SANDBOX_LOCATION, RunSettings
from importer.state.secrets import secrets_in

NO_LOCATION: Final = "No location is named"
NO_TOKEN: Final = "No token is at hand"  # noqa: S105  (a sentence)
_DISTINCT_TAGS: Final = 1_000
"""A column of free text that is taken for tags must not fill the memory."""


@value_type(frozen=True, slots=True, kw_only=True)
class AskedLocations:
    """What locations told of themselves; ``silent``: why the others did not."""

    catalogs: Mapping[str, Catalog] = field(default_factory=dict)
    quotas: Mapping[str, LocationQuota] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)


def why_unasked(location_ids: Iterable[str], settings: RunSettings) -> dict[str, str]:
    """Tell of the locations that cannot be asked why: there is no token for them."""
    if settings.connection.sandbox:
        return {}
    reasons = {location_id: _why_not(location_id, settings) for location_id in location_ids}
    return {location_id: why for location_id, why in reasons.items() if why is not None}


def _why_not(location_id: str, settings: RunSettings) -> str | None:
    connection = settings.connection
    if location_id == SANDBOX_LOCATION:
        return NO_LOCATION
    stored = connection.grants or secrets_in(settings.state)
    if token_of(replace(connection, grants=stored), location_id):
        return None
    granted = GrantBook(stored).find(location_id)
    return NO_TOKEN if granted is None else None


class NewTags:
    """Counts the rows of tags that their location does not have yet: a run makes them, a misspelled one as well."""

    def __init__(self, asked: AskedLocations) -> None:
        self.rows: Counter[str] = Counter()
        self._known = {key: each.tags for key, each in asked.catalogs.items() if each.tags is not None}

    def see(self, mapped: Sequence[Record | Outcome]) -> None:
        if not self._known:
            return
        for item in mapped:
            if isinstance(item, Record) and item.tags and item.location_id in self._known:
                self._count(item.tags, self._known[item.location_id])

    def _count(self, tags: Sequence[str], known: frozenset[str]) -> None:
        for tag in tags:
            if tag.casefold() not in known and (tag in self.rows or len(self.rows) < _DISTINCT_TAGS):
                self.rows[tag] += 1


def unchecked_notes(asked: AskedLocations, mapping: FieldMapping) -> Iterator[str]:
    """Say what a run will find out that this look could not, and why."""
    parts = ", ".join(_unchecked_parts(mapping.needs, mapping.follow_ups))
    locations: dict[str, list[str]] = {}
    for location_id, why in asked.silent.items():
        locations.setdefault(why.rstrip("."), []).append(location_id)
    for why, location_ids in locations.items():
        if why in (NO_TOKEN, NO_LOCATION):
            if parts:
                yield f"{why}, so what only a location knows was not checked: {parts}. A run asks for it before its first row."
            continue
        first = (
            location_ids[0]
            if len(location_ids) == 1
            else f"{location_ids[0]} and {len(location_ids) - 1:,} more"
        )
        left = f" Not checked, therefore: {parts}." if parts else ""
        yield f"Location {first} could not be asked: {why}.{left}"


def _unchecked_parts(needs: CatalogNeeds, follow_ups: FollowUps) -> Iterator[str]:
    if names := needs.custom_field_names:
        shown = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        yield f"whether it has the custom field{'s' if len(names) > 1 else ''} {shown}, and takes the values"
    if needs.users:
        yield "the owners"
    if needs.timezones:
        yield "the time zones"
    if needs.pipelines:
        yield "the pipeline and its stages"
    for listing in needs.listings:
        yield f"the {listing.noun} {getattr(follow_ups, listing.noun)!r}"
