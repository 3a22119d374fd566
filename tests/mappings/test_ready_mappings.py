"""Each ready-made mapping loads, fits the headers of its export, and gives the payloads of its golden file.

Golden files are rewritten with ``IMPORTER_REWRITE_GOLDEN=1 pytest tests/mappings`` and reviewed in the diff.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
import yaml

from importer.highlevel.follow_ups import follow_up_plan
from importer.highlevel.payload import build_upsert
from importer.mapping import load_mapping, parse_mapping
from importer.mapping.fit import misfit
from importer.reading import open_source
from importer.records import Fault, Json, Outcome, Record, RowObject, number_of
from importer.settings import ReadingOptions

HERE = Path(__file__).parent
MAPPINGS = HERE.parent.parent / "mappings"
FOLDERS = (HERE / "exports", HERE / "migration_exports")
"""Of people, and of all that a migration takes over."""
EXPORTS = sorted(path for folder in FOLDERS for path in folder.iterdir() if path.suffix in {".csv", ".vcf"})
READY = sorted(path for path in MAPPINGS.glob("*.yaml") if not path.stem.startswith("sample"))
TODAY = date(2026, 1, 15)


def mapping_of(export: Path) -> Path:
    """``mailchimp~unsubscribed.csv`` is another form of the export that ``mailchimp.yaml`` is for."""
    return MAPPINGS / f"{export.stem.split('~')[0]}.yaml"


def told(fault: Fault) -> dict[str, Json]:
    return {"code": fault.code, "column": fault.column, "message": fault.message}


def mapped(export: Path) -> list[dict[str, Json]]:
    """Map an export as a run would, without a location: one entry for each row."""
    mapping = load_mapping(mapping_of(export))
    source = open_source(export, options=mapping.reading_options(ReadingOptions()))
    surveyor = mapping.surveyor(source.header, location_id="location1", today=TODAY)
    for block in source.blocks():
        surveyor.see(block)
    bound = surveyor.bind()
    resolver = bound.resolver(None)
    return [
        entry(resolver.resolve(each) if isinstance(each, Record) else each, mapping.follow_ups)
        for block in source.blocks()
        for each in bound.map(block)
    ]


def entry(each: Record | Outcome, follow_ups: object) -> dict[str, Json]:
    from importer.records import FollowUps

    assert isinstance(follow_ups, FollowUps)
    if isinstance(each, Outcome):
        return {"row": number_of(each.row), "status": each.status, "code": each.code, "message": each.message}
    payload = build_upsert(each, tag_mode=follow_ups.tag_mode)
    payload.pop("locationId")
    line: dict[str, Json] = {
        "row": number_of(each.row),
        "payload": payload,
        "follow_ups": follow_up_plan(each, follow_ups),
    }
    if each.warnings:
        line["warnings"] = [told(warning) for warning in each.warnings]
    return line


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_every_ready_mapping_has_an_export_to_prove_it_on(path: Path) -> None:
    assert [export for export in EXPORTS if mapping_of(export) == path]


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_no_ready_mapping_is_said_to_hardly_fit_its_own_export(export: Path) -> None:
    mapping = load_mapping(mapping_of(export))
    source = open_source(export, options=mapping.reading_options(ReadingOptions()))
    assert misfit(mapping.model, source.header) is None


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_tells_editors_its_schema(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=mapping.schema.json\n"
    )


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_rows_of_the_export_become_the_payloads_of_the_golden_file(export: Path) -> None:
    golden = HERE / "golden" / f"{export.stem}.json"
    rows = mapped(export)
    if os.environ.get("IMPORTER_REWRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(
            json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
        )
    assert rows == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_nothing_of_a_ready_mapping_is_written_for_an_absent_column(export: Path) -> None:
    """An export with nothing but an e-mail column still loads: people choose their columns."""
    mapping = load_mapping(mapping_of(export))
    model = mapping.model
    needed = [name for _, rule in model.rules if not rule.optional for name in rule.headers]
    if model.match.by is not None:
        known_by = model.custom_fields[model.match.by.custom_field]
    else:
        known_by = model.fields["name" if mapping.row_object is RowObject.COMPANY else "email"]
    header = tuple(dict.fromkeys([*needed, *known_by.headers[:1]]))
    mapping.surveyor(header, location_id="location1", today=TODAY)


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_fits_the_shipped_schema_as_an_editor_reads_it(path: Path) -> None:
    schema = json.loads((MAPPINGS / "mapping.schema.json").read_text(encoding="utf-8"))
    mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    import jsonschema  # type: ignore[import-untyped]  # dear to load, and every worker loads this module

    assert not list(jsonschema.Draft202012Validator(schema).iter_errors(mapping))


BESIDE = "# Beside each contact, once it is uncommented"
OFFERING = [path for path in READY if BESIDE in path.read_text(encoding="utf-8")]


def uncommented(path: Path) -> str:
    """Take a mapping at its word: what it offers in comments is in it."""
    text, _, offered = path.read_text(encoding="utf-8").partition(BESIDE)
    rules = [line.removeprefix("# ") for line in offered.splitlines()[1:]]
    return text + "\n".join(rule for rule in rules if not rule.startswith("(")) + "\n"


@pytest.mark.parametrize("path", OFFERING, ids=lambda path: path.stem)
def test_what_a_mapping_offers_beside_contacts_is_part_of_one_that_its_export_fits(path: Path) -> None:
    mapping = parse_mapping(uncommented(path))
    offered = {wish.kind: wish for wish in mapping.model.wishes}
    assert offered
    headers = {
        header
        for export in EXPORTS
        if mapping_of(export) == path
        for header in open_source(export, options=mapping.reading_options(ReadingOptions())).header
    }
    for wish in offered.values():
        first = next(iter(wish.parts.values()))
        assert set(first.rule.headers) & headers or path.stem == "salesforce", (
            f"{first.rule.headers}: {headers}"
        )


def test_most_mappings_offer_something_beside_contacts() -> None:
    assert len(OFFERING) >= 12
