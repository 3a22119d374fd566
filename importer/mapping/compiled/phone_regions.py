"""Which country's numbers a phone is read as one of, and what is said where that is a guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.mapping.values.places import read_country

ReadPhone: TypeAlias = Callable[[str, Sequence[str]], ReadValue]
"""Reads a number as one of the first region that it is valid in."""


def stated_regions(rule: Rule, model: MappingModel) -> tuple[str, ...]:
    """List the regions for a row without a country of its own: the rule's, the default, the fixed country."""
    regions = (rule.region, model.defaults.region, country_of(model, "value"))
    return tuple(dict.fromkeys(region for region in regions if region))


def country_of(model: MappingModel, key: Literal["value", "default"]) -> str | None:
    """Give the country that every row has, or that rows without one are given: of their phones that is a guess."""
    rule = model.fields.get("country")
    text = getattr(rule, key) if rule is not None else None
    code = read_country(text) if text else None
    return code if isinstance(code, str) else None


def guessing(read: ReadPhone, rule: Rule, model: MappingModel) -> ReadPhone:
    """Read by what is known, and where that fails by the default of the row's country, with a warning."""
    guess = country_of(model, "default")
    if guess is None or guess in stated_regions(rule, model):
        return read

    def run(text: str, regions: Sequence[str]) -> ReadValue:
        known = read(text, regions)
        if not isinstance(known, ValueFault) or not known.fails:
            return known
        guessed = read(text, (guess,))
        if not isinstance(guessed, ValueFault):
            sentence = (
                f"{quoted(text)} does not say its country; it was read as one of {guess}, the default of the row's country, "
                "which is a guess: `defaults: {region: ...}` in the mapping says it"
            )
            return ValueFault("phone_region", sentence, guessed, fails=False)
        return known if guessed.fails else guessed

    return run
