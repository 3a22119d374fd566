"""What a token may do beside importing contacts, what is not possible without it, and the call that tells. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from importer.highlevel import calls, companies, custom_fields, opportunities
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Probe
from importer.highlevel.histories import HISTORIES
from importer.records import value_type

_NO_SUCH_CONTACT: Final = "importerScopeProbe00"


@value_type(frozen=True, slots=True, kw_only=True)
class OptionalScope:
    """A scope that few imports need. ``group``: by which `importer login --with` asks for it."""

    name: str
    group: str
    needed_for: str
    call: Callable[[str], Call]
    """For a location; it changes nothing there."""


def _tried(probe: Probe) -> Callable[[str], Call]:
    body = None if probe.method == "GET" else b"{}"
    return lambda _location_id: Call(method=probe.method, path=probe.path, body=body)


def _conversations(location_id: str) -> Call:
    (history,) = (each for each in HISTORIES if each.noun == "conversation")
    return history.call(location_id, _NO_SUCH_CONTACT)


OPTIONAL_SCOPES: Final = (
    OptionalScope(
        name=opportunities.PIPELINES_SCOPE,
        group="deals",
        needed_for="deals, and undo of contacts that a run created",
        call=lambda location_id: calls.list_things(opportunities.PIPELINES_PATH, location_id),
    ),
    OptionalScope(
        name=opportunities.WRITE_PROBE.scope,
        group="deals",
        needed_for="deals (`opportunity:`, `object: opportunity`)",
        call=_tried(opportunities.WRITE_PROBE),
    ),
    *(
        OptionalScope(
            name=probe.scope,
            group="companies",
            needed_for="companies (`company:`, `object: company`)",
            call=_tried(probe),
        )
        for probe in companies.PROBES
    ),
    OptionalScope(
        name=custom_fields.WRITE_SCOPE,
        group="fields",
        needed_for="importer fields create, and files of custom fields",
        call=custom_fields.try_creation,
    ),
    OptionalScope(
        name="conversations.readonly",
        group="undo",
        needed_for="undo of contacts that a run created, unless --with-history",
        call=_conversations,
    ),
)
SCOPE_GROUPS: Final = tuple(dict.fromkeys(each.group for each in OPTIONAL_SCOPES))


def scopes_of(groups: Iterable[str]) -> tuple[str, ...]:
    """List the scopes of some groups."""
    wanted = frozenset(groups)
    return tuple(each.name for each in OPTIONAL_SCOPES if each.group in wanted)
