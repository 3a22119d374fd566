from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.sandbox import MovableClock, Sandbox, SandboxSettings
from importer.sandbox.routes import ROUTES
from importer.sandbox.rules import UPSERT
from importer.sandbox.vendor import Call, Route
from importer.sandbox.wire import dumps

PLACE = "loc1"
NAMES = (
    *UPSERT,
    *("contacts", "tags", "removeAllTags", "eventStartTime", "name", "dataType", "options", "position"),
    *("model", "filters", "query", "page", "pageLimit", "id", "key", "field_value", "grant_type", "code"),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["ann@example.com", "+14155550100", "1990-09-25", "US", "Seats", "RADIO", "active"]),
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
    second = location.workflows[0]["id"] if "workflow" in route.path else location.campaigns[0]["id"]
    params = ((PLACE if route.path.startswith("locations") else contact_id), second) if known else ("x", "y")
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
