"""What a run is aimed at, said before its first write, and asked about where somebody is there to answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Final

from importer.errors import ImporterError, SettingsError
from importer.highlevel.catalog import Catalog
from importer.highlevel.reply import Reply
from importer.records import PlanAction, Record, RowObject, value_type
from importer.results.lifts import Lifts
from importer.results.next_steps import TRIAL_ROWS
from importer.results.wording import AUTOMATED, number, rows
from importer.runs.context import RunContext
from importer.runs.intake import Mapped
from importer.runs.resolving import Catalogs
from importer.sending import Sender
from importer.sending.call_state import Unanswered
from importer.state.journal import Run

_LOOKED_UP: Final = 20
"""Rows that the location is asked about: two seconds of its quota."""
_NAMED: Final = 5
_LONGEST_NAME: Final = 80
_BECOMES: Final = {
    PlanAction.CREATE: "to create",
    PlanAction.UPDATE: "to update",
    PlanAction.UNCHANGED: "unchanged",
    PlanAction.SKIP: "skipped",
    PlanAction.FAIL: "failing",
    PlanAction.AMBIGUOUS: "ambiguous",
}


@value_type(frozen=True, slots=True, kw_only=True)
class Target:
    """One location of a run: where to, and how many rows."""

    location_id: str
    name: str = ""
    rows: int = 0
    published_workflows: int | None = None
    """``None``: not read, or the token may not."""

    def __str__(self) -> str:
        name = "".join(sign if sign.isprintable() else " " for sign in self.name).strip()[:_LONGEST_NAME]
        return f"{name} ({self.location_id})" if name else self.location_id


@value_type(frozen=True, slots=True)
class Load:
    """How many rows are left to send, and how many of them a trial takes."""

    left: int
    trial: int | None = None
    plan: str | None = None
    """The plan that is applied; it is sent whole, so that no trial is advised."""

    def __str__(self) -> str:
        if self.trial is None or self.trial >= self.left:
            return rows(self.left)
        return f"a trial of {number(self.trial)} of {rows(self.left)}"


@value_type(frozen=True, slots=True, kw_only=True)
class Glance:
    """What the first rows of the source tell of all of them, or a plan of each."""

    seen: int
    planned: Mapping[PlanAction, int] = field(default_factory=dict)
    """What was decided of the rows, where it was: nobody is looked up then."""
    new: int | None = None
    """Of ``looked_up`` rows, those whose contact the location does not have; None where it could not be asked."""
    looked_up: int = 0
    tags: tuple[str, ...] = ()
    """The most frequent first."""
    lifts: str | None = None
    """What is to be said of rows that may lift somebody's do-not-disturb."""
    row_object: RowObject = RowObject.CONTACT


def targets_of(catalogs: Catalogs, location_rows: Mapping[str, int]) -> tuple[Target, ...]:
    """Name the locations that rows go to, the one with most rows first; those that refuse us are left out."""
    found = [
        Target(
            location_id=location_id,
            name=catalog.name,
            rows=location_rows.get(location_id, 0),
            published_workflows=_published(catalog),
        )
        for location_id, catalog in catalogs.items()
        if isinstance(catalog, Catalog)
    ]
    return tuple(sorted(found, key=lambda target: -target.rows))


def _published(catalog: Catalog) -> int | None:
    workflows = catalog.listed.get("workflows")
    return None if workflows is None else sum(each.status.casefold() == "published" for each in workflows)


def aimed_at(targets: Sequence[Target]) -> str:
    """Say where a run goes to, in words that follow "into"."""
    if len(targets) == 1:
        return str(targets[0])
    named = ", ".join(f"{target}: {rows(target.rows)}" for target in targets[:_NAMED])
    more = f", and {number(len(targets) - _NAMED)} more" if len(targets) > _NAMED else ""
    return f"{number(len(targets))} sub-accounts ({named}{more})"


async def glance(
    mapped: Mapped,
    sender: Sender,
    planned: Mapping[PlanAction, int],
    *,
    lifts: str | None = None,
    row_object: RowObject = RowObject.CONTACT,
) -> Glance:
    """Look at some rows: which tags they bring, and how many of their contacts the location does not have."""
    records = [item for item in mapped if isinstance(item, Record)]
    tags = Counter(tag for record in records for tag in record.tags)
    looked_up = [] if planned else list(_spread(records, _LOOKED_UP))
    new = await _count_new(looked_up, sender)
    return Glance(
        seen=len(mapped),
        planned=planned,
        new=new,
        looked_up=len(looked_up),
        tags=tuple(tag for tag, _ in tags.most_common()),
        lifts=lifts,
        row_object=row_object,
    )


def lifts_sentence(found: Lifts) -> str | None:
    """Say how many rows let somebody be written to that said no; None for none."""
    unasked = found.rows - found.asked
    if not unasked:
        return (
            f"lifts: {number(found.lifting)}. So many rows lift a contact's do-not-disturb: somebody who said no is written to again."
            if found.lifting
            else None
        )
    return (
        f"lifts: up to {number(found.lifting + unasked)} of {rows(found.rows)} that switch do-not-disturb off, also for whoever said no in "
        f"HighLevel meanwhile: {number(found.lifting)} for certain; of {number(unasked)} it cannot be told beforehand."
    )


def _spread(records: Sequence[Record], most: int) -> Iterator[Record]:
    findable = [each for each in records if each.fields.get("email") or each.fields.get("phone")]
    step = max(len(findable) / most, 1.0)
    for index in range(min(most, len(findable))):
        yield findable[int(index * step)]


async def _count_new(records: Sequence[Record], sender: Sender) -> int | None:
    """Count those whom nobody knows; None where the location does not say, which is no reason not to import."""
    found = await asyncio.gather(*map(sender.find, records), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, ImporterError):
            raise each
    if not found or any(isinstance(each, Reply | Unanswered | BaseException) for each in found):
        return None
    return sum(each is None for each in found)


def explanation(
    targets: Sequence[Target], load: Load, seen: Glance, last: Run | None, *, misfits: Iterable[str] = ()
) -> str:
    """Say all that somebody needs to know before the first write; several lines."""
    return "\n".join(
        [
            f"Into {aimed_at(targets)}: {load}{_decided(load, seen) or _new(load.left, seen)}.",
            *_tags(load.left, seen.tags, seen.seen),
            *([] if seen.lifts is None else [seen.lifts]),
            *_workflows(targets, seen.row_object),
            *dict.fromkeys(misfits),
            *_first_time(load, last),
            *([] if (moved := elsewhere(targets, last)) is None else [moved]),
        ]
    )


def elsewhere(targets: Sequence[Target], last: Run | None) -> str | None:
    """Say that the mapping went to another location last time; None where it did not."""
    if last is None or last.location_id is None or len(targets) != 1:
        return None
    if last.location_id == targets[0].location_id:
        return None
    when = f"{datetime.fromtimestamp(last.started_at, UTC).astimezone():%Y-%m-%d}"
    return f"This mapping last went into another location: {last.location_id}, on {when} (run {last.id})."


def say_if_moved(context: RunContext, targets: Sequence[Target], last: Run | None) -> None:
    """Say that the mapping went elsewhere last time, where nobody is there to be asked."""
    if (moved := elsewhere(targets, last)) is not None:
        context.progress.message(f"{moved} This run goes into {aimed_at(targets)}.")


def overruled(targets: Sequence[Target], fixed: str | None) -> Iterator[str]:
    """Say that the mapping names another location than the one that was asked for."""
    if fixed is not None and [target.location_id for target in targets] != [fixed]:
        yield f"The mapping itself names another location: {fixed}."


def _decided(load: Load, seen: Glance) -> str:
    becomes = {**_BECOMES, PlanAction.UPDATE: "to add"} if seen.row_object.beside else _BECOMES
    counts = [
        f"{number(seen.planned[each])} {word}" for each, word in becomes.items() if seen.planned.get(each)
    ]
    by = "compared with its contacts" if load.plan is None else f"by plan {load.plan}"
    return f", {by}: {', '.join(counts)}" if counts else ""


def _new(left: int, seen: Glance) -> str:
    if seen.new is None or not seen.looked_up:
        return ""
    if seen.row_object.beside:
        return f"; of {number(seen.looked_up)} that were looked up, {number(seen.new)} have no contact there, and would fail"
    if seen.new in {0, seen.looked_up}:
        about = "all of them new" if seen.new else "none of them new"
    else:
        about = f"about {number(_round(left * seen.new / seen.looked_up))} of them new"
    return f", {about}, judging by {number(seen.looked_up)} that {'was' if seen.looked_up == 1 else 'were'} looked up"


def _round(count: float) -> float:
    """Leave no more digits than a sample can know."""
    return round(count, -1) if count >= 100 else max(round(count), 1)


def _tags(left: int, tags: Sequence[str], seen: int) -> Iterator[str]:
    if tags:
        more = f", and {number(len(tags) - _NAMED)} more" if len(tags) > _NAMED else ""
        where = "" if seen >= left else f" (of the first {rows(seen)})"
        yield f"Tags{where}: {', '.join(tags[:_NAMED])}{more}."


def _first_time(load: Load, last: Run | None) -> Iterator[str]:
    if last is None and load.trial is None and load.plan is None and load.left > TRIAL_ROWS:
        yield f"It is the first import by this mapping: --trial {TRIAL_ROWS} sends so many rows, to be looked at, and stops."


def _workflows(targets: Iterable[Target], row_object: RowObject) -> Iterator[str]:
    automated = AUTOMATED.get(row_object)
    known = [each.published_workflows for each in targets if each.published_workflows is not None]
    if automated and (count := sum(known)):
        plural = "1 published workflow" if count == 1 else f"{number(count)} published workflows"
        yield f"{plural} there; any may react to {automated}, and no undo takes back what they do."


async def confirm(context: RunContext, asked: str, moved: str | None, load: Load) -> None:
    """Ask before the first write, and once more where the mapping went elsewhere last time. Raises SettingsError."""
    if context.confirm is None:
        return
    agreed = await context.confirm(f"{asked}\nSend them?")
    if agreed and moved is not None:
        agreed = await context.confirm("Into another location than last time: is that meant?")
    if not agreed:
        otherwise = (
            "Name another sub-account with --location"
            if load.plan is None
            else "The plan stays as it is, to be applied later"
        )
        raise SettingsError(f"Nothing was sent. {otherwise}; --yes sends without this question.")
