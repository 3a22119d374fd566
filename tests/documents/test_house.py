"""The figures of the package's build are counted by the rules that benchmarks/house.py states."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "benchmarks" / "house.py"

MODULES = {
    "__init__.py": "def face():\n    import importer.middle\n",
    "__main__.py": "import importer.upper.top\n",
    "upper/__init__.py": "",
    "upper/top.py": "import importer\nimport importer.middle\nimport importer.lower.one\n",
    "middle.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import importer.upper.top\n"
        "def late():\n    import importer.lower.two\n    import importer.lower.one\n"
    ),
    "lower/__init__.py": "",
    "lower/one.py": "import importer.lower.two\n",
    "lower/two.py": "import importer.lower.one\n" + "def long():\n" + "    pass\n" * 29,
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is printed of a package of three rooms that was made up for this."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name, text in MODULES.items():
        path = checkout / "importer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(HOUSE), "--against", str(checkout)], capture_output=True, text=True, check=True
    )
    table = done.stdout.partition("\n\n")[0].splitlines()[1:]
    return {line[:32].strip(): line[32:].split()[0] for line in table} | {"all": done.stdout}


@pytest.mark.parametrize(
    ("figure", "count"),
    [
        ("rooms", "3"),  # the two doors are none
        ("modules at the root", "1"),
        ("floors", "3"),
        ("arrows between rooms", "3"),  # one for each pair, late imports among them, imports for types not
        ("arrows up to the face", "1"),
        ("circles", "1"),
        ("functions", "3"),
        ("lines of a function, p50", "3"),
        ("lines of a function, longest", "30"),
        ("functions under 25 lines", "66.7%"),
    ],
)
def test_a_made_up_package_is_counted_by_the_stated_rules(
    told: dict[str, str], figure: str, count: str
) -> None:
    assert told[figure] == count


def test_a_circle_is_named_with_its_modules(told: dict[str, str]) -> None:
    assert "circle (before): importer.lower.one, importer.lower.two" in told["all"]


def test_this_package_has_no_circle(told: dict[str, str]) -> None:
    assert "circle (after)" not in told["all"]
