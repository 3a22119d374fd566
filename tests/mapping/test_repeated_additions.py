"""Two rows bring one contact a deal of one name: two where they say otherwise, one where they say the very same."""

from __future__ import annotations

import pytest

from importer.highlevel.additions import digest, digests_of_others
from importer.records import Addition, Record
from tests.mapping.conftest import lay_over

DEALS = (
    "object: opportunity\nfields: {email: {column: Mail, optional: true}, phone: {column: Phone, optional: true}}\n"
    "opportunity: {pipeline: {column: Pipeline}, name: Deal, value: {column: Amount, optional: true}}\n"
)
HEADER = ["Mail", "Phone", "Pipeline", "Deal", "Amount"]
ANN = ["ann@example.com", "+14155550101"]
ROOF = ["Sales", "Roof", "100"]


@pytest.mark.parametrize(
    ("second", "number", "said"),
    [
        ([*ANN, "Sales", "Roof", "200"], 2, "Row 2 has a deal of the same name in the same pipeline"),
        ([*ANN, " sales", "Roof", "200"], 2, "both are added"),
        (["ANN@example.com", "", "Sales", "Roof ", ""], 2, "both are added"),
        (["", ANN[1], "Sales", "Roof", "200"], 2, "both are added"),
        ([*ANN, *ROOF], 1, "Row 2 says the same of the contact's deal: it is added once."),
        ([*ANN, "Sales", "roof", "200"], 1, ""),
        ([*ANN, "Repairs", "Roof", "200"], 1, ""),
        (["bob@example.com", "", *ROOF], 1, ""),
    ],
)
def test_what_is_known_by_the_same_is_numbered_where_it_says_otherwise(
    second: list[str], number: int, said: str
) -> None:
    _, made = lay_over(DEALS, [HEADER, [*ANN, *ROOF], second])
    assert isinstance(made, Record)
    assert made.additions[0].number == number
    warnings = [each.message for each in made.warnings if each.code == "repeated_beside"]
    assert said in "".join(warnings)
    assert len(warnings) == bool(said)


def test_each_of_several_has_a_number_and_the_same_again_has_the_one_that_it_had() -> None:
    amounts = ("100", "200", "100", "300", "200")
    made = lay_over(DEALS, [HEADER, *([*ANN, "Sales", "Roof", amount] for amount in amounts)])
    assert [each.additions[0].number for each in made if isinstance(each, Record)] == [1, 2, 1, 3, 2]


def test_a_row_names_the_one_before_it_that_fills_the_pipeline() -> None:
    rows = [[*ANN, *ROOF], [*ANN, "Sales", "Cellar", ""], [*ANN, "Repairs", "Cellar", ""]]
    made = lay_over(DEALS, [HEADER, *rows])
    rivals = [each.additions[0].rival for each in made if isinstance(each, Record)]
    assert [rival is not None for rival in rivals] == [False, True, False]


@pytest.mark.parametrize(
    "wish",
    [
        "opportunity: {pipeline: Sales, name: Deal, value: Amount}",
        "tasks: [{title: Deal, due: {value: 2030-01-01}, assigned_to: Amount}]",
    ],
)
def test_contacts_with_things_beside_them_are_no_different(wish: str) -> None:
    text = f"fields: {{email: Mail}}\n{wish}\n"
    header = ["Mail", "Deal", "Amount"]
    made = lay_over(text, [header, *(["ann@example.com", "Roof", amount] for amount in ("1", "2", "1"))])
    assert [each.additions[0].number for each in made if isinstance(each, Record)] == [1, 2, 1]


def test_what_is_to_be_added_each_time_is_not_numbered() -> None:
    text = DEALS.replace("name: Deal", "name: Deal, once: false")
    made = lay_over(text, [HEADER, [*ANN, *ROOF], [*ANN, "Sales", "Roof", "200"]])
    assert [(each.additions[0].number, each.warnings) for each in made if isinstance(each, Record)] == [
        (1, ())
    ] * 2


def test_the_first_is_known_as_it_was_before_there_were_numbers() -> None:
    first, second, third = (
        Addition(kind="opportunity", content={"name": "Roof"}, number=each) for each in (1, 2, 3)
    )
    assert digest(first) == digest(Addition(kind="opportunity", content={"name": "Roof", "monetaryValue": 7}))
    assert len({digest(first), digest(second), digest(third)}) == 3
    assert digests_of_others(second, 1) == {digest(first), digest(third)}
