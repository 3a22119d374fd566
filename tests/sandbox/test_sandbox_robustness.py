from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.sandbox import MovableClock, Sandbox, SandboxSettings
from importer.sandbox.edits import KNOWN
from importer.sandbox.routes import ROUTES
from importer.sandbox.rules import UPSERT
from importer.sandbox.vendor import Call, Route
from importer.sandbox.wire import dumps

PLACE = "loc1"
NAMES = (
    *UPSERT,
    *("contacts", "tags", "removeAllTags", "eventStartTime", "name", "dataType", "options", "position"),
    *("model", "filters", "query", "page", "pageLimit", "id", "key", "field_value", "grant_type", "code"),
    *(
        "sort",
        "field",
        "direction",
        "operator",
        "value",
        "group",
        "searchAfter",
        "gte",
        "limit",
        "body",
        "title",
    ),
    *(
        "dueDate",
        "completed",
        "pipelineId",
        "contactId",
        "status",
        "monetaryValue",
        "followers",
        "ids",
        "phone",
    ),
    *("contactId", "fields", "addTags", "note", "appointment", "delete", "additionalEmails"),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "ann@example.com",
            "+14155550100",
            "1990-09-25",
            "US",
            "Seats",
            "RADIO",
            "active",
            "email",
            "asc",
            "eq",
            "range",
            "dateAdded",
            "OR",
            "open",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES = VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6).map(
    lambda body: {"locationId": PLACE, "email": "ann@example.com", **body}
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["locationId", "email", "number", "limit", "skip", "startAfterId", "companyId", "status"]
    ),
    st.sampled_from([PLACE, "", "x", "-1", "2", "+14155550100", "ann@example.com"]),
)


@given(route=st.sampled_from(ROUTES), body=BODIES, query=QUERIES, v3=st.booleans(), known=st.booleans())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_asked_is_answered_and_can_be_written(
    route: Route, body: Any, query: dict[str, str], *, v3: bool, known: bool
) -> None:
    sandbox = Sandbox(SandboxSettings(burst=0), clock=MovableClock())
    contact_id = sandbox.add_contact(PLACE, email="ann@example.com", phone="+14155550100")
    location = sandbox.location(PLACE)
    for what in ("note", "task", "opportunity"):
        sandbox.edit(contact_id, **{what: "x"})
    held = {item.kind.value: item.id for item in sandbox.vendor.items}
    first = {"locations": PLACE, "opportunities": held["opportunity"]}.get(
        route.path.split("/")[0], contact_id
    )
    others: dict[str, str] = {
        "workflow": location.workflows[0]["id"],
        "notes": held["note"],
        "tasks": held["task"],
        "customFields": next(iter(location.custom_fields)),
    }
    second = next(
        (each for name, each in others.items() if name in route.path.split("/")), location.campaigns[0]["id"]
    )
    params = (first, second) if known else ("x", "y")
    call = Call(
        method=route.method,
        path=f"/{route.path}",
        query=query,
        authorization="Bearer x",
        version="v3" if v3 else "2021-07-28",
        body=body,
        params=params,
    )
    reply = sandbox.vendor.answer(route, call)
    assert reply.status < 500
    assert dumps(reply.body)
    assert dumps(sandbox.state())
    assert dumps(sandbox.contacts())


@given(body=BODIES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_person_is_said_to_do_is_answered(body: Any) -> None:
    sandbox = Sandbox(SandboxSettings(burst=0), clock=MovableClock())
    contact_id = sandbox.add_contact(PLACE, email="ann@example.com")
    named = {**body, "contactId": contact_id} if isinstance(body, dict) else body
    named = (
        {name: value for name, value in named.items() if name in KNOWN} if isinstance(named, dict) else named
    )
    status, reply = sandbox.edit_as_told(json.dumps(named).encode())
    assert status < 500
    assert dumps(reply)
    assert dumps(sandbox.contacts())
