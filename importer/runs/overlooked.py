"""What a mapping overlooks in a file: columns it does not find, refusals that no rule reads, names the wrong way round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from importer.highlevel.payload import NOT_IN_UPSERT
from importer.mapping import Mapping
from importer.mapping.compiled.headers import HeaderIndex
from importer.mapping.compiled.layout import named_headers
from importer.mapping.fit import misfit
from importer.mapping.language.model import MappingModel
from importer.reading import Source
from importer.suggestion.consent.strangers import consents
from importer.suggestion.consent.switches import ConsentUnclear, Switch
from importer.suggestion.evidence import Column
from importer.suggestion.names import is_last_name_first
from importer.suggestion.sampling import sampled_columns

_NAMES = ("name", "firstName", "lastName")


def overlooked(mapping: Mapping, source: Source) -> tuple[str, ...]:
    """Say what a careful person would ask about before the import, by a sample of the rows."""
    columns = sampled_columns(source)
    index = HeaderIndex(source.header)
    unfit = misfit(mapping.model, source.header)
    return (
        *([] if unfit is None else [unfit]),
        *_refusals(mapping.model, columns, index),
        *_names(mapping.model, columns, index),
        *_links(mapping.model, source),
        *_unsent(mapping.model),
    )


def _refusals(model: MappingModel, columns: Sequence[Column], index: HeaderIndex) -> Iterator[str]:
    read = _places(_headers_about_consent(model), index)
    mapped = _places((named.name for named in named_headers(model)), index)
    for answer in consents(columns):
        column = answer.column
        if column.place in read:
            continue
        match answer:
            case ConsentUnclear(supposed=True) if column.place in mapped:
                pass  # whoever maps it has understood its header
            case Switch(explicit=explicit, refused=refused, fields=fields) if explicit or refused:
                yield (
                    f"Column {column.header!r} says who opted out, and no rule for do-not-disturb uses it: "
                    f"people who refused would be written to. Map it to {' and '.join(fields)}."
                )
            case ConsentUnclear(why=why, supposed=supposed):
                looks = "may be" if supposed else "looks like"
                yield (
                    f"Column {column.header!r} {looks} consent (an opt-in or opt-out), no rule for do-not-disturb "
                    f"uses it, and {why}. Decide whom it keeps from being written to."
                )
            case Switch():
                pass


def _headers_about_consent(model: MappingModel) -> Iterator[str]:
    """Give the headers that decide who is written to: by do-not-disturb, or by leaving the row out."""
    for name, rule in model.fields.items():
        if name.startswith(("dnd", "inboundDnd")):
            yield from rule.headers
    for test in (*model.rows.only_if, *model.rows.skip_if):
        yield test.column


def _names(model: MappingModel, columns: tuple[Column, ...], index: HeaderIndex) -> Iterator[str]:
    for name in _NAMES:
        rule = model.fields.get(name)
        if rule is None or rule.transforms or rule.template is not None:
            continue
        for place in _places(rule.headers, index):
            if is_last_name_first(columns[place]):
                yield (
                    f"Column {columns[place].header!r} is written last name first, with a comma, and goes to {name} as it "
                    "stands. The transforms first_name, last_name and full_name turn it round."
                )


def _links(model: MappingModel, source: Source) -> Iterator[str]:
    """Point out a column that is taken for addresses, and only leads to them."""
    rule = model.fields.get("email")
    used = set(rule.headers if rule is not None else ())
    for shown, name in source.detected.link_columns:
        if shown in used and name not in used:
            yield f"Column {shown!r} goes to email and shows no addresses: its links lead to them. Map {name!r}, in which they stand."


def _unsent(model: MappingModel) -> Iterator[str]:
    """Name the fields that only an update by id carries, in a mapping that names nobody by id."""
    if "id" not in model.fields:
        for name in NOT_IN_UPSERT:
            if name in model.fields:
                yield (
                    f"Field {name!r} is not sent: HighLevel takes it for a contact that is named by its id only. "
                    "Map the column with the contacts' ids to id, or take the field out."
                )


def _places(headers: Iterable[str], index: HeaderIndex) -> frozenset[int]:
    return frozenset(found for header in headers if isinstance(found := index.find(header), int))
