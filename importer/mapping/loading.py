"""A mapping file read, checked as a whole, and ready to be laid over a source."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from importer.errors import MappingError
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.fields import FIELDS, Kind
from importer.mapping.layout import named_headers
from importer.mapping.locations import expand
from importer.mapping.model import MappingModel
from importer.mapping.own import OwnSteps
from importer.mapping.readers import Circumstances, kind_reader
from importer.mapping.survey import Surveyor
from importer.mapping.values.dates import DateRules
from importer.mapping.values.finding import Finding
from importer.records import FollowUps, ImportMode, TagMode
from importer.settings import ReadingOptions
from importer.yamlfile import Document, YamlFault, YamlPath, parse


class Mapping:
    """A checked mapping. ``text`` is the file as written; ``fingerprint`` changes only when its meaning does."""

    def __init__(self, model: MappingModel, *, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.model = model

    @cached_property
    def fingerprint(self) -> str:
        content = self.model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        normal = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(normal.encode()).hexdigest()

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _ in named_headers(self.model)))

    @property
    def mode(self) -> ImportMode:
        return self.model.mode

    @property
    def tag_mode(self) -> TagMode:
        return self.model.tags.mode if self.model.tags is not None else TagMode.ADD

    @property
    def follow_ups(self) -> FollowUps:
        after = self.model.after
        return FollowUps(
            tag_mode=self.tag_mode,
            workflow=after.workflow,
            campaign=after.campaign,
            applies_to=after.applies_to,
        )

    @property
    def fixed_location(self) -> str | None:
        """The location all rows go to; None when a column says it, or the environment variable is not set."""
        rule = self.model.location
        if rule is None or rule.fixed is None:
            return None
        return expand(rule.fixed, os.environ)

    @property
    def location_by_column(self) -> bool:
        """Whether each row names its own location."""
        return self.model.location is not None and self.model.location.fixed is None

    @property
    def sets_tags(self) -> bool:
        return self.model.tags is not None

    @property
    def needs(self) -> CatalogNeeds:
        model = self.model
        return CatalogNeeds(
            custom_fields=bool(model.custom_fields),
            users="assignedTo" in model.fields,
            workflows=model.after.workflow is not None,
            campaigns=model.after.campaign is not None,
            timezones="timezone" in model.fields,
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

    def surveyor(
        self, header: Sequence[str], *, location_id: str | None, today: date, allow_transforms: bool = False
    ) -> Surveyor:
        """Lay the mapping over a file's header. Raises MappingError for columns the file lacks, the nearest named."""
        return Surveyor(
            self.model,
            header,
            location=location_id or self.fixed_location,
            today=today,
            allow_transforms=allow_transforms,
        )


def load_mapping(path: str | os.PathLike[str]) -> Mapping:
    """Read a mapping file. Raises MappingError with every fault of it as ``file:line:column: sentence``."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MappingError(f"The mapping {path} is not UTF-8 text; save it as UTF-8.") from None
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else cause
        raise MappingError(f"The mapping {path} cannot be read: {reason}.") from None
    return parse_mapping(text, name=os.fspath(path))


def parse_mapping(text: str, *, name: str = "mapping.yaml") -> Mapping:
    """Read a mapping from its text; ``name`` is what faults call the file. Raises MappingError."""
    parsed = parse(text, MappingModel)
    faults = parsed.faults
    if parsed.value is not None:
        faults = tuple(_check(parsed.value, parsed.document))
    if parsed.value is None or faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise MappingError(f"The mapping has {count}.", faults=tuple(fault.at(name) for fault in faults))
    return Mapping(parsed.value, name=name, text=text)


def _check(model: MappingModel, document: Document) -> Iterator[YamlFault]:
    """Find what no single key shows: constants that cannot be read, rules that need each other."""
    for path, sentence in (*_constants(model), *_identity(model), *_switches(model)):
        yield YamlFault(document.spot(path), sentence)


def _constants(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    today = datetime.now(tz=UTC).date()
    for name, rule in model.fields.items():
        kind = FIELDS[name].kind
        dates = DateRules(
            today=today,
            order=rule.date_order or model.defaults.date_order,
            formats=rule.format or (),
            birthday=kind is Kind.DATE_OF_BIRTH,
        )
        around = Circumstances(dates=dates, defaults=model.defaults, own=OwnSteps((), allowed=False))
        for key, text in (("value", rule.value), ("default", rule.default)):
            if text and (reader := kind_reader(kind, rule, around)) is not None:
                found = reader(text)
                if isinstance(found, Finding) and found.fails:
                    yield ("fields", name, key), f"{found.sentence}."


def _identity(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    required = model.match.require
    if required is not None and not set(required) & set(model.fields):
        yield ("match", "require"), f"No rule fills {' or '.join(required)}, so every row would fail."
    if required is None and not {"email", "phone", "id"} & set(model.fields):
        yield ("fields",), "No rule fills email or phone (or id); the vendor refuses contacts without."


def _switches(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for name in model.fields:
        parent, _, last = name.rpartition(".")
        if last in {"message", "code"} and parent not in model.fields:
            yield (
                ("fields", name),
                f"{name!r} needs a rule for {parent!r}; the vendor takes it with a status alone.",
            )
