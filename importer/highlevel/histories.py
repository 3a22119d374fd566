"""What may lie beside a contact that its deletion would lose, or that shows that somebody works with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from importer.highlevel.calls import Call, segment
from importer.highlevel.opportunities import list_opportunities
from importer.records import value_type


@value_type(frozen=True, slots=True, kw_only=True)
class History:
    """One kind of it: how a contact's are asked for, and under which name the reply lists them."""

    noun: str
    scope: str
    call: Callable[[str, str], Call]
    """For a location, and a contact."""
    listed_as: str
    addition: str = ""
    """The kind of addition that a run may have put there itself."""

    def count(
        self, contact_id: str, body: Mapping[str, Any], *, but: Container[str] = frozenset()
    ) -> int | None:
        """Count what a reply lists of the contact, but for some ids; None for a reply that lists nothing at all."""
        items = body.get(self.listed_as)
        if not isinstance(items, list):
            return None
        listed = [each if isinstance(each, Mapping) else {} for each in items]
        # one that does not say whose it is was asked for by the contact's id
        return sum(
            each.get("contactId") in (None, contact_id) and each.get("id") not in but for each in listed
        )


def _beside(name: str) -> Callable[[str, str], Call]:
    def call(_location_id: str, contact_id: str) -> Call:
        return Call(method="GET", path=f"/contacts/{segment(contact_id)}/{name}", contacts=1)

    return call


def _conversations(location_id: str, contact_id: str) -> Call:
    wanted = {"locationId": location_id, "contactId": contact_id}
    return Call(method="GET", path=f"/conversations/search?{urlencode(wanted)}")


HISTORIES: Final = (
    History(
        noun="note", scope="contacts.readonly", call=_beside("notes"), listed_as="notes", addition="note"
    ),
    History(
        noun="task", scope="contacts.readonly", call=_beside("tasks"), listed_as="tasks", addition="task"
    ),
    History(noun="appointment", scope="contacts.readonly", call=_beside("appointments"), listed_as="events"),
    History(
        noun="deal",
        scope="opportunities.readonly",
        call=list_opportunities,
        listed_as="opportunities",
        addition="opportunity",
    ),
    History(
        noun="conversation",
        scope="conversations.readonly",
        call=_conversations,
        listed_as="conversations",
    ),
)
