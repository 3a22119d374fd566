"""What a location knows: its custom fields, users, time zones, things of its listings, and how it matches contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from importer.records import value_type

MATCH_BY: Final = ("email", "phone")
"""What locations find contacts by unless they say otherwise."""


@value_type(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A contact field of the location; ``data_type`` in the vendor's spelling (``MONETORY`` included)."""

    id: str
    name: str
    key: str
    """With its prefix: ``contact.shirt_size``."""
    data_type: str
    options: tuple[str, ...] = ()
    most_files: int = 1
    accepts: tuple[str, ...] = ()
    """Suffixes of the files that it takes, with their dot; none: it does not say."""


@value_type(frozen=True, slots=True, kw_only=True)
class User:
    id: str
    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of things that a location has by name and id, one call away: its workflows, its campaigns."""

    noun: str
    """What one of them is called."""
    name: str
    """What the vendor's reply calls them."""
    path: str
    scope: str
    """The OAuth scope that reading it needs."""


@value_type(frozen=True, slots=True, kw_only=True)
class Probe:
    """A call that needs a scope and changes nothing, by which it shows before the first row that the scope is missing."""

    scope: str
    path: str
    """Of something that does not exist."""
    method: str = "GET"


@value_type(frozen=True, slots=True, kw_only=True)
class Listed:
    """One thing of a listing."""

    id: str
    name: str
    status: str = "published"


@value_type(frozen=True, slots=True, kw_only=True)
class Stage:
    id: str
    name: str


@value_type(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline of opportunities, with its stages in order."""

    id: str
    name: str
    stages: tuple[Stage, ...] = ()


@value_type(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One location as the importer needs it, read once before its first row is sent."""

    location_id: str
    name: str = ""
    company_id: str | None = None
    country: str | None = None
    timezone: str | None = None
    duplicates_allowed: bool = False
    match_by: tuple[str, ...] = MATCH_BY
    """Fields that the location finds contacts by, in its order; both where it does not say."""
    custom_fields: tuple[CustomField, ...] = ()
    users: tuple[User, ...] | None = None
    """``None``: not read, since no rule needs it or the token lacks the scope."""
    listed: Mapping[str, tuple[Listed, ...] | None] = field(default_factory=dict)
    """By the listing's name; ``None`` or not there: not read, as with users."""
    timezones: tuple[str, ...] | None = None
    pipelines: tuple[Pipeline, ...] = ()
    one_deal_a_pipeline: bool = False
    """A contact may have one in each, the location says."""
    deal_fields: tuple[CustomField, ...] = ()
    """Custom fields of opportunities."""
    tags: frozenset[str] | None = None
    """In lower case, as the vendor keeps them; ``None``: not read."""

    @property
    def matching_order(self) -> tuple[str, ...]:
        """By what the vendor looks for a contact, first things first."""
        # where several contacts may share an address, it looks for the e-mail first, whatever is set
        return MATCH_BY if self.duplicates_allowed else tuple(dict.fromkeys(self.match_by))


@value_type(frozen=True, slots=True, kw_only=True)
class CatalogNeeds:
    """Which parts of the catalog a mapping makes use of; the rest is not read, and needs no scope."""

    custom_fields: bool = False
    users: bool = False
    listings: tuple[Listing, ...] = ()
    timezones: bool = False
    pipelines: bool = False
    deal_fields: bool = False
    probes: tuple[Probe, ...] = ()
    """Reads that a run may be in need of when it is under way."""
    tags: bool = False
    """For a look alone: a run makes what is not there."""
    custom_field_names: tuple[str, ...] = ()
    """As the mapping says them: names, keys or ids. An embedded sandbox is furnished with them."""

    @property
    def nothing(self) -> bool:
        """Whether the location need not be asked at all, but for its own sake."""
        parts = (
            self.custom_fields,
            self.users,
            self.listings,
            self.timezones,
            self.pipelines,
            self.deal_fields,
            self.tags,
            self.probes,
        )
        return not any(parts)
