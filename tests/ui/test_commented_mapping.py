"""AC-3.10: whatever the form changes in a mapping that somebody wrote, every comment stays where it stood, and nothing else moves."""

from __future__ import annotations

import difflib
from typing import Any

from tests.ui.conftest import Visitor

PEOPLE = b"""\
Full,First,E-mail,Work E-mail,Mobile,Born,City,Color,Groups,Notes
Ada Okafor,Ada,a@example.com,,(213) 373-4253,3/14/1985,Berlin,red,vip,x
Ben Lund,Ben,,b@example.com,(213) 373-4254,3/15/1985,Bonn,blue,press,y
"""
MAPPING = """\
# of the whole file
version: 1
defaults: {region: US, date_order: MDY}  # as they were in 2019

# what a contact is
fields:
  # first: the given name
  firstName: First  # beside: the given name
  # first: two addresses
  email:  # beside: two addresses
    - E-mail  # beside: the private one
    - Work E-mail  # beside: the one at work
  # first: the mobile
  phone: {column: Mobile, region: US}  # beside: the mobile
  # first: the day
  dateOfBirth:  # beside: the day
    column: Born  # beside: its column
    date_order: MDY  # beside: its order
  # first: made of another
  source: {template: "List of {City}"}  # beside: made of another

# what we made ourselves
custom_fields:
  # first: the colour
  Color:  # beside: the colour
    column: Color
    map:  # beside: its values
      red: Red  # beside: red
      blue: Blue  # beside: blue
tags: {columns: [Groups], split: ";"}  # beside: the groups
# at the end
"""
FORMS: list[dict[str, Any]] = [
    {"do": "edit", "set_to": [[["defaults", "region"], "GB"]], "unset": []},
    {"do": "edit", "set_to": [[["defaults", "date_order"], "DMY"]], "unset": []},
    *(
        {"do": "edit", "set_to": [[[*path, "on_update"], "if_blank"]], "unset": []}
        for path in (
            ["fields", "firstName"],
            ["fields", "email"],
            ["fields", "phone"],
            ["fields", "dateOfBirth"],
            ["custom_fields", "Color"],
        )
    ),
    {"do": "edit", "set_to": [[["fields", "firstName", "empty_cells"], "clear"]], "unset": []},
    {"do": "edit", "set_to": [[["fields", "phone", "region"], "GB"]], "unset": []},
    {"do": "edit", "set_to": [[["fields", "dateOfBirth", "date_order"], "DMY"]], "unset": []},
    {"do": "edit", "set_to": [[["custom_fields", "Color", "map", "red"], "Crimson"]], "unset": []},
    {"do": "edit", "set_to": [[["custom_fields", "Color", "map", "green"], "Green"]], "unset": []},
    {"do": "edit", "set_to": [[["custom_fields", "Color", "unmapped"], "keep"]], "unset": []},
    {"do": "order", "target": ["fields", "email"], "columns": ["Work E-mail", "E-mail"]},
    {"do": "assign", "place": 6, "target": ["fields", "city"]},
    {"do": "assign", "place": 9, "target": ["custom_fields", "Notes"]},
    {"do": "skip", "column": "Notes", "text": "y"},
    {"do": "edit", "set_to": [[["match", "in_file_duplicates"], "merge"]], "unset": []},
]
"""A change of every kind that a form makes, over all rules that it can change."""


def comments(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


async def change(visitor: Visitor, draft: str, found: Any, said: dict[str, Any]) -> Any:
    status, changed = await visitor.post(f"/api/d/{draft}/mapping", {**said, "version": found["version"]})
    assert (status, changed.get("faults", changed)) == (200, []), said
    return changed


async def test_every_comment_outlives_every_change_that_the_form_makes(visitor: Visitor) -> None:
    draft = await visitor.draft(PEOPLE, MAPPING)
    found = await visitor.ask(f"/api/d/{draft}/columns")
    assert found["text"] == MAPPING

    for said in FORMS:
        before = found["text"]
        found = await change(visitor, draft, found, said)
        diff = list(difflib.ndiff(before.splitlines(), found["text"].splitlines()))
        assert any(line[:2] in {"+ ", "- "} for line in diff), f"nothing was changed by {said}"
        assert comments(found["text"]) == comments(MAPPING), said


async def test_a_change_touches_the_lines_of_its_rule_alone(visitor: Visitor) -> None:
    draft = await visitor.draft(PEOPLE, MAPPING)
    found = await visitor.ask(f"/api/d/{draft}/columns")

    found = await change(
        visitor, draft, found, {"do": "edit", "set_to": [[["fields", "phone", "region"], "GB"]], "unset": []}
    )

    lines = zip(MAPPING.splitlines(), found["text"].splitlines(), strict=True)
    assert [new for old, new in lines if old != new] == [
        "  phone: {column: Mobile, region: GB}  # beside: the mobile"
    ]
    back = await change(
        visitor, draft, found, {"do": "edit", "set_to": [[["fields", "phone", "region"], "US"]], "unset": []}
    )
    assert back["text"] == MAPPING
