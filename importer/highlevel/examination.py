"""What `importer doctor` looks at in an account: one finding for each thing that an import depends on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from importer.errors import CredentialsError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.client import Door, Lost, Reply
from importer.highlevel.quota import QuotaReading
from importer.highlevel.reply import Kind, Meaning, read_http_date, read_reply
from importer.highlevel.tokens import TokenSource
from importer.runtime.clock import Clock

NO_SUCH_CONTACT: Final = "importerScopeProbe00"
_UNSUPPORTED: Final = frozenset({"TEXTBOX_LIST", "FILE_UPLOAD", "SIGNATURE"})
_TOLERABLE_SECONDS: Final = 5.0


class Grade(StrEnum):
    GOOD = "ok"
    WARNING = "warn"
    BAD = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the examination."""

    grade: Grade
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.grade:<5} {self.subject}: {self.text}"


class Examination:
    """Asks one location everything, some dozen calls, none of which changes anything."""

    def __init__(self, door: Door, tokens: TokenSource, location_id: str, *, clock: Clock) -> None:
        self._door = door
        self._tokens = tokens
        self._location_id = location_id
        self._clock = clock
        self._quota = QuotaReading()

    async def findings(self) -> AsyncIterator[Finding]:
        try:
            await self._tokens.token(self._location_id)
        except CredentialsError as error:
            yield Finding(grade=Grade.BAD, subject="token", text=str(error))
            return
        found, reply = await self._ask(calls.get_location(self._location_id))
        if found is None or reply is None:
            yield Finding(
                grade=Grade.BAD, subject="network", text=f"{self._door.base_url} gave no usable reply"
            )
            return
        yield _judge_token(found)
        if found.kind in {Kind.TOKEN_REFUSED, Kind.MISDIRECTED}:
            return
        for finding in _judge_location(found, self._location_id):
            yield finding
        yield self._judge_clock(reply)
        async for finding in self._scopes():
            yield finding
        yield _judge_quota(self._quota)

    async def _scopes(self) -> AsyncIterator[Finding]:
        """Try what each scope is needed for; a contact that does not exist cannot be changed."""
        place = self._location_id
        for scope, call, needed in (
            ("contacts.write", calls.update(NO_SUCH_CONTACT, {}), "every import"),
            (
                "contacts.readonly",
                calls.search_duplicate(place, email="probe@example.com", phone=None),
                "modes create_only and update_only, --verify",
            ),
            ("locations/customFields.readonly", calls.list_custom_fields(place), "custom fields"),
            ("users.readonly", calls.list_users(place), "assignedTo by name or e-mail"),
            ("workflows.readonly", calls.list_workflows(place), "after: workflow by name"),
            ("campaigns.readonly", calls.list_campaigns(place), "after: campaign by name"),
        ):
            found, _ = await self._ask(call)
            yield _judge_scope(scope, found, needed)
            if scope.startswith("locations/customFields") and found is not None and found.kind is Kind.DONE:
                yield _judge_custom_fields(found)

    def _judge_clock(self, reply: Reply) -> Finding:
        stamp = read_http_date(reply.headers.get("Date", ""))
        if stamp is None:
            return Finding(grade=Grade.WARNING, subject="clock", text="the replies carry no time")
        ahead = self._clock.now() - stamp
        if abs(ahead) <= _TOLERABLE_SECONDS:
            return Finding(grade=Grade.GOOD, subject="clock", text="agrees with HighLevel's")
        return Finding(
            grade=Grade.WARNING,
            subject="clock",
            text=f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} HighLevel's; imports allow for "
            "it, but set the machine's clock",
        )

    async def _ask(self, call: Call) -> tuple[Meaning | None, Reply | None]:
        token = await self._tokens.token(self._location_id)
        for _ in range(2):
            answer = await self._door.request(call, token)
            if isinstance(answer, Lost):
                continue
            found = read_reply(answer.status, answer.headers, answer.body)
            if found.quota.burst is not None:
                self._quota = found.quota
            if found.kind is not Kind.TROUBLE:
                return found, answer
        return None, None


def _judge_token(found: Meaning) -> Finding:
    match found.kind:
        case Kind.TOKEN_REFUSED:
            text = f"refused: “{found.words}”. Make a new private integration token, or run `importer login`"
            return Finding(grade=Grade.BAD, subject="token", text=text)
        case Kind.MISDIRECTED:
            text = f"the address does not answer as HighLevel does ({found.status}). Check HIGHLEVEL_BASE_URL"
            return Finding(grade=Grade.BAD, subject="address", text=text)
        case _:
            return Finding(grade=Grade.GOOD, subject="token", text="accepted")


def _judge_location(found: Meaning, location_id: str) -> list[Finding]:
    if found.kind is Kind.SCOPE_MISSING:
        text = (
            "cannot be read without the scope locations.readonly; imports do without, name matching does not"
        )
        return [Finding(grade=Grade.WARNING, subject="location", text=text)]
    if found.kind is not Kind.DONE:
        text = f"{location_id} is refused: “{found.words}”. Use a token of this location, or correct the id"
        return [Finding(grade=Grade.BAD, subject="location", text=text)]
    place = found.body.get("location")
    place = place if isinstance(place, Mapping) else {}
    about = ", ".join(str(place[name]) for name in ("name", "country", "timezone") if place.get(name))
    return [
        Finding(grade=Grade.GOOD, subject="location", text=f"{location_id} ({about})"),
        _judge_matching(place.get("settings")),
    ]


def _judge_matching(settings: Any) -> Finding:
    settings = settings if isinstance(settings, Mapping) else {}
    order = settings.get("contactUniqueIdentifiers")
    shown = " then ".join(map(str, order)) if isinstance(order, list) and order else "unknown order"
    if settings.get("allowDuplicateContact"):
        return Finding(
            grade=Grade.WARNING,
            subject="matching",
            text=f"{shown}; duplicates are allowed here: an upsert still updates a match, but two contacts of "
            "one person may exist already",
        )
    return Finding(grade=Grade.GOOD, subject="matching", text=f"{shown}; duplicates are not allowed")


def _judge_scope(scope: str, found: Meaning | None, needed: str) -> Finding:
    if found is None:
        return Finding(grade=Grade.WARNING, subject=scope, text="no usable reply")
    if found.kind in {Kind.SCOPE_MISSING, Kind.LOCATION_REFUSED, Kind.TOKEN_REFUSED}:
        grade = Grade.BAD if scope == "contacts.write" else Grade.WARNING
        return Finding(grade=grade, subject=scope, text=f"missing; needed for {needed}")
    return Finding(grade=Grade.GOOD, subject=scope, text="granted")


def _judge_custom_fields(found: Meaning) -> Finding:
    fields = [item for item in found.body.get("customFields") or () if isinstance(item, Mapping)]
    odd = sorted(str(item.get("name")) for item in fields if item.get("dataType") in _UNSUPPORTED)
    if odd:
        text = f"{len(fields)}; these kinds cannot be imported: {', '.join(odd[:10])}"
        return Finding(grade=Grade.WARNING, subject="custom fields", text=text)
    return Finding(grade=Grade.GOOD, subject="custom fields", text=str(len(fields)))


def _judge_quota(quota: QuotaReading) -> Finding:
    if quota.burst is None:
        return Finding(
            grade=Grade.WARNING, subject="quota", text="the replies do not state it; 100 in 10 s is assumed"
        )
    seconds = quota.interval_seconds or 10.0
    text = f"{quota.burst:,} requests in {seconds:g} s"
    if quota.daily_remaining is not None and quota.daily is not None:
        text += f"; {quota.daily_remaining:,} of {quota.daily:,} left today"
        if quota.daily_remaining == 0:
            return Finding(grade=Grade.BAD, subject="quota", text=f"{text}. Import tomorrow")
    return Finding(grade=Grade.GOOD, subject="quota", text=text)
