"""What `importer doctor` looks at in an account: one finding for each thing that an import depends on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from importer.errors import CertificateError, CredentialsError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.client import Door, LostReply, RawReply, distrust
from importer.highlevel.custom_fields import READ_SCOPE, list_custom_fields
from importer.highlevel.follow_ups import FOLLOW_UPS, WORKFLOWS
from importer.highlevel.quota import QuotaReading
from importer.highlevel.refusals import INSIDE, LEGAL_ADVICE, is_of_an_agency, misdirected_advice
from importer.highlevel.reply import Reply, ReplyKind, read_http_date, read_reply
from importer.highlevel.scopes import OPTIONAL_SCOPES
from importer.highlevel.tokens import TokenSource
from importer.records import Json, value_type
from importer.runtime.clock import Clock

NO_SUCH_CONTACT: Final = "importerScopeProbe00"
_UNSUPPORTED: Final = frozenset({"TEXTBOX_LIST", "SIGNATURE"})
_TOLERABLE_SECONDS: Final = 5.0
_STRANGE_REQUESTS: Final = 5


class Grade(StrEnum):
    GOOD = "ok"
    WARNING = "warn"
    BAD = "fail"


@value_type(frozen=True, slots=True, kw_only=True)
class ExaminationLine:
    """One line of the examination."""

    grade: Grade
    subject: str
    text: str
    facts: Mapping[str, Json] = field(default_factory=dict)
    """What a program may want to know of it: a location's name, country and time zone, its published workflows."""

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
        self._lost: LostReply | None = None
        self._asked = 0

    async def findings(self) -> AsyncIterator[ExaminationLine]:
        try:
            await self._tokens.token(self._location_id)
        except CredentialsError as error:
            yield ExaminationLine(grade=Grade.BAD, subject="token", text=str(error))
            return
        except CertificateError as error:
            yield ExaminationLine(grade=Grade.BAD, subject="network", text=str(error))
            return
        found, raw_reply = await self._ask(calls.get_location(self._location_id))
        if found is None or raw_reply is None:
            yield ExaminationLine(grade=Grade.BAD, subject="network", text=self._silence())
            return
        yield _judge_token(found)
        if found.kind in {ReplyKind.TOKEN_REFUSED, ReplyKind.MISDIRECTED}:
            return
        for finding in _judge_location(found, self._location_id):
            yield finding
        yield self._judge_clock(raw_reply)
        async for finding in self._scopes():
            yield finding
        yield _judge_quota(self._quota)
        if others := self._requests_of_others():
            text = f"about {others} requests in the last seconds were not ours: another program uses this sub-account's quota just now; an import gets what it leaves"
            yield ExaminationLine(grade=Grade.WARNING, subject="quota", text=text)

    def _requests_of_others(self) -> int:
        """Count what the window holds beside what was asked here; a few may be of a moment ago, and are nobody's business."""
        quota = self._quota
        if quota.burst is None or quota.remaining is None:
            return 0
        others = quota.burst - quota.remaining - self._asked
        return others if others > _STRANGE_REQUESTS else 0

    async def _scopes(self) -> AsyncIterator[ExaminationLine]:
        """Try what each scope is needed for; a contact that does not exist cannot be changed."""
        place = self._location_id
        for scope, call, needed in (
            # first, since it alone tells an agency's token from a missing scope
            ("users.readonly", calls.list_users(place), "assignedTo by name or e-mail"),
            ("contacts.write", calls.update(NO_SUCH_CONTACT, {}), "every import, notes, tasks and followers"),
            (
                "contacts.readonly",
                calls.search_duplicate(place, email="probe@example.com", phone=None),
                "modes create_only and update_only, --verify, comparing, notes and tasks",
            ),
            (READ_SCOPE, list_custom_fields(place), "custom fields"),
            *(
                (listing.scope, calls.list_things(listing.path, place), f"after: {listing.noun} by name")
                for listing in (kind.listing for kind in FOLLOW_UPS)
                if listing is not None
            ),
            *((each.name, each.call(place), each.needed_for) for each in OPTIONAL_SCOPES),
        ):
            found, _ = await self._ask(call)
            if found is not None and is_of_an_agency(found.words):
                yield ExaminationLine(
                    grade=Grade.BAD, subject="token", text=f"is the agency's (“{found.words}”). {INSIDE}"
                )
                return
            yield _judge_scope(scope, found, needed)
            if scope == WORKFLOWS.scope and found is not None and found.kind is ReplyKind.DONE:
                yield _judge_workflows(found)
            if scope == READ_SCOPE and found is not None and found.kind is ReplyKind.DONE:
                yield _judge_custom_fields(found)

    def _judge_clock(self, raw_reply: RawReply) -> ExaminationLine:
        stamp = read_http_date(raw_reply.headers.get("Date", ""))
        if stamp is None:
            return ExaminationLine(grade=Grade.WARNING, subject="clock", text="the replies carry no time")
        ahead = self._clock.now() - stamp
        if abs(ahead) <= _TOLERABLE_SECONDS:
            return ExaminationLine(grade=Grade.GOOD, subject="clock", text="agrees with HighLevel's")
        return ExaminationLine(
            grade=Grade.WARNING,
            subject="clock",
            text=f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} HighLevel's; imports allow for "
            "it, but set the machine's clock",
        )

    def _silence(self) -> str:
        lost, base_url = self._lost, self._door.base_url
        if lost is None:
            return f"{base_url} gave no usable reply"
        if lost.certificate:
            return distrust(base_url, lost.reason)
        return f"{base_url} gave no usable reply: {lost.reason}"

    async def _ask(self, call: Call) -> tuple[Reply | None, RawReply | None]:
        token = await self._tokens.token(self._location_id)
        for _ in range(2):
            self._asked += 1
            raw = await self._door.request(call, token)
            if isinstance(raw, LostReply):
                self._lost = raw
                continue
            found = read_reply(raw.status, raw.headers, raw.body)
            if found.quota.burst is not None:
                self._quota = found.quota
            if found.kind is not ReplyKind.TROUBLE:
                return found, raw
        return None, None


def _judge_token(found: Reply) -> ExaminationLine:
    match found.kind:
        case ReplyKind.TOKEN_REFUSED if is_of_an_agency(found.words):
            text = f"is the agency's (“{found.words}”). {INSIDE}"
            return ExaminationLine(grade=Grade.BAD, subject="token", text=text)
        case ReplyKind.TOKEN_REFUSED:
            text = f"refused: “{found.words}”. Make a new private integration token, or run `importer login`"
            return ExaminationLine(grade=Grade.BAD, subject="token", text=text)
        case ReplyKind.MISDIRECTED:
            advice = misdirected_advice(found.status).removesuffix(".")
            text = f"the address does not answer as HighLevel does ({found.status}). {advice}"
            return ExaminationLine(grade=Grade.BAD, subject="address", text=text)
        case _:
            return ExaminationLine(grade=Grade.GOOD, subject="token", text="accepted")


def _judge_location(found: Reply, location_id: str) -> list[ExaminationLine]:
    if found.kind is ReplyKind.SCOPE_MISSING:
        text = (
            "cannot be read without the scope locations.readonly; imports do without, name matching does not"
        )
        return [ExaminationLine(grade=Grade.WARNING, subject="location", text=text)]
    if found.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        text = f"not to be reached for legal reasons: “{found.words}”. {LEGAL_ADVICE.removesuffix('.')}"
        return [ExaminationLine(grade=Grade.BAD, subject="network", text=text)]
    if found.kind is not ReplyKind.DONE:
        text = f"{location_id} is refused: “{found.words}”. Use a token of this location, or correct the id"
        return [ExaminationLine(grade=Grade.BAD, subject="location", text=text)]
    place = found.body.get("location")
    place = place if isinstance(place, Mapping) else {}
    facts: dict[str, Json] = {
        name: str(place[name]) for name in ("name", "country", "timezone") if place.get(name)
    }
    about = ", ".join(map(str, facts.values()))
    return [
        ExaminationLine(grade=Grade.GOOD, subject="location", text=f"{location_id} ({about})", facts=facts),
        _judge_matching(place.get("settings")),
    ]


def _judge_matching(settings: Any) -> ExaminationLine:
    settings = settings if isinstance(settings, Mapping) else {}
    order = settings.get("contactUniqueIdentifiers")
    shown = " then ".join(map(str, order)) if isinstance(order, list) and order else "unknown order"
    if settings.get("allowDuplicateContact"):
        return ExaminationLine(
            grade=Grade.WARNING,
            subject="matching",
            text=f"{shown}; duplicates are allowed here: an upsert still updates a match, but two contacts of "
            "one person may exist already",
        )
    return ExaminationLine(grade=Grade.GOOD, subject="matching", text=f"{shown}; duplicates are not allowed")


_SCOPE_REFUSALS: Final = {
    ReplyKind.SCOPE_MISSING,
    ReplyKind.LOCATION_REFUSED,
    ReplyKind.CONTACT_REFUSED,
    ReplyKind.EDGE_REFUSED,
    ReplyKind.TOKEN_REFUSED,
}


def _judge_scope(scope: str, found: Reply | None, needed: str) -> ExaminationLine:
    if found is None:
        return ExaminationLine(grade=Grade.WARNING, subject=scope, text="no usable reply")
    if found.kind in _SCOPE_REFUSALS:
        grade = Grade.BAD if scope == "contacts.write" else Grade.WARNING
        return ExaminationLine(grade=grade, subject=scope, text=f"missing; needed for {needed}")
    return ExaminationLine(grade=Grade.GOOD, subject=scope, text="granted")


def _judge_custom_fields(found: Reply) -> ExaminationLine:
    fields = [item for item in found.body.get("customFields") or () if isinstance(item, Mapping)]
    odd = sorted(str(item.get("name")) for item in fields if item.get("dataType") in _UNSUPPORTED)
    if odd:
        text = f"{len(fields)}; these kinds cannot be imported: {', '.join(odd[:10])}"
        return ExaminationLine(grade=Grade.WARNING, subject="custom fields", text=text)
    return ExaminationLine(grade=Grade.GOOD, subject="custom fields", text=str(len(fields)))


def _judge_workflows(found: Reply) -> ExaminationLine:
    """Name the workflows that are published: what an import triggers of them cannot be taken back."""
    listed = found.body.get(WORKFLOWS.name)
    names: list[Json] = [
        str(each.get("name", "")).strip()
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, Mapping) and each.get("status") == "published"
    ]
    shown = ", ".join(map(str, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    text = f"{len(names)} published{f': {shown}' if names else ''}"
    return ExaminationLine(grade=Grade.GOOD, subject="workflows", text=text, facts={"published": names})


def _judge_quota(quota: QuotaReading) -> ExaminationLine:
    if quota.burst is None:
        return ExaminationLine(
            grade=Grade.WARNING, subject="quota", text="the replies do not state it; 100 in 10 s is assumed"
        )
    seconds = quota.interval_seconds or 10.0
    text = f"{quota.burst:,} requests in {seconds:g} s"
    if quota.daily_remaining is not None and quota.daily is not None:
        text += f"; {quota.daily_remaining:,} of {quota.daily:,} left today"
        if quota.daily_remaining == 0:
            return ExaminationLine(grade=Grade.BAD, subject="quota", text=f"{text}. Import tomorrow")
    return ExaminationLine(grade=Grade.GOOD, subject="quota", text=text)
