"""Which handler answers which address."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from importer.records import value_type
from importer.ui.guard import Kind, Refusal
from importer.ui.handling import (
    account,
    approval,
    checking,
    columns,
    connecting,
    correcting,
    files,
    forecast,
    hidden_rows,
    history,
    people,
    rows,
    runs,
    schedule,
    start,
    statics,
    sub_accounts,
    taking,
    targets,
)
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data

Handler = Callable[[Screen, ScreenRequest], Awaitable[ScreenReply]]

_PARTS: Final = {
    "draft": r"[0-9a-f-]{1,40}",
    "run": r"[0-9a-f-]{1,40}",
    "plan": r"plan-[0-9a-f-]{1,40}",
    "name": r"[\w.-]{1,60}",
}


@value_type(frozen=True, slots=True)
class Route:
    """One address: ``{draft}``, ``{run}``, ``{plan}`` and ``{name}`` stand for what the handler looks up."""

    method: str
    pattern: str
    handler: Handler
    streams: bool = False
    """The body is handed over as it comes in."""

    def expression(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.pattern)
        return re.compile(
            "".join(
                re.escape(part) if index % 2 == 0 else f"(?P<{part}>{_PARTS[part]})"
                for index, part in enumerate(parts)
            )
        )


ROUTES: Final = (
    Route("GET", "/enter", start.enter),
    Route("GET", "/", start.page),
    Route("GET", "/static/{name}", statics.static),
    Route("GET", "/static/vendor/{name}", statics.vendored),
    Route("GET", "/api/live", start.live),
    Route("GET", "/api/alive", start.alive),
    Route("POST", "/api/mask", start.mask),
    Route("POST", "/api/sample", start.sample),
    Route("PUT", "/api/uploads", files.upload, streams=True),
    Route("POST", "/api/fetch", files.fetch),
    Route("GET", "/d/{draft}/file", files.page),
    Route("GET", "/api/d/{draft}/file", files.describe),
    Route("GET", "/api/d/{draft}/count", files.count),
    Route("GET", "/api/d/{draft}/sheets", files.sheets),
    Route("GET", "/api/d/{draft}/head", files.head),
    Route("GET", "/api/d/{draft}/met-before", files.met_before),
    Route("POST", "/api/d/{draft}/reading", files.read_otherwise),
    Route("POST", "/api/d/{draft}/hidden-rows", hidden_rows.choose),
    Route("POST", "/api/d/{draft}/discard", files.discard),
    Route("GET", "/d/{draft}/account", account.page),
    Route("POST", "/api/d/{draft}/account", account.choose),
    Route("POST", "/api/connections/forget", account.forget),
    Route("POST", "/api/login", connecting.begin),
    Route("GET", "/api/login", connecting.login_state),
    Route("POST", "/api/login/answer", connecting.answer),
    Route("POST", "/api/login/end", connecting.end),
    Route("GET", "/api/agency-locations", connecting.of_agency),
    Route("GET", "/api/d/{draft}/locations", sub_accounts.named),
    Route("POST", "/api/d/{draft}/locations", sub_accounts.mean),
    Route("GET", "/api/d/{draft}/foreseen-locations", sub_accounts.foreseen),
    Route("POST", "/api/d/{draft}/token", sub_accounts.connect),
    Route("GET", "/d/{draft}/columns", columns.page),
    Route("GET", "/api/d/{draft}/columns", columns.columns),
    Route("POST", "/api/d/{draft}/mapping", columns.change),
    Route("GET", "/api/d/{draft}/rules", columns.rules),
    Route("POST", "/api/d/{draft}/acknowledge", columns.acknowledge),
    Route("GET", "/api/d/{draft}/known-mappings", targets.known_mappings),
    Route("POST", "/api/d/{draft}/create-fields", targets.create_fields),
    Route("GET", "/d/{draft}/mapping.yaml", targets.mapping_file),
    Route("GET", "/api/d/{draft}/values", columns.values),
    Route("GET", "/api/d/{draft}/row", columns.row),
    Route("GET", "/d/{draft}/rows", rows.page),
    Route("GET", "/api/d/{draft}/forecast", checking.forecast),
    Route("GET", "/api/d/{draft}/check", checking.progress),
    Route("POST", "/api/d/{draft}/check", checking.begin),
    Route("POST", "/api/d/{draft}/cancel-check", checking.cancel),
    Route("GET", "/api/d/{draft}/causes", rows.causes),
    Route("GET", "/api/d/{draft}/rows", rows.found_rows),
    Route("GET", "/api/d/{draft}/cells", rows.cells),
    Route("GET", "/api/d/{draft}/alike", correcting.alike),
    Route("POST", "/api/d/{draft}/correct", correcting.correct),
    Route("POST", "/api/d/{draft}/correct-alike", correcting.correct_alike),
    Route("POST", "/api/d/{draft}/take-back", correcting.take_back),
    Route("POST", "/api/d/{draft}/make-again", correcting.make_again),
    Route("GET", "/api/d/{draft}/edits", correcting.edited),
    Route("PUT", "/api/d/{draft}/returned", taking.take_in, streams=True),
    Route("GET", "/d/{draft}/corrections.jsonl", taking.corrections_file),
    Route("GET", "/d/{draft}/failing-rows", taking.failing_rows),
    Route("GET", "/d/{draft}/corrected.csv", taking.corrected_copy),
    Route("GET", "/d/{draft}/people", people.page),
    Route("GET", "/api/d/{draft}/people", people.people),
    Route("GET", "/api/d/{draft}/groups", people.groups),
    Route("GET", "/api/d/{draft}/ambiguous", people.ambiguous),
    Route("GET", "/d/{draft}/forecast", forecast.page),
    Route("POST", "/api/d/{draft}/plan", forecast.plan),
    Route("GET", "/d/{draft}/plan.html", forecast.plan_page),
    Route("GET", "/api/d/{draft}/planned-row", forecast.planned_row),
    Route("POST", "/api/d/{draft}/ask", forecast.ask_location),
    Route("POST", "/api/d/{draft}/start", forecast.start),
    Route("GET", "/r/{run}", runs.page),
    Route("GET", "/api/r/{run}", runs.state),
    Route("GET", "/api/r/{run}/rows", runs.rows),
    Route("POST", "/api/r/{run}/pause", runs.pause),
    Route("POST", "/api/r/{run}/stop", runs.stop),
    Route("POST", "/api/r/{run}/resume", runs.resume),
    Route("POST", "/api/r/{run}/retry", runs.retry),
    Route("POST", "/api/r/{run}/undo", runs.undo),
    Route("GET", "/api/r/{run}/taken-back", runs.taken_back),
    Route("GET", "/api/r/{run}/holdings", history.holdings),
    Route("POST", "/api/r/{run}/forget", history.forget),
    Route("GET", "/r/{run}/files/{name}", runs.file),
    Route("GET", "/p/{plan}", approval.page),
    Route("POST", "/api/p/{plan}/decide", approval.decide),
    Route("GET", "/p/{plan}/plan.html", approval.report),
    Route("GET", "/history", history.page),
    Route("GET", "/schedule", schedule.page),
    Route("GET", "/api/schedule", schedule.job_states),
    Route("POST", "/api/schedule/add", schedule.add),
    Route("POST", "/api/schedule/switch", schedule.switch),
    Route("POST", "/api/schedule/remove", schedule.remove),
    Route("POST", "/api/schedule/serve", schedule.serve),
)
_EXPRESSIONS: Final = tuple((route, route.expression()) for route in ROUTES)


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | Refusal:
    """Find who answers an address."""
    elsewhere = False
    for route, expression in _EXPRESSIONS:
        if (found := expression.fullmatch(path)) is None:
            continue
        if route.method == method or (method == "HEAD" and route.method == "GET"):
            return route, found.groupdict()
        elsewhere = True
    if elsewhere:
        return Refusal(405, "That cannot be done with this address.")
    return Refusal(404, "There is nothing at this address.")


async def answer(screen: Screen, route: Route, asked: ScreenRequest) -> ScreenReply:
    return await route.handler(screen, asked)


def page_of_refusal(
    screen: Screen, refusal: Refusal, *, as_data: bool, stranger: bool = False
) -> ScreenReply:
    """Say why a request is not answered: as a page to whoever opened one, as data to a script."""
    if as_data:
        return data({"error": refusal.sentence}, status=refusal.status)
    return screen.page("refused.html.j2", status=refusal.status, sentence=refusal.sentence, stranger=stranger)


__all__ = ["ROUTES", "Handler", "Kind", "Route", "answer", "find_route", "page_of_refusal"]
