"""The nouns that travel: row, fault, record, attempt, outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import FunctionType
from typing import Any, Final, NamedTuple, Self, TypeAlias, TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True)
def value_type(*, eq: bool = True, **options: bool) -> Callable[[type[_Class]], type[_Class]]:
    """Make a dataclass that compares, hashes and shows itself as a frozen one; frozen for the type checker alone.

    A frozen dataclass writes and compiles six methods of its own, which takes half a millisecond: for all the classes
    of the package a quarter of the time that ``importer check`` needs for a few rows. And it sets each field by way of
    ``object.__setattr__``, which takes twice as long, while a row passes through a dozen of such objects on its way.
    ``__init__`` alone is compiled, and only for the first object of a class: of every other class a small run makes none.
    """

    def make(own: type[_Class]) -> type[_Class]:
        own.__doc__ = own.__doc__ or own.__name__  # else a dataclass looks for a signature to say instead
        made = dataclass(**{**options, "init": False, "frozen": False, "eq": False, "repr": False})(own)
        if "__init__" not in vars(own):
            _write_init_when_called(made)
        if "__repr__" not in vars(own):
            made.__repr__ = _shown  # type: ignore[method-assign]
        if eq:
            _compare_by_value(made)
        return made

    return make


def _write_init_when_called(made: type[Any]) -> None:
    def first(self: object, *given: object, **named: object) -> None:
        made.__init__ = _written_init(made)
        made.__init__(self, *given, **named)

    made.__init__ = first


def _written_init(made: type[Any]) -> Callable[..., None]:
    """Write ``__init__`` as a dataclass has it: each field is taken, and set."""
    by_place: list[str] = []
    by_name: list[str] = []
    lines: list[str] = []
    known: dict[str, Any] = {"MISSING": MISSING}
    for each in fields(made):
        taken = given = each.name
        if each.default_factory is not MISSING:
            taken += "=MISSING"
            given = f"make_{each.name}() if {given} is MISSING else {given}"
            known[f"make_{each.name}"] = each.default_factory
        elif each.default is not MISSING:
            taken += f"=usual_{each.name}"
            known[f"usual_{each.name}"] = each.default
        (by_name if each.kw_only else by_place).append(taken)
        lines.append(f" self.{each.name} = {given}\n")
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()\n")
    takes = ", ".join(["self", *by_place, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({takes}):\n{''.join(lines) or ' pass'}", known)  # noqa: S102  (names of fields alone, as dataclasses do)
    written: FunctionType = known["__init__"]
    written.__qualname__, written.__module__ = f"{made.__qualname__}.__init__", made.__module__
    return written


def _shown(self: Any) -> str:
    parts = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(parts)})"


def _compare_by_value(made: type[Any]) -> None:
    """Let two of a kind be equal when their fields are; ``__class__`` stands in where there is none to compare."""
    value_of = attrgetter(*([each.name for each in fields(made) if each.compare] or ["__class__"]))

    def equal(self: object, other: object) -> bool:
        return value_of(self) == value_of(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(value_of(self))

    made.__eq__, made.__hash__ = equal, hashed  # type: ignore[assignment]


RowId: TypeAlias = int
"""A row of a run: the source's index times 2**32, plus the row number a spreadsheet shows; sorts in source order."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

TypedValue: TypeAlias = int | float | Decimal | bool | date | datetime | time | timedelta


def row_id(source: int, number: int) -> RowId:
    return source << 32 | number


def source_of(row: RowId) -> int:
    return row >> 32


def number_of(row: RowId) -> int:
    return row & 0xFFFF_FFFF


class TypedText(str):
    """The text a person reads in a workbook's cell, with the value that the workbook stores behind it."""

    __slots__ = ("value",)
    value: TypedValue

    def __new__(cls, text: str, value: TypedValue) -> Self:
        self = super().__new__(cls, text)
        self.value = value
        return self

    def __getnewargs__(self) -> tuple[str, TypedValue]:  # type: ignore[override]  # pickle hands both to __new__
        return str(self), self.value


@value_type(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with one row: a stable code, a sentence for a person, and where it stands.

    ``fails`` tells a fault that ends the row from a warning that travels with it. The sentence may quote a
    cell, so it stays out of ``repr`` and logs.
    """

    code: str
    message: str = field(repr=False)
    column: str | None = None
    fails: bool = True


@value_type(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as the file has it; a row with too many or too few cells is handed over as it stands."""

    number: int
    """The number that a spreadsheet shows."""
    cells: tuple[str, ...] = field(repr=False)
    """Its texts, one for each column of the header."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with it as a row."""


@value_type(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive non-blank rows of one source.

    Every row is as wide as the header, save those with a failing fault. ``faults`` goes by index in the block.
    """

    source: int
    numbers: Sequence[int]
    rows: Sequence[Sequence[str]] = field(repr=False)
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)
    plain: bool = False
    """Each cell is known to be a text and nothing more, as in a CSV file; else some may be ``TypedText``."""

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Row]:
        for index, (number, cells) in enumerate(zip(self.numbers, self.rows, strict=True)):
            yield Row(number=number, cells=tuple(cells), faults=self.faults.get(index, ()))

    def only(self, places: Sequence[int]) -> Block:
        """Take some rows alone, by their places in ascending order."""
        return Block(
            source=self.source,
            numbers=[self.numbers[place] for place in places],
            rows=[self.rows[place] for place in places],
            faults={index: self.faults[place] for index, place in enumerate(places) if place in self.faults},
            plain=self.plain,
        )

    def head(self, rows: int) -> Block:
        return Block(
            source=self.source,
            numbers=self.numbers[:rows],
            rows=self.rows[:rows],
            faults={index: faults for index, faults in self.faults.items() if index < rows},
            plain=self.plain,
        )


def limited(blocks: Iterable[Block], limit: int | None) -> Iterator[Block]:
    """Pass on the first ``limit`` rows; all of them when there is no limit."""
    for block in blocks:
        if limit is None:
            yield block
            continue
        if len(block) >= limit:
            yield block.head(limit)
            return
        limit -= len(block)
        yield block


class Status(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    FAILED = "failed"
    PENDING = "pending"


class PlanAction(StrEnum):
    """What a plan says becomes of a row."""

    CREATE = "create"
    """A contact would be made."""
    UPDATE = "update"
    """A contact would be changed, as the plan's line says."""
    UNCHANGED = "unchanged"
    """The contact holds all of it already."""
    SKIP = "skip"
    """The row would be left out, by the mapping's rows or mode."""
    FAIL = "fail"
    """The row is not valid, or would be refused."""
    AMBIGUOUS = "ambiguous"
    """The row could be several people."""


class OnUpdate(StrEnum):
    """What a rule may do to a contact that exists."""

    OVERWRITE = "overwrite"
    IF_BLANK = "if_blank"
    NEVER = "never"
    APPEND = "append"


class Remedy(StrEnum):
    NONE = "none"
    FIX_ROW = "fix_row"
    RUN_AGAIN = "run_again"


class TagMode(StrEnum):
    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class ImportMode(StrEnum):
    UPSERT = "upsert"
    CREATE_ONLY = "create_only"
    UPDATE_ONLY = "update_only"


class RowObject(StrEnum):
    """What each row of a file becomes: a contact, something beside a contact that is there, or a company."""

    CONTACT = "contact"
    OPPORTUNITY = "opportunity"
    NOTE = "note"
    TASK = "task"
    COMPANY = "company"

    @property
    def beside(self) -> bool:
        """Whether it belongs to a contact that the row only finds, and writes nothing of."""
        return self not in {RowObject.CONTACT, RowObject.COMPANY}


class FollowUpFor(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    ALL = "all"


class FollowUpState(StrEnum):
    """How far one follow-up of a row is known to have come; without a state it was not begun."""

    SENT = "sent"
    """About to be sent when it was written down: whether it was sent, and done, is not known."""
    DONE = "done"
    OPEN = "open"
    """It was sent, or about to be, and was surely not done."""


@value_type(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a row wants added beside its contact: a note, say. ``kind`` names it as journals and results do.

    ``content``: what it holds, under the vendor's names. ``once``: not where the contact has the same already.
    ``place``: which of the mapping's wishes it is. ``number``: which of several of its file that are known by the same
    and say otherwise. ``rival``: the row before it that brings the contact a deal in the same pipeline.
    """

    kind: str
    content: Mapping[str, Json] = field(repr=False)
    place: int = 0
    applies_to: FollowUpFor = FollowUpFor.ALL
    once: bool = True
    number: int = 1
    rival: RowId | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class Added:
    """What stands beside a contact for an addition. ``made``: this run put it there; else it was there.

    ``digest`` is of what it says, by which a later row or run knows it again.
    """

    kind: str
    location_id: str
    contact_id: str
    id: str
    made: bool
    digest: str


@value_type(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file that a row names for a custom field, read whole."""

    name: str = field(repr=False)
    media_type: str
    digest: str
    """SHA-256 of its bytes, in hex."""
    content: bytes = field(repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class Record:
    """A row after mapping: values under the vendor's own field names, ready to be built into a payload.

    ``fields`` holds standard properties (``None`` asks the vendor to clear one, also a custom field); ``dndSettings`` and
    ``inboundDndSettings`` are in it in the 2021-07-28 spelling. ``custom_fields`` are pairs of the field's
    reference (its id once resolved against the location, before that what the mapping says) and the value.
    ``additions`` are for beside the contact.
    ``contact_id`` is set when the row names the contact itself. ``country_guessed``: the row does not say its country,
    the mapping's default stands in ``fields``; known until the custom fields are resolved. ``upsert`` is the payload in
    that spelling as JSON, where it was built ahead. ``clears_tags``: it has no tags, and the contact is to have none.
    """

    row: RowId
    location_id: str
    fields: Mapping[str, Json] = field(repr=False)
    custom_fields: tuple[tuple[str, Json], ...] = field(default=(), repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    additions: tuple[Addition, ...] = field(default=(), repr=False)
    contact_id: str | None = None
    warnings: tuple[Fault, ...] = ()
    country_guessed: bool = field(default=False, compare=False)
    upsert: bytes | None = field(default=None, repr=False, compare=False)
    planned: Planned | None = None
    clears_tags: bool = False

    def built(self, upsert: bytes) -> Record:
        """Put its payload beside it."""
        made: Any = record_of(*state_of(self))
        made.upsert = upsert
        return made  # type: ignore[no-any-return]

    def resolved(
        self,
        *,
        fields: Mapping[str, Json],
        custom_fields: tuple[tuple[str, Json], ...],
        additions: tuple[Addition, ...],
        warnings: tuple[Fault, ...],
    ) -> Record:
        """Put in what its location takes of it; a guessed country was of use until then."""
        # Every row passes here: to give all fields by name takes twice as long.
        made: Any = record_of(*state_of(self))
        made.fields, made.custom_fields = fields, custom_fields
        made.additions, made.warnings = additions, warnings
        made.country_guessed = False
        return made  # type: ignore[no-any-return]

    # A row crosses to the process that sends it in a pickle: as a bare tuple, without the names, for a fifth less.

    def __reduce__(self) -> tuple[Callable[..., Record], tuple[Any, ...]]:
        return record_of, state_of(self)


state_of: Final[Callable[[Record], tuple[Any, ...]]] = attrgetter(*(each.name for each in fields(Record)))
"""Gives a record's fields in order."""


def record_of(*state: Any) -> Record:
    """Make a record of its fields in order; by name, each costs a look-up more."""
    made: Any = object.__new__(Record)
    (
        made.row, made.location_id, made.fields, made.custom_fields, made.tags, made.additions, made.contact_id,
        made.warnings, made.country_guessed, made.upsert, made.planned, made.clears_tags,
    ) = state  # fmt: skip
    return made  # type: ignore[no-any-return]


@value_type(frozen=True, slots=True, kw_only=True)
class Change:
    """One field's old and new value. ``reference``: the field's name, or a custom field's id."""

    reference: str
    name: str
    """For people: a custom field by its name."""
    old: Json = field(repr=False)
    new: Json = field(repr=False)
    data_type: str | None = None
    """A custom field's, in the vendor's spelling."""
    unseen: bool = False
    """The old value is not known: the search does not show it."""

    @property
    def custom(self) -> bool:
        return self.data_type is not None


@value_type(frozen=True, slots=True, kw_only=True)
class Planned:
    """What was decided of a row beforehand, where a comparison came before the sending.

    ``creates``: nobody was found, so that no contact may be updated. ``changes``: what the row changes; where that
    overwrites something, the contact must still hold the old values. ``made_by``: the row that makes its contact, and
    without which there is nobody to change. ``end``: how it ends without a call, once that contact is there.
    ``tags_before``: where all of the contact's tags are replaced, those that it must still have. ``wanted``: the whole
    row, where it may be decided anew.
    """

    changes: tuple[Change, ...] = ()
    tags_added: tuple[str, ...] = field(default=(), repr=False)
    tags_removed: tuple[str, ...] = field(default=(), repr=False)
    creates: bool = False
    made_by: RowId | None = None
    end: Outcome | None = None
    tags_before: frozenset[str] | None = field(default=None, repr=False)
    wanted: Record | None = field(default=None, repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """What a row would do to which contact, and why."""

    row: RowId
    action: PlanAction
    location_id: str | None = None
    contact_id: str | None = None
    changes: tuple[Change, ...] = ()
    tags_added: tuple[str, ...] = field(default=(), repr=False)
    tags_removed: tuple[str, ...] = field(default=(), repr=False)
    code: str | None = None
    reason: str | None = field(default=None, repr=False)
    warnings: tuple[Fault, ...] = ()


@value_type(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a row ended."""

    row: RowId
    status: Status
    location_id: str | None = None
    contact_id: str | None = None
    code: str | None = None
    message: str | None = field(default=None, repr=False)
    remedy: Remedy = Remedy.NONE
    warnings: tuple[Fault, ...] = ()
    http_status: int | None = None
    attempts: int = 0
    trace_id: str | None = None
    faults: tuple[Fault, ...] = ()
    """What was wrong with the row, one by one, where the mapping found it; not kept in the journal."""
    added: tuple[Added, ...] = ()
    """What stands beside the contact for the row; comes with an outcome that is read from the journal."""
    by_date: bool = field(default=False, compare=False)
    """As of ``Landed``."""


@value_type(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the journal knows of a row before its first attempt is sent.

    ``first_attempt_at`` is the vendor's clock, in seconds since the epoch: a contact whose ``dateAdded`` is not
    earlier was made by this row. ``exact`` is True when the intent was written right before the attempt, so
    that without it nothing was sent; False when it was written for a batch that may not have gone out.
    ``last_attempt_at`` is our wall clock: no attempt leaves later without being written down anew, so that whoever
    finds the row in doubt knows for how long the vendor may yet be at work on it. None: an older importer did not say.
    No ``attempts``: it was taken back by an orderly stop, and nothing was sent after all.
    """

    row: RowId
    location_id: str
    first_attempt_at: float
    last_attempt_at: float | None = None
    attempts: int = 1
    exact: bool = False


@value_type(frozen=True, slots=True, kw_only=True)
class FollowUpMark:
    """What the journal knows of one follow-up of a landed row; ``name`` is one of the table of follow-ups.

    ``added``: what a done one came to, beside the contact; written with it, and read back with the row's outcome.
    """

    row: RowId
    name: str
    state: FollowUpState
    added: Added | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class Landed:
    """A row whose upsert was answered while follow-ups of it (tags, workflow) are still due.

    ``marks`` comes with a row that is read from the journal: which of its follow-ups are done, or may be.
    ``first_attempt_at`` is that of its intent: what is beside the contact since before is not the row's.
    ``by_date``: that the row created it is told by the contact's date alone, and no reply said so; the journal keeps it.
    """

    row: RowId
    location_id: str
    status: Status
    contact_id: str
    http_status: int
    attempts: int
    trace_id: str | None = None
    warnings: tuple[Fault, ...] = ()
    first_attempt_at: float | None = field(default=None, compare=False)
    by_date: bool = field(default=False, compare=False)
    marks: tuple[FollowUpMark, ...] = ()


class ImagePart(StrEnum):
    """What of a before-image one line of the journal holds."""

    VALUES = "values"
    """Known before the row is sent; its tags as well, where they were."""
    TAGS = "tags"
    """Known by the reply to the upsert, which says what the contact had before its tags came."""


@value_type(frozen=True, slots=True, kw_only=True)
class BeforeImage:
    """What a row found at its contact: the values that it writes over, and which tags it really adds or takes.

    ``tags_added`` is None where it is not known which of the row's tags the contact had.
    """

    row: RowId
    contact_id: str
    part: ImagePart
    changes: tuple[Change, ...] = ()
    tags_added: tuple[str, ...] | None = field(default=None, repr=False)
    tags_removed: tuple[str, ...] = field(default=(), repr=False)

    def followed_by(self, later: BeforeImage) -> BeforeImage:
        """Take in what a later attempt of the row found: what somebody changed since, but not what the row itself wrote."""
        if self.part is not ImagePart.VALUES:
            return self
        if later.contact_id != self.contact_id:
            return later
        known = {change.reference: change for change in self.changes}
        for change in later.changes:
            before = known.get(change.reference)
            if before is None or change.old != before.new:
                known[change.reference] = change
        return replace(self, changes=tuple(known.values()))


class UndoStatus(StrEnum):
    """What taking back came to, for one row."""

    DELETED = "deleted"
    """The run made the contact, and it is gone."""
    RESTORED = "restored"
    """The contact has its old values back."""
    KEPT = "kept"
    """Somebody changed it since, or it cannot be proven to be ours."""
    FAILED = "failed"
    """The vendor refused, or could not be asked."""
    NOTHING = "nothing"
    """The row changed nothing."""
    BEGUN = "begun"
    """Written down before the call that deletes or restores: whether it was sent is not known."""


@value_type(frozen=True, slots=True, kw_only=True)
class UndoLine:
    """How a row was taken back, or why not."""

    row: RowId
    status: UndoStatus
    contact_id: str | None = None
    reason: str = field(default="", repr=False)


RowState: TypeAlias = Intent | Landed | Outcome
"""What the journal knows of a row: it may have been sent, it landed, or it is settled. No state: never sent."""


class MatchKey(StrEnum):
    """What the vendor finds a contact by; the values are the names of the fields."""

    EMAIL = "email"
    PHONE = "phone"


class Contradiction(StrEnum):
    """What a row says otherwise than a row before it that is taken for the same person."""

    NAME = "name"
    OTHER_KEY = "other_key"
    """It has no name that could tell, and brings another phone, or another e-mail."""


class Said(NamedTuple):
    """What the first rows with a key said of who has it, as hashes; 0 where none of them said anything."""

    other: int = 0
    first: int = 0
    last: int = 0


class KeyHolder(NamedTuple):
    """Who a match key belongs to: hashes of the other key and of both parts of the name, 0 where there is none.

    ``run`` and ``row`` tell which row holds the key in the newest run that met it; the three claims are of that run's rows.
    """

    other: int
    first: int
    last: int
    run: int
    row: RowId
    several_names: bool = False
    several_others: bool = False
    joined: bool = False
    """A later row of the run is the same person."""
    said: Said | None = None
    """What all rows said that hold the key, those that cannot be told apart by it as well; None: no more than that."""
    before: Contradiction | None = None
    """What ``row`` said otherwise than an earlier run."""

    def all_said(self) -> Said:
        return self.said or Said(self.other, self.first, self.last)


@value_type(frozen=True, slots=True, kw_only=True)
class KeyLink:
    """A row that shares a match key with a row before it. ``apart``: they are different people."""

    row: RowId
    key: MatchKey
    group: int
    """The key, as a hash; what has the same one is one group."""
    first: RowId | None
    """The row that holds the key; None where an earlier import brought the holder."""
    apart: bool
    contradiction: Contradiction | None = None
    """What it says otherwise, where they are taken for the same person."""


@value_type(frozen=True, slots=True, kw_only=True)
class FollowUps:
    """What happens to a contact after its upsert, the same for every row of a run.

    The table of follow-ups (``importer.highlevel.follow_ups``) finds what it wants here by the kind's name.
    """

    tag_mode: TagMode = TagMode.ADD
    workflow: str | None = None
    """Name or id; resolved against the location before the first row is sent."""
    campaign: str | None = None
    applies_to: FollowUpFor = FollowUpFor.ALL


@value_type(frozen=True, slots=True, kw_only=True)
class Pulse:
    """One stretch of sending in one location, for the report: counts, and latencies in milliseconds."""

    location_id: str
    started_at: float
    seconds: float
    requests: int = 0
    throttled: int = 0
    retries: int = 0
    settled: int = 0
    latency_p50: float = 0.0
    latency_p95: float = 0.0
    latency_max: float = 0.0
    daily_remaining: int | None = None
    verified: int = 0
    """Contacts that were read back."""
    differing: int = 0
    """Of those, the ones that hold something else than was sent."""


@value_type(frozen=True, slots=True, kw_only=True)
class Append:
    """What one append to the journal writes, all or none: a person's later row must not be known before the earlier one.

    ``withdrawn``: what was known of rows before they were intended; they were not sent after all.
    """

    intents: Sequence[Intent] = ()
    withdrawn: Sequence[Intent] = ()
    images: Sequence[BeforeImage] = ()
    landed: Sequence[Landed] = ()
    marks: Sequence[FollowUpMark] = ()
    outcomes: Sequence[Outcome] = ()


@value_type(frozen=True, slots=True, kw_only=True)
class QuotaMark:
    """What must be remembered of a location's quota so that a restart does not overdraw it.

    ``in_window`` requests were answered or still open in the burst window that ends at ``at`` (seconds since the
    epoch); ``used_today`` and ``daily_remaining`` are of the vendor's day that holds ``at``. ``slowest_seconds`` is
    the longest that a reply has been waited for: the vendor may take as long with one that was lost.
    """

    location_id: str
    at: float
    in_window: int
    used_today: int
    daily_remaining: int | None = None
    slowest_seconds: float = 0.0


@value_type(frozen=True, slots=True, kw_only=True)
class Since:
    """What became of the rows that a run left failed or pending, in the runs that imported them corrected."""

    successors: tuple[str, ...]
    """Those runs, oldest first."""
    failed: int
    corrected: int

    @property
    def left(self) -> int:
        return self.failed - self.corrected


@value_type(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows by outcome; ``read`` is their sum, always."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    pending: int = 0

    @property
    def read(self) -> int:
        return self.created + self.updated + self.skipped + self.failed + self.pending
