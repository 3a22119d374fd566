"""The time zone of a location, asked once a day: send windows go by the clock of the people who are written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from importer.errors import ImporterError
from importer.jobs.named_job import NamedJob
from importer.jobs.tokens import connection_of, job_token
from importer.runtime.clock import Clock, SystemClock

FRESH_SECONDS: Final = 86_400.0


def location_zone(
    base_url: str, *, state: Path, clock: Clock | None = None
) -> Callable[[NamedJob], Awaitable[tzinfo | None]]:
    """Make the question; its answer is None where the location cannot be asked or has no zone."""
    clock = clock or SystemClock()
    known: dict[str, tuple[float, tzinfo]] = {}

    async def ask(named: NamedJob) -> tzinfo | None:
        location_id = named.location_id
        if location_id is None:
            return None
        if location_id not in known or clock.now() - known[location_id][0] > FRESH_SECONDS:
            zone = await _read_zone(base_url, location_id, named, state)
            if zone is None:
                return None  # asked again next time: the network may be back
            known[location_id] = (clock.now(), zone)
        return known[location_id][1]

    return ask


async def _read_zone(base_url: str, location_id: str, named: NamedJob, state: Path) -> tzinfo | None:
    from importer.highlevel.calls import get_location
    from importer.highlevel.client import Client, RawReply
    from importer.highlevel.reply import ReplyKind, read_reply
    from importer.highlevel.versions import version_of

    token = job_token(
        connection_of(named, base_url=base_url, state=state)
    )  # a job without one is told so, not taken for a place that cannot be asked
    try:
        async with Client(base_url, version=version_of(named.job.api_version)) as client:
            raw = await client.request(get_location(location_id), token)
    except ImporterError:
        return None
    if not isinstance(raw, RawReply):
        return None
    reply = read_reply(raw.status, raw.headers, raw.body)
    place = reply.body.get("location", reply.body) if reply.kind is ReplyKind.DONE else {}
    name = place.get("timezone") if isinstance(place, dict) else None
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (KeyError, ValueError, OSError):
        return None
