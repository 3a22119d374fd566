"""Whoever leaves out a word of a command is told where it is found."""

from __future__ import annotations

import pytest

from importer.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("undo",), "`importer runs` lists the runs."),
        (("learn",), "`importer runs` lists the runs."),
        (("run", "people.csv"), "`importer suggest FILE -o mapping.yaml` writes a mapping"),
        (("migrate",), "Missing argument 'FOLDER'."),
    ],
)
def test_a_word_that_is_missing_is_told_with_where_to_find_it(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
