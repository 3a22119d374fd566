"""What is to be added beside contacts, matched to one location: users and stages by id, due dates as moments of its clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import cached_property

from importer.highlevel.additions import COMPANY, OPPORTUNITY
from importer.highlevel.catalog import Catalog, Pipeline
from importer.highlevel.custom_fields import OPPORTUNITY as OPPORTUNITY_FIELDS
from importer.highlevel.custom_fields import custom_item
from importer.highlevel.fields import FieldKind
from importer.mapping.compiled.additions import CUSTOM_FIELDS
from importer.mapping.custom_targets import CustomRules, CustomTargets
from importer.mapping.language.beside import FOLLOWERS, WishPart
from importer.mapping.language.model import MappingModel
from importer.mapping.location_values import Users, find_named, moment_of, settled, zone_in
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import Addition, Fault, Json, Record, RowId, number_of
from importer.yaml.document import YamlPath


class AdditionResolver:
    """Finishes the additions of records for one location; without ``users`` (no location at hand) names stay as they are."""

    def __init__(self, rules: CustomRules, catalog: Catalog | None, users: Users | None) -> None:
        model = rules.model
        self.faults: list[tuple[YamlPath, str]] = []
        """What the mapping names that the location lacks."""
        self._pipelines = catalog.pipelines if catalog is not None and model.opportunity is not None else None
        self._one_deal = catalog is not None and catalog.one_deal_a_pipeline
        self._require_pipelines(model)
        self._deal_fields = self._find_deal_fields(rules, catalog)
        self._wishes = model.wishes
        self._followers = model.followers
        self._users = users
        self._catalog = catalog

    @cached_property
    def _zone(self) -> tzinfo:
        return zone_in(self._catalog)

    def _require_pipelines(self, model: MappingModel) -> None:
        """Put down the pipelines that the mapping itself names and the location lacks."""
        if self._pipelines is None or model.opportunity is None:
            return
        for name in model.opportunity.named_pipelines:
            found = find_named(name, self._pipelines)
            if len(found) != 1:
                names = ", ".join(repr(each.name) for each in self._pipelines) or "none"
                said = f"has {len(found)} pipelines" if found else "has no pipeline"
                sentence = f"The location {said} named {name!r}. It has: {names}."
                self.faults.append((("opportunity", "pipeline"), sentence))

    def _find_deal_fields(self, rules: CustomRules, catalog: Catalog | None) -> CustomTargets | None:
        deal = rules.model.opportunity
        if deal is None or not deal.custom_fields:
            return None
        known = catalog.deal_fields if catalog is not None else None
        path = ("opportunity", "custom_fields")
        targets = CustomTargets(deal.custom_fields, known, rules, path=path, of=OPPORTUNITY_FIELDS)
        self.faults += targets.faults
        return targets

    def resolve(self, record: Record, faults: list[Fault]) -> tuple[Addition, ...]:
        """Finish what one row wants, and put down what the location cannot take of it."""
        resolved = (self._resolve(each, record, faults) for each in record.additions)
        return tuple(each for each in resolved if each is not None)

    def _resolve(self, addition: Addition, record: Record, faults: list[Fault]) -> Addition | None:
        if addition.kind == FOLLOWERS:
            return self._resolve_followers(addition, faults)
        if addition.kind == COMPANY:
            return addition  # it names nothing of the location's
        if self._one_deal and addition.rival is not None:
            faults.append(_rival_deal(addition.rival))
        parts = self._wishes[addition.place].parts
        pipeline = self._pipeline_of(addition, parts.get("pipelineId"), faults)
        content = {
            name: value
            for name, given in addition.content.items()
            if (value := self._value(parts.get(name), given, faults, pipeline)) is not None
        }
        if pipeline is not None:
            content["pipelineId"] = pipeline.id
        named = content.get(CUSTOM_FIELDS)
        if self._deal_fields is not None and isinstance(named, dict):
            resolved = self._deal_fields.resolve(named.items(), record, faults)
            content[CUSTOM_FIELDS] = [custom_item(reference, value) for reference, value in resolved]
        return replace(addition, content=content)

    def _pipeline_of(self, addition: Addition, part: WishPart | None, faults: list[Fault]) -> Pipeline | None:
        """Find the pipeline of a deal; without one there is no deal, so that nothing can be left out."""
        if self._pipelines is None or addition.kind != OPPORTUNITY.name:
            return None
        named = str(addition.content["pipelineId"])
        found = find_named(named, self._pipelines)
        if len(found) == 1:
            return found[0]
        if part is not None:
            settled(_unknown_pipeline(named, found, self._pipelines), named, part.header, faults, drop=False)
        return None

    def _resolve_followers(self, addition: Addition, faults: list[Fault]) -> Addition | None:
        rule, named = self._followers, addition.content[FOLLOWERS]
        if rule is None or self._users is None or not isinstance(named, list):
            return addition
        drop = rule.on_invalid == "drop"
        found = [settled(self._users.find(str(each)), each, rule.header, faults, drop=drop) for each in named]
        ids: list[Json] = list(dict.fromkeys(each for each in found if isinstance(each, str)))
        return replace(addition, content={FOLLOWERS: ids}) if ids else None

    def _value(
        self, part: WishPart | None, given: Json, faults: list[Fault], pipeline: Pipeline | None
    ) -> Json:
        if part is None or not isinstance(given, str):
            return given
        match part.kind:
            case FieldKind.DUE_DATE:
                return moment_of(given, self._zone)
            case FieldKind.USER if self._users is not None:
                return settled(self._users.find(given), given, part.header, faults, drop=part.drop)
            case FieldKind.STAGE if pipeline is not None:
                stage = _find_stage(given, pipeline)
                return settled(stage, given, part.header, faults, drop=part.drop)
            case _:
                return given


def _rival_deal(row: RowId) -> Fault:
    sentence = (
        f"Row {number_of(row)} brings the contact a deal in this pipeline, and the location's settings allow one: "
        "HighLevel may refuse the second."
    )
    return Fault(code="rival_deal", message=sentence, fails=False)


def _unknown_pipeline(text: str, found: Sequence[Pipeline], known: Sequence[Pipeline]) -> ValueFault:
    names = ", ".join(each.name for each in known) or "none"
    said = f"means {len(found)} pipelines" if found else "is no pipeline"
    return ValueFault("unknown_pipeline", f"{quoted(text)} {said} of the location ({names})")


def _find_stage(text: str, pipeline: Pipeline) -> ReadValue:
    found = find_named(text, pipeline.stages)
    if len(found) == 1:
        return found[0].id
    names = ", ".join(each.name for each in pipeline.stages)
    said = f"means {len(found)} stages" if found else "is no stage"
    return ValueFault("unknown_stage", f"{quoted(text)} {said} of the pipeline {pipeline.name!r} ({names})")
