"""Who is told of what, and that it arrives: notices wait in the state folder until they are delivered."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from importer.jobs.context import JobsContext
from importer.jobs.delivery import UndeliveredError
from importer.jobs.endings import Ending
from importer.jobs.job_state import Parcel
from importer.jobs.model import Notify
from importer.jobs.named_job import NamedJob
from importer.jobs.notices import Event, Notice
from importer.runtime.logs import logger_of
from importer.yaml.section import plain_of

logger = logger_of(__name__)

WAITS: Final = (60.0, 300.0, 1800.0, 7200.0, 21_600.0, 43_200.0)
"""Seconds between attempts: for about a day, then a notice is let go."""


class Notifier:
    """Hands out the notices of a set of jobs."""

    def __init__(self, jobs: Iterable[NamedJob], context: JobsContext) -> None:
        self._channels = {channel_key(channel): channel for named in jobs for channel in named.channels}
        self._context = context
        self._one_at_a_time = asyncio.Lock()

    async def hand_out(self) -> None:
        """Deliver what is due; what does not arrive is put off."""
        async with self._one_at_a_time:
            for parcel in self._context.jobs_state.parcels(due_by=self._context.clock.now()):
                channel = self._channels.get(parcel.channel)
                if channel is None or await self._arrives(parcel, channel):
                    self._context.jobs_state.delivered(parcel)

    async def _arrives(self, parcel: Parcel, channel: Notify) -> bool:
        """Deliver one notice; False puts it off, and True also stands for having given up."""
        try:
            await asyncio.to_thread(self._context.deliver, linked(parcel.notice, channel), channel)
        except UndeliveredError as trouble:
            logger.warning("A notice of job %s was not delivered: %s", parcel.notice.job, trouble)
            if parcel.attempts >= len(WAITS):
                return True
            next_at = self._context.clock.now() + WAITS[parcel.attempts]
            self._context.jobs_state.postpone(parcel, next_at)
            return False
        return True


def channel_key(channel: Notify) -> str:
    """Tell channels apart over a restart, without keeping what may be a password."""
    return hashlib.sha256(
        json.dumps(plain_of(channel), ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()[:16]


def channels_for(channels: Sequence[Notify], event: Event | None, *, alive: bool) -> list[str]:
    """Choose the channels that want an event; a heartbeat beats whenever the job is ``alive``."""
    return [
        channel_key(channel)
        for channel in channels
        if (alive if channel.heartbeat else _wants(channel, event))
    ]


def _wants(channel: Notify, event: Event | None) -> bool:
    wanted = {"success" if event is Event.RECOVERY else None, event.value if event else None, "always"}
    return event is not None and not wanted.isdisjoint(channel.on)


def notice_of(job: str, last: Ending, event: Event, *, at: float, host: str) -> Notice:
    """Write the notice of an ending."""
    return Notice(
        event=event,
        job=job,
        at=at,
        sentence=last.sentence,
        host=host,
        file=last.file or "",
        run_id=last.run_id,
        counts=dict(last.counts),
        errors_by_code=dict(last.errors_by_code),
        report=last.report,
    )


def linked(notice: Notice, channel: Notify) -> Notice:
    """Point to where reports can be read; an e-mail carries the report itself and needs its path."""
    if not channel.report_link or not notice.run_id or channel.email:
        return notice
    return replace(notice, report=channel.report_link.replace("{run_id}", notice.run_id))
