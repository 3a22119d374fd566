"""Each recipe of docs/cookbook.md gives, by its mapping and its file, the very lines that it shows."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import importer
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.sandbox.locations import Location

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]+?) -->\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
RECIPE = re.compile(r"^### (?P<title>[^\n]+)\n(?P<body>.*?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL)
FIELDS = (
    ("Plan", "SINGLE_OPTIONS", ("Gold", "Silver")),
    ("Birthday", "TEXT", ()),
    ("Reference", "TEXT", ()),
    ("ERP Id", "TEXT", ()),
)
"""Custom fields that the recipes' location has beside those of every sandbox."""


@dataclass(frozen=True)
class Recipe:
    """What stands below a heading: files by their names, a mapping or the name of a ready one, and the lines shown."""

    title: str
    files: dict[str, str]
    mapping: str
    ready: str
    held: tuple[dict[str, Any], ...]
    shown: tuple[dict[str, Any], ...]


def recipe_of(title: str, text: str) -> Recipe:
    files: dict[str, str] = {}
    held: list[dict[str, Any]] = []
    shown: list[dict[str, Any]] = []
    mapping = ready = ""
    for found in BLOCK.finditer(text):
        mark, language, body = found["mark"] or "", found["language"], found["body"]
        if language == "csv":
            files[mark.removeprefix("file: ") if mark.startswith("file: ") else "contacts.csv"] = body
        if mark.startswith("mapping: "):
            ready = mark.removeprefix("mapping: ")
        if language == "yaml":
            mapping = body
        if language == "json":
            (held if mark == "held" else shown).extend(map(json.loads, body.splitlines()))
    return Recipe(title, files, mapping, ready, tuple(held), tuple(shown))


TEXT = PAGE.read_text(encoding="utf-8")
RECIPES = [recipe_of(found["title"], found["body"]) for found in RECIPE.finditer(TEXT)]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0, custom_fields=FIELDS)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_gives_what_it_shows(recipe: Recipe, vendor: Sandbox, tmp_path: Path) -> None:
    assert lines_of(recipe, vendor, tmp_path) == list(recipe.shown)


def test_there_are_enough_recipes_and_each_is_in_the_contents() -> None:
    assert len(RECIPES) >= 30
    listed = re.findall(r"\]\(#([\w-]+)\)", TEXT.partition("\n## ")[0])
    assert listed == [re.sub(r"[^\w\- ]", "", each.title.lower()).replace(" ", "-") for each in RECIPES]


def test_each_recipe_shows_a_file_a_mapping_and_every_row() -> None:
    assert [each.title for each in RECIPES if bool(each.mapping) == bool(each.ready)] == []
    shown = {each.title: [line["row"] for line in each.shown] for each in RECIPES}
    rows = {
        each.title: [row for row in csv.reader(each.files["contacts.csv"].splitlines()) if any(row)]
        for each in RECIPES
    }
    assert shown == {title: list(range(2, len(its) + 1)) for title, its in rows.items()}


def lines_of(recipe: Recipe, vendor: Sandbox, folder: Path) -> list[dict[str, Any]]:
    """Preview the file or, where the location holds contacts, plan it; say of each row what the page shows."""
    for name, text in recipe.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "mapping.yaml").write_text(recipe.mapping, encoding="utf-8")
    location = location_of(recipe)
    hold(vendor, location, recipe.held)
    source, mapping = folder / "contacts.csv", recipe.ready or folder / "mapping.yaml"
    whose: dict[str, Any] = {"base_url": vendor.base_url, "token": "pit-cookbook", "state": folder / "state"}
    if "location:" not in recipe.mapping:
        whose["location_id"] = location
    if recipe.held:
        importer.plan(source, mapping, output=folder / "plans", **whose)
        (written,) = (folder / "plans").rglob("plan.csv")
        with written.open(encoding="utf-8-sig", newline="") as file:
            lines = [planned(row) for row in csv.DictReader(file)]
    else:
        seen = importer.preview(source, mapping, rows=0, **whose)
        lines = [previewed(line, elsewhere="location:" in recipe.mapping) for line in seen]
    return [with_names(line, names_of(vendor.location(location))) for line in lines]


def location_of(recipe: Recipe) -> str:
    """Name a location for each recipe alone, so that none meets the contacts of another."""
    number = [each.title for each in RECIPES].index(recipe.title)
    return f"cookbookLocation{number:04}"


def hold(vendor: Sandbox, location: str, contacts: Iterable[dict[str, Any]]) -> None:
    for contact in contacts:
        properties = {name: value for name, value in contact.items() if name != "custom_fields"}
        made = vendor.add_contact(location, **properties)
        vendor.edit(made, customFields=contact.get("custom_fields", {}))


def previewed(line: dict[str, Any], *, elsewhere: bool) -> dict[str, Any]:
    """Shorten a line of the preview to what differs from recipe to recipe."""
    shown = {key: value for key, value in line.items() if value and key != "location_id"}
    if elsewhere:
        shown["location_id"] = line["location_id"]
    shown.get("payload", {}).pop("locationId", None)
    if "skipped" in shown:
        shown["skipped"] = shown["skipped"]["code"]
    for kind in shown.keys() & {"errors", "warnings"}:
        shown[kind] = [fault["code"] for fault in shown[kind]]
    return shown


def planned(row: dict[str, str]) -> dict[str, Any]:
    """Take what a line of plan.csv says beside the row itself and the contact's id."""
    shown: dict[str, Any] = {"row": int(row["plan_row"]), "action": row["plan_action"]}
    if row["plan_changes"]:
        shown["changes"] = json.loads(row["plan_changes"])
    if row["plan_code"]:
        shown["code"] = row["plan_code"]
    if row["plan_reason"].startswith("kept"):
        shown["reason"] = row["plan_reason"]
    return shown


def names_of(location: Location) -> dict[str, str]:
    """Give what the ids of a location stand for."""
    names = {each.id: each.name for each in location.custom_fields.values()}
    names |= {user["id"]: user["name"] for user in location.users}
    for pipeline in location.pipelines:
        names |= {each["id"]: each["name"] for each in (pipeline, *pipeline["stages"])}
    return names


def with_names(value: Any, names: dict[str, str]) -> Any:
    """Write names in brackets where ids stand."""
    match value:
        case dict():
            return {key: with_names(inner, names) for key, inner in value.items()}
        case list():
            return [with_names(inner, names) for inner in value]
        case str() if value in names:
            return f"({names[value]})"
        case _:
            return value
