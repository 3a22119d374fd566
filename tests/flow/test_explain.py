"""explain says what a code means; a mistyped command or code is answered with the one that was meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from importer.cli.explaining import STOP_REASONS
from importer.codes import CATALOGUE
from importer.errors import StopError

if TYPE_CHECKING:
    from tests.flow.conftest import Desk


def test_every_code_of_a_row_is_explained(desk: Desk) -> None:
    told = {code.name: json.loads(desk.importer("explain", code.name, "--json").out)[0] for code in CATALOGUE}
    assert {name: (each["title"], each["mend"], each["remedy"]) for name, each in told.items()} == {
        code.name: (code.title, code.mend, code.remedy.value) for code in CATALOGUE
    }


def test_every_reason_for_a_stop_is_explained(desk: Desk) -> None:
    explained = {reason.name for reason in STOP_REASONS}
    assert {each.code for each in StopError.__subclasses__()} | {"killed"} <= explained


def test_a_code_is_taken_as_people_copy_it(desk: Desk) -> None:
    ended = desk.importer("explain", "`Invalid-Email`", "daily_quota_spent")

    assert ended.code == 0
    assert ended.out.startswith("invalid_email\n")
    assert "correct the row in the failed file" in ended.out
    assert "daily_quota_spent (a stopped run)" in ended.out


def test_a_name_that_is_a_row_s_and_a_run_s_is_explained_as_both(desk: Desk) -> None:
    told = json.loads(desk.importer("explain", "service_down", "--json").out)
    assert [each["of"] for each in told] == ["row", "run"]


def test_without_a_code_all_are_listed(desk: Desk) -> None:
    listed = desk.importer("explain").out
    assert all(code.name in listed for code in CATALOGUE)
    assert all(reason.name in listed for reason in STOP_REASONS)


def test_a_mistyped_code_is_answered_with_the_nearest(desk: Desk) -> None:
    ended = desk.importer("explain", "invalid_emial")
    assert ended.code == 2
    assert "Did you mean 'invalid_email'" in ended.err


@pytest.mark.parametrize(
    ("typed", "meant"), [("runn", "run"), ("chek", "check"), ("explian", "explain"), ("RUN", "run")]
)
def test_a_mistyped_command_is_answered_with_the_nearest(desk: Desk, typed: str, meant: str) -> None:
    ended = desk.importer(typed)
    assert ended.code == 2
    assert f"Did you mean {meant!r}?" in ended.err
