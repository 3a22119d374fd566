"""The columns of a file that no rule reads: those that are called as a custom field of the location go there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from importer.mapping.compiled.headers import fold
from importer.mapping.compiled.layout import named_headers
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import OtherColumn


def with_other_columns(model: MappingModel, header: Sequence[str]) -> MappingModel:
    """Add a rule for each column that no rule reads, where the mapping asks for it; which of them count the location says."""
    if model.other_columns != "custom_fields":
        return model
    read = {fold(named.name) for named in named_headers(model)} | {fold(name) for name in model.custom_fields}
    times = Counter(map(fold, header))
    others = {
        name: OtherColumn(column=name, optional=True, on_invalid="drop")
        for name in header
        if name.strip() and times[fold(name)] == 1 and fold(name) not in read
    }
    return model.replaced(custom_fields={**model.custom_fields, **others})
