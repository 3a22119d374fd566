"""What the README shows is done here, word for word, in a copy of what a stranger clones."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]+?) -->\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A code block of the README; ``mark`` is the comment right above it."""

    mark: str
    language: str
    body: str

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """Each command with the output that the README shows for it."""
        for part in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                line, _, output = output.partition("\n")
                command = command[:-1] + line.strip()
            yield command, output.strip("\n")


BLOCKS = [
    Block(mark=found["mark"] or "", language=found["language"], body=found["body"])
    for found in BLOCK.finditer(README)
]
RUN = [block for block in BLOCKS if block.language == "console" and not block.mark.startswith("not run")]


def matches(shown: str, told: str) -> bool:
    """Compare line by line; ``...`` stands for any text, within a line or for whole lines."""
    pattern = re.escape(shown).replace(re.escape("..."), r"[\s\S]*?")
    return re.search(rf"\A\s*{pattern}\s*\Z", told.replace("\r\n", "\n")) is not None


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    for name in ("sample_data", "mappings"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def shell(checkout: Path) -> dict[str, str]:
    scripts = Path(sys.executable).parent
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
    }
    return {
        **kept,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "IMPORTER_STATE": str(checkout / "state"),
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="the README's commands are written for a POSIX shell")
def test_the_commands_of_the_readme_do_what_it_shows(checkout: Path, shell: dict[str, str]) -> None:
    assert RUN, "the README shows no command"
    for block in RUN:
        for command, shown in block.steps:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=checkout,
                env=shell,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
            assert matches(shown, done.stdout), f"$ {command}\n--- shown\n{shown}\n--- told\n{done.stdout}"


@pytest.mark.parametrize("name", ["first", "tests"])
def test_the_two_commands_for_strangers_stand_on_one_line_each(name: str) -> None:
    (block,) = [block for block in BLOCKS if block.mark == f"command: {name}"]
    assert len(block.body.strip().splitlines()) == 1


def test_the_first_command_imports_a_sample(checkout: Path, shell: dict[str, str]) -> None:
    (block,) = [block for block in BLOCKS if block.mark == "command: first"]
    command = block.body.strip().split(" && ")[-1].replace(".venv/bin/", "")
    done = subprocess.run(
        command.split(), cwd=checkout, env=shell, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Finished" in done.stderr


def test_the_mappings_of_the_readme_are_mappings() -> None:
    from importer.mapping import parse_mapping

    shown = [
        block
        for block in BLOCKS
        if block.language == "yaml" and "version:" in block.body and "jobs:" not in block.body
    ]
    assert shown
    for block in shown:
        parse_mapping(block.body, name="README.md")


def test_every_command_is_told_of() -> None:
    from importer.cli import COMMANDS

    missing = [name for name in COMMANDS if f"importer {name}" not in README]
    assert not missing


def test_the_catalogue_of_codes_is_current() -> None:
    from importer.codes import catalogue_markdown

    shown = README.partition("<!-- codes: begin")[2].partition("-->\n")[2].partition("<!-- codes: end -->")[0]
    assert shown.strip() == catalogue_markdown().strip(), "run: python benchmarks/write_catalogue.py"


def test_the_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("path", sorted(set(re.findall(r"python (benchmarks/\w+\.py)", README))))
def test_the_benchmarks_that_the_readme_names_can_be_started(path: str) -> None:
    runpy.run_path(str(ROOT / path), run_name="started")


def test_the_jobs_of_the_readme_are_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importer.jobs.loading import load_jobs

    (shown,) = [block for block in BLOCKS if block.language == "yaml" and "jobs:" in block.body]
    for name in re.findall(r"\$\{(\w+)\}", shown.body):
        monkeypatch.setenv(name, "https://hooks.example.com/1")
    path = tmp_path / "jobs.yaml"
    path.write_text(shown.body, encoding="utf-8")
    assert [job.name for job in load_jobs(path)] == ["nightly-crm"]
