"""What happened with a contact: appointments and conversations, to be read and counted."""

from __future__ import annotations

from importer.sandbox.items import Kind
from importer.sandbox.lookups import held
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject


def list_appointments(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}/appointments``."""
    contact = held(vendor, call.params[0])
    events = [item.body for item in vendor.items.of_contact(Kind.APPOINTMENT, contact.id)]
    return Reply(200, {"events": events, "traceId": trace_id()})


def search_conversations(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /conversations/search``: one conversation for each contact that has messages."""
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    wanted = call.query.get("contactId")
    threads: dict[str, list[JsonObject]] = {}
    for item in vendor.items.of_location(Kind.MESSAGE, call.location_id):
        if wanted in (None, item.contact_id):
            threads.setdefault(item.contact_id, []).append(item.body)
    shown = [_conversation(call.location_id, contact_id, held) for contact_id, held in threads.items()]
    return Reply(200, {"conversations": shown, "total": len(shown), "traceId": trace_id()})


def _conversation(location_id: str, contact_id: str, messages: list[JsonObject]) -> JsonObject:
    return {
        "id": messages[0]["conversationId"],
        "contactId": contact_id,
        "locationId": location_id,
        "lastMessageBody": messages[-1]["body"],
        "lastMessageType": "TYPE_SMS",
        "unreadCount": 0,
    }
