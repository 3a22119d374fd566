"""A mapping file read, checked as a whole, and ready to be laid over a source."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Final

from importer.errors import MappingError
from importer.highlevel.additions import COMPANY, calls_beside, probes_for
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.fields import FieldKind
from importer.highlevel.follow_ups import wanted_listings
from importer.mapping.checks import check, check_rules
from importer.mapping.compiled.layout import named_headers
from importer.mapping.compiled.locations import expand, unset_in
from importer.mapping.language.beside import FOLLOWERS
from importer.mapping.language.model import MappingModel
from importer.mapping.objects import misnamed_fields
from importer.mapping.ready import mapping_file, nearest_ready
from importer.mapping.shared_keys import HolderStore
from importer.mapping.suppressed_people import SuppressedPeople
from importer.mapping.suppression import Suppression
from importer.mapping.survey import Surveyor
from importer.records import Addition, FollowUps, ImportMode, Json, OnUpdate, RowObject, TagMode
from importer.runtime.environment import variables
from importer.settings import ReadingOptions, location_in
from importer.yaml.document import Document, Plain, YamlFault, YamlPath, in_order, parse
from importer.yaml.kinds import read_section
from importer.yaml.section import SectionError, plain_of

_OTHER_FILES: Final = {
    "steps": ("a migration file", "importer migrate FOLDER -m {name}"),
    "jobs": ("a jobs file", "importer serve {name}"),
}
"""Which other files of ours are known by a key that no mapping has: what each is, and which command takes it."""


class Mapping:
    """A checked mapping. ``text`` is the file as written; ``fingerprint`` changes only when its meaning does."""

    def __init__(self, model: MappingModel, *, name: str, text: str, document: Document) -> None:
        self.name = name
        """The file, as it was named."""
        self.text = text
        """The YAML, as it is written."""
        self.model = model
        self._document = document

    @cached_property
    def fingerprint(self) -> str:
        """What it means, as a hash: comments, order and examples change nothing."""
        content = plain_of(self.model, said_only=True)
        content.pop("tests", None)
        normal = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(normal.encode()).hexdigest()

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns that it names."""
        return tuple(dict.fromkeys(named.name for named in named_headers(self.model)))

    @property
    def row_object(self) -> RowObject:
        """What each row becomes: a contact, a company, or something beside a contact."""
        return self.model.object_

    @property
    def mode(self) -> ImportMode:
        """Whether contacts are created, updated, or both."""
        return self.model.mode

    @property
    def tag_mode(self) -> TagMode:
        """Whether tags are added, replaced or taken away."""
        return self.model.tags.mode if self.model.tags is not None else TagMode.ADD

    @property
    def follow_ups(self) -> FollowUps:
        return FollowUps(tag_mode=self.tag_mode, **dict(self.model.after))

    @property
    def fixed_location(self) -> str | None:
        """The location all rows go to; None when a column says it, or the environment variable is not set."""
        rule = self.model.location
        if rule is None or rule.fixed is None:
            return None
        said = expand(rule.fixed, variables())
        return None if said is None else location_in(said)

    @property
    def stated_location(self) -> str | None:
        """The location all rows go to, as the mapping writes it."""
        return self.model.location.fixed if self.model.location is not None else None

    @property
    def unset_variables(self) -> tuple[str, ...]:
        """The environment variables that its location names and nobody set."""
        rule = self.model.location
        if rule is None:
            return ()
        texts = (rule.fixed, rule.default, *(rule.map or {}).values())
        names = (name for text in texts if text for name in unset_in(text, variables()))
        return tuple(dict.fromkeys(names))

    @property
    def location_by_column(self) -> bool:
        """Whether each row names its own location."""
        return self.model.location is not None and self.model.location.fixed is None

    @property
    def location_column(self) -> str | None:
        """The column by which each row names its own location; None where all rows go to one."""
        return None if self.model.location is None else self.model.location.column

    @property
    def sets_tags(self) -> bool:
        return self.model.tags is not None

    @property
    def surveys_duplicates(self) -> bool:
        """Whether it has to be known before the first row is sent which rows are one person's."""
        return self.model.match.in_file_duplicates != "in_order" or self.model.suppress is not None

    @property
    def gives_tags(self) -> bool:
        return self.sets_tags and self.tag_mode is not TagMode.REMOVE

    @property
    def compares(self) -> bool:
        """Whether rows must be compared with the location's contacts before they are sent."""
        policies = (self.model.defaults.on_update, *(rule.on_update for _, rule in self.model.rules))
        held_back = any(policy not in (None, OnUpdate.OVERWRITE) for policy in policies)
        return held_back or self.model.match.by is not None

    @property
    def most_calls_beside(self) -> int:
        """Tell how many calls a row costs at most for what is added beside its contact."""
        wanted = [
            Addition(kind=wish.kind, content={}, applies_to=wish.applies_to, once=wish.once)
            for wish in self.model.wishes
        ]
        wanted += [Addition(kind=kind, content={}) for kind in self._own_kind]
        if (followers := self.model.followers) is not None:
            wanted.append(Addition(kind=FOLLOWERS, content={}, applies_to=followers.applies_to))
        return calls_beside(wanted)

    @property
    def _own_kind(self) -> tuple[str, ...]:
        """The kind of addition that each row is, where no wish says it."""
        return (COMPANY,) if self.row_object is RowObject.COMPANY else ()

    @property
    def needs(self) -> CatalogNeeds:
        model = self.model
        return CatalogNeeds(
            custom_fields=bool(model.custom_fields) or model.other_columns == "custom_fields",
            users="assignedTo" in model.fields
            or model.followers is not None
            or any(part.kind is FieldKind.USER for part in model.parts_beside),
            listings=wanted_listings(self.follow_ups),
            timezones="timezone" in model.fields,
            pipelines=model.opportunity is not None,
            deal_fields=model.opportunity is not None and bool(model.opportunity.custom_fields),
            probes=probes_for((*(wish.kind for wish in model.wishes), *self._own_kind)),
            custom_field_names=tuple(model.custom_fields),
        )

    def reading_options(self, given: ReadingOptions) -> ReadingOptions:
        """Add what the mapping says about its source to what the flags say; flags win."""
        said = self.model.source
        return ReadingOptions(
            sheet=given.sheet if given.sheet is not None else said.sheet,
            header_row=given.header_row if given.header_row is not None else said.header_row,
            encoding=given.encoding if given.encoding is not None else said.encoding,
            delimiter=given.delimiter if given.delimiter is not None else said.delimiter,
            wanted_headers=given.wanted_headers or self.headers,
            password=given.password,
        )

    def locate(self, faults: Iterable[tuple[YamlPath, str]], *, key: bool = False) -> tuple[str, ...]:
        """Write faults with their places in the mapping file; ``key`` points at keys, not at their values."""
        return self._document.locate(self.name, faults, key=key)

    def suppressed_people(self, suppression: Suppression) -> SuppressedPeople:
        """Make what gathers the people of a list over all sources of an import."""
        by = self.model.match.by
        return SuppressedPeople(suppression, by=None if by is None else by.custom_field)

    def surveyor(
        self,
        header: Sequence[str],
        *,
        location_id: str | None,
        today: date,
        allow_transforms: bool = False,
        draft_store: HolderStore | None = None,
        suppressed: SuppressedPeople | None = None,
        writing: Json = None,
    ) -> Surveyor:
        """Lay the mapping over a file's header. Raises MappingError for columns the file lacks, the nearest named.

        ``writing``: what ``BoundMapping.keep_writing`` gave, where some rows of the file are looked at alone.
        """
        return Surveyor(
            self.model,
            header,
            locate=self.locate,
            location=location_id or self.fixed_location,
            today=today,
            allow_transforms=allow_transforms,
            draft_store=draft_store,
            suppressed=suppressed,
            writing=writing,
        )


def load_mapping(path: str | os.PathLike[str]) -> Mapping:
    """Read a mapping file, or the ready mapping of that name where there is no such file.

    Raises MappingError with every fault of it as ``file:line:column: sentence``.
    """
    try:
        text = mapping_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MappingError(f"The mapping {path} is not UTF-8 text; save it as UTF-8.") from None
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else cause
        hint = nearest_ready(path) if isinstance(cause, FileNotFoundError) else ""
        raise MappingError(f"The mapping {path} cannot be read: {reason}.{hint}") from None
    return parse_mapping(text, name=os.fspath(path))


def parse_mapping(text: str, *, name: str = "mapping.yaml") -> Mapping:
    """Read a mapping from its text; ``name`` is what faults call the file. Raises MappingError."""
    parsed = parse(text, MappingModel)
    if parsed.value is None:
        _refuse_other_file(parsed.document.value, name)
    found = check(parsed.value) if parsed.value is not None else _check_sound_rules(parsed.document)
    placed = (YamlFault(parsed.document.spot(path), said) for path, said in found)
    faults = tuple(fault.at(name) for fault in in_order((*parsed.faults, *placed)))
    if parsed.value is None or faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise MappingError(f"The mapping has {count}.", faults=faults)
    return Mapping(parsed.value, name=name, text=text, document=parsed.document)


def _refuse_other_file(plain: Plain, name: str) -> None:
    """Refuse by its name what is written for another command: of a mapping it has faults alone."""
    for key, (what, command) in _OTHER_FILES.items():
        if isinstance(plain, dict) and key in plain and not plain.keys() & {"fields", "custom_fields"}:
            raise MappingError(f"{name} is {what}, not a mapping. It is for: {command.format(name=name)}")


def _check_sound_rules(document: Document) -> Iterator[tuple[YamlPath, str]]:
    """Check each rule that is well formed in a file that is not as a whole: people mend it once, not twice."""
    plain = document.value
    if not isinstance(plain, dict):
        return
    around = {key: plain[key] for key in ("defaults", "object") if key in plain}
    for section in ("fields", "custom_fields"):
        rules = plain.get(section)
        for name, rule in rules.items() if isinstance(rules, dict) else ():
            try:
                alone = read_section(MappingModel, {"version": "1", **around, section: {name: rule}})
            except SectionError:
                continue
            if not list(misnamed_fields(alone)):
                yield from check_rules(alone)
