"""What the README and the pages of docs/ show is done here, word for word, in a copy of what a stranger clones."""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest

from importer.cli import main

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
GENERATED = {"docs/api.md", "docs/codes.md", "docs/commands.md"}
LINKED = (*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "mappings/README.md", "docs/.site/front.md")
README_MOST_BYTES = 12_288

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]+?) -->\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)|(?:src|srcset)=\"(?!https?:)([^\"#]+)\"")
WORDS_ALONE = re.compile(r"importer [^|<>$;&#()*]+")
TypeIn = Callable[[str], "subprocess.CompletedProcess[str]"]
ENOUGH = "version: 1\nfields: {email: E-mail}\n"
"""What a piece of a mapping lacks to be one."""


@dataclass(frozen=True)
class Block:
    """A code block of a page; ``mark`` is the comment right above it."""

    page: str
    mark: str
    language: str
    body: str

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """Each command with the output that the page shows for it."""
        for part in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                line, _, output = output.partition("\n")
                command = command[:-1] + line.strip()
            yield command, output.strip("\n")


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


BLOCKS = [
    Block(page=page, mark=found["mark"] or "", language=found["language"], body=found["body"])
    for page in PAGES
    for found in BLOCK.finditer(text_of(page))
]
RUN = [block for block in BLOCKS if block.language == "console" and not block.mark.startswith("not run")]
PROGRAMS = [block for block in BLOCKS if block.language == "python"]
MAPPINGS = [
    block
    for block in BLOCKS
    if block.language == "yaml" and not re.search(r"^(jobs|steps):", block.body, re.MULTILINE)
]


HOW_FAR = re.compile(r"^\w+: [\d,]+ rows so far \.\.\.\n", re.MULTILINE)
"""What a check says every two seconds, on a machine that takes so long for it."""


def matches(shown: str, told: str) -> bool:
    """Compare line by line; ``...`` stands for any text, within a line or for whole lines."""
    pattern = re.escape(shown).replace(re.escape("..."), r"[\s\S]*?")
    return re.search(rf"\A\s*{pattern}\s*\Z", HOW_FAR.sub("", told.replace("\r\n", "\n"))) is not None


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("sample_data", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
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


def into_shell(command: str, folder: Path, shell: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=shell,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def into_this_process(command: str) -> subprocess.CompletedProcess[str]:
    """Do what a shell does with a command of words alone, without a second spent on loading the package."""
    told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(told), redirect_stderr(told), pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    told.seek(0)
    return subprocess.CompletedProcess(command, int(left.value.code or 0), told.read())


def typed(page: str, type_in: TypeIn) -> Iterator[tuple[str, str, subprocess.CompletedProcess[str]]]:
    """Type each command of a page; what it tells is to be what the page shows."""
    for command, shown in (step for block in RUN if block.page == page for step in block.steps):
        done = type_in(command)
        assert matches(shown, done.stdout), f"$ {command}\n--- shown\n{shown}\n--- told\n{done.stdout}"
        yield command, shown, done


@pytest.fixture
def type_in(
    checkout: Path, shell: dict[str, str], monkeypatch: pytest.MonkeyPatch, forked_script: Path
) -> TypeIn:
    """Type into this process what is words alone, and into a shell what is more; the package's tests use a shell for all."""
    shell["PATH"] = f"{forked_script}{os.pathsep}{shell['PATH']}"
    monkeypatch.chdir(checkout)
    for name in os.environ.keys() - shell.keys():
        monkeypatch.delenv(name)
    for name, text in shell.items():
        monkeypatch.setenv(name, text)
    return lambda command: (
        into_this_process(command) if WORDS_ALONE.fullmatch(command) else into_shell(command, checkout, shell)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are written for a POSIX shell")
@pytest.mark.parametrize("page", sorted({block.page for block in RUN}))
def test_the_commands_of_a_page_do_what_it_shows(page: str, type_in: TypeIn) -> None:
    for command, shown, done in typed(page, type_in):
        # Three dots stand for any text, a refusal's too: a page that shows one shows its words.
        assert done.returncode in {0, 1} or shown.strip(" .\n"), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", "docs/mapping.md", "docs/sandbox.md"])
def test_pages_for_users_show_commands_that_are_run(page: str) -> None:
    assert [block for block in RUN if block.page == page]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.page)
def test_the_programs_of_a_page_run(block: Block, checkout: Path, shell: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.body],
        cwd=checkout,
        env=shell,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_library_is_shown_by_a_program() -> None:
    assert "docs/library.md" in {block.page for block in PROGRAMS}


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").stat().st_size <= README_MOST_BYTES


@pytest.mark.parametrize("name", ["first", "tests"])
def test_the_two_commands_for_strangers_stand_on_one_line_each(name: str) -> None:
    (block,) = [block for block in BLOCKS if block.mark == f"command: {name}"]
    assert block.page == "README.md"
    assert len(block.body.strip().splitlines()) == 1


def test_the_first_command_imports_a_sample(checkout: Path, shell: dict[str, str]) -> None:
    (block,) = [block for block in BLOCKS if block.mark == "command: first"]
    command = block.body.strip().split(" && ")[-1].replace(".venv/bin/", "")
    done = subprocess.run(
        command.split(), cwd=checkout, env=shell, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Finished" in done.stderr


@pytest.mark.parametrize("block", MAPPINGS, ids=lambda block: block.page)
def test_a_mapping_of_a_page_is_a_mapping(block: Block) -> None:
    from importer.mapping import parse_mapping

    whole = block.body if "version:" in block.body else ENOUGH + block.body
    assert parse_mapping(whole, name=block.page).name == block.page


def test_the_jobs_of_the_pages_are_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importer.jobs.loading import load_jobs

    (shown,) = [block for block in BLOCKS if block.language == "yaml" and "jobs:" in block.body]
    for name in re.findall(r"\$\{(\w+)\}", shown.body):
        monkeypatch.setenv(name, "https://hooks.example.com/1")
    path = tmp_path / "jobs.yaml"
    path.write_text(shown.body, encoding="utf-8")
    assert [job.name for job in load_jobs(path)] == ["nightly-crm"]


def test_every_command_is_told_of_by_a_page_for_readers() -> None:
    from importer.cli import COMMANDS

    pages = "".join(text_of(page) for page in PAGES if page not in GENERATED)
    assert [name for name in COMMANDS if f"importer {name}" not in pages] == []


def test_every_environment_variable_is_told_of() -> None:
    named = {
        name
        for path in (ROOT / "importer").rglob("*.py")
        for name in re.findall(r"\b(?:HIGHLEVEL|IMPORTER)_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    told = set(re.findall(r"\b[A-Z_]+[A-Z]\b", text_of("docs/operations.md")))
    assert named - told == set()


def test_every_extra_is_told_of() -> None:
    import tomllib

    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    pages = "".join(map(text_of, PAGES))
    told = re.findall(r"highlevel-importer\[(\w+)\]|extra `(\w+)`|\[(test|dev)\]", pages)
    assert extras.keys() - {name for names in told for name in names} == set()


@pytest.mark.parametrize(
    ("page", "writer"),
    [
        ("docs/api.md", "write_api"),
        ("docs/codes.md", "write_catalogue"),
        ("docs/commands.md", "write_commands"),
    ],
)
def test_a_generated_page_is_current(page: str, writer: str) -> None:
    written = runpy.run_path(str(ROOT / "benchmarks" / f"{writer}.py"), run_name="started")["page"]()
    assert text_of(page) == written, f"run: python benchmarks/{writer}.py"


def test_whatever_the_library_gives_is_explained() -> None:
    import importer

    assert {name.lower() for name in importer.__all__ if not name.endswith("_async")} - {"__version__"} <= (
        anchors_of("docs/api.md")
    )
    unexplained = [line for line in text_of("docs/api.md").splitlines() if line.endswith("|  |")]
    assert unexplained == []


def test_every_code_has_an_anchor() -> None:
    from importer.codes import CATALOGUE

    assert {code.name for code in CATALOGUE} <= anchors_of("docs/codes.md")


def test_every_option_that_a_code_advises_is_one_of_its_command() -> None:
    from importer.cli import cli
    from importer.codes import CATALOGUE

    advised = [
        (code.name, command, option)
        for code in CATALOGUE
        for command, words in re.findall(r"`(?:importer )?([a-z]+) ([^`]*)`", code.mend)
        for option in re.findall(r"--[a-z-]+", words)
    ]
    unknown = []
    for name, word, option in advised:
        command = cli.get_command(click.Context(cli), word)
        assert command is not None, f"{name}: importer {word}"
        if not any(option in each.opts for each in command.params):
            unknown.append((name, word, option))
    assert advised
    assert unknown == []


@pytest.mark.parametrize("page", LINKED)
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    lost = [
        f"{target}#{anchor}"
        for target, anchor, picture in LINK.findall(FENCED.sub("", text_of(page)))
        if not leads_somewhere(page, target or picture, anchor)
    ]
    assert lost == []


def leads_somewhere(page: str, target: str, anchor: str) -> bool:
    path = ((ROOT / page).parent / target).resolve() if target else ROOT / page
    return path.exists() and (not anchor or anchor in anchors_of(path.relative_to(ROOT).as_posix()))


@cache
def anchors_of(page: str) -> frozenset[str]:
    """Name the places of a page as GitHub does: headings in lower case with hyphens, and anchors by their id."""
    text = FENCED.sub("", text_of(page))
    headings = (
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)
    )
    return frozenset(headings) | frozenset(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize(
    "path",
    sorted({name for page in PAGES for name in re.findall(r"python (benchmarks/\w+\.py)", text_of(page))}),
)
def test_the_benchmarks_that_the_pages_name_can_be_imported(path: str) -> None:
    runpy.run_path(str(ROOT / path), run_name="started")


def test_every_page_is_reached_from_the_readme() -> None:
    reached, due = set[str](), ["README.md"]
    while due:
        page = due.pop()
        if page not in reached:
            reached.add(page)
            due += pages_linked_from(page)
    assert set(PAGES) - reached == set()


def pages_linked_from(page: str) -> list[str]:
    folder = (ROOT / page).parent
    targets = [
        target for target, _, _ in LINK.findall(FENCED.sub("", text_of(page))) if target.endswith(".md")
    ]
    return [(folder / target).resolve().relative_to(ROOT).as_posix() for target in targets]
