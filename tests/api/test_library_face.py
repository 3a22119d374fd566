"""What a program sees of the package: its names, its signatures, its types, and what it costs to import."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import importer
import importer.errors
from importer.api import options as api_options

ROOT = Path(__file__).parents[2]

PROMISED = {
    "run", "run_async", "check", "preview", "suggest", "read", "load_mapping", "resume", "resume_async", "retry",
    "retry_async", "Summary", "Forecast", "Suggestion", "Row", "Source", "Mapping", "RunProgress", "Phase", "__version__",
    "open_bench", "change_mapping", "Bench", "ColumnValues",
    "open_findings", "Findings", "open_history", "RunHistory", "PastRun",
    "plan", "plan_async", "apply", "apply_async", "undo", "undo_async", "mirror_location", "mirror_location_async",
    "PlanSummary", "PlanAction", "UndoSummary", "UndoStatus", "MirrorReading",
}  # fmt: skip
HEAVY = {
    "aiohttp",
    "pandas",
    "phonenumbers",
    "openpyxl",
    "click",
    "jinja2",
    "python_calamine",
    "yaml",
}

RIGHT = """\
import importer

source: importer.Source = importer.read("contacts.xlsx", sheet="Contacts", header_row=3)
header: tuple[str, ...] = source.header
row: importer.Row
for row in source:
    number: int = row.number
mapping: importer.Mapping = importer.load_mapping("contacts.yaml")
text: str = importer.suggest("contacts.xlsx").to_yaml()
with importer.open_bench("contacts.xlsx", mapping, sheet="Contacts") as bench:
    most: tuple[tuple[str, int], ...] = bench.values("Country", prefix="G", most=5).most
    lines = bench.becomes(importer.change_mapping(mapping, {"defaults.region": "GB"}), [7])
ready: int = importer.check("contacts.xlsx", mapping, limit=5, findings="found.db").ready
with importer.open_findings("found.db") as findings:
    failing: int = findings.page("invalid_email", first=100, count=50)[0].number
past: importer.PastRun = importer.open_history(state="state").find()
rows: list[int] = [row.number for row in past.rows(status="failed", after=7)]
for line in importer.preview(["a.csv", "b.csv"], "hubspot", rows=3):
    print(line["row"])


def show(progress: importer.RunProgress) -> None:
    if progress.phase is importer.Phase.SENDING:
        print(progress.settled, progress.total)


summary: importer.Summary = importer.run(
    "contacts.xlsx", mapping, token="t", location_id="l", env_file=None, stop_after_failures="5%", on_progress=show
)
created: int = summary.created
try:
    importer.resume(summary.run_id, from_copies=True)
    importer.retry(wait_for_quota=True)
except importer.MappingError as fault:
    print(fault.faults)
except importer.ImporterError as fault:
    raise SystemExit(fault.exit_code) from fault


contacts: int = importer.mirror_location("l", max_age_seconds=60.0).contacts
planned: importer.PlanSummary = importer.plan("contacts.xlsx", mapping, missing=True)
if planned.count(importer.PlanAction.CREATE) < 100:
    applied: importer.Summary = importer.apply(planned, approved_by="Ann", replan=True)
    undone: importer.UndoSummary = importer.undo(applied.run_id, dry_run=True)
    kept: int = undone.count(importer.UndoStatus.KEPT)


async def work() -> int:
    first = await importer.run_async("contacts.xlsx", mapping, results_format="xlsx")
    second = await importer.resume_async(first.run_id)
    return second.failed + (await importer.retry_async()).failed
"""

WRONG = {
    "an option that is none": 'importer.run("a.csv", "m.yaml", tokn="t")',
    "an option of another function": 'importer.check("a.csv", "m.yaml", max_requests=5)',
    "a number as text": 'importer.run("a.csv", "m.yaml", limit="5")',
    "a form of results that is none": 'importer.run("a.csv", "m.yaml", results_format="pdf")',
    "a callback that takes something else": 'importer.run("a.csv", "m.yaml", on_progress=len)',
    "a plan that is a number": "importer.apply(3)",
    "an undo of nobody knows what": "importer.undo()",
    "no mapping": 'importer.run("a.csv")',
    "a coroutine that is not awaited": 'importer.run_async("a.csv", "m.yaml").created',
    "a name that is not exported": "importer.pipeline_run",
}


def test_the_names_of_the_library_are_exported_and_lead_somewhere() -> None:
    errors = {
        name
        for name, found in vars(importer.errors).items()
        if inspect.isclass(found) and name.endswith("Error")
    }
    assert set(importer.__all__) == PROMISED | errors
    assert set(importer.__all__) <= set(dir(importer))
    for name in importer.__all__:
        assert getattr(importer, name) is not None
    for name in errors:
        assert issubclass(getattr(importer, name), importer.ImporterError)


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'rnu'"):
        getattr(importer, "rnu")  # noqa: B009  (a type checker refuses the plain form)


def imported_by(program: str) -> set[str]:
    code = f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("program", ["import importer", "import importer; importer.SetupError; importer.Row"])
def test_importing_the_package_costs_none_of_its_libraries(program: str) -> None:
    assert imported_by(program) & HEAVY == set()


def test_the_libraries_come_with_the_first_use() -> None:
    assert "yaml" in imported_by("import importer; importer.load_mapping")


FUNCTIONS = ["run", "check", "preview", "suggest", "read", "resume", "retry", "plan", "apply", "undo"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_option_that_is_none_is_a_type_error_that_names_it_and_the_nearest(name: str) -> None:
    function: Any = getattr(importer, name)
    given = ["x.csv", "m.yaml"][
        : sum(p.default is p.empty for p in inspect.signature(function).parameters.values())
    ]
    with pytest.raises(
        TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'pasword'\. .*'password'"
    ):
        function(*given, pasword="secret")


async def test_a_coroutine_refuses_it_as_well() -> None:
    wrong: Any = {"locaton_id": "l"}
    with pytest.raises(TypeError, match=r"^run_async\(\) .* 'locaton_id'\. Did you mean 'location_id'\?"):
        await importer.run_async("x.csv", "m.yaml", **wrong)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("limit", 0), ("header_row", 0), ("concurrency", "4"), ("results_format", "pdf"), ("verify_share", 5),
        ("stop_after_failures", "some"), ("token", "two words"), ("sandbox", "yes"), ("fresh", 1),
        ("max_requests", 0), ("api_version", "v9"),
    ],
)  # fmt: skip
def test_a_value_that_the_command_line_refuses_is_refused_here(
    option: str, value: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path))
    given: Any = {option: value}
    with pytest.raises(importer.SettingsError, match=option):
        importer.run("x.csv", "m.yaml", **given)


@pytest.mark.parametrize(
    "name", [*FUNCTIONS, *(f"{name}_async" for name in ("run", "resume", "retry", "plan", "apply", "undo"))]
)
def test_help_shows_each_option_with_its_type_and_what_it_means(name: str) -> None:
    function = getattr(importer, name)
    shown = [
        each for each in inspect.signature(function).parameters.values() if each.kind is each.KEYWORD_ONLY
    ]
    assert "password" in {each.name for each in shown}
    for each in shown:
        assert each.annotation is not each.empty
        assert each.name == "rows" or f"    {each.name}: " in function.__doc__


EVERY_OPTIONS = [
    each for name, each in vars(api_options).items() if name.endswith("Options") and not name.startswith("_")
]


def test_every_option_says_what_it_means() -> None:
    for options in EVERY_OPTIONS:
        for name, hint in get_type_hints(options, include_extras=True).items():
            assert hint.__metadata__[0], name


def test_every_option_of_the_library_is_used() -> None:
    """An option that does nothing would be a promise that nobody keeps."""
    code = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "importer" / "api").glob("*.py")]
    named = {
        node.value
        for tree in code
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    by_group = {
        *api_options.Layout.__annotations__,
        *api_options.Rows.__annotations__,
        *api_options.OfARun.__annotations__,
    }
    for options in EVERY_OPTIONS:
        assert set(get_type_hints(options)) <= named | by_group


@pytest.mark.campaign  # it reads the whole package and what that imports: ten seconds, as long as six hundred other tests
def test_a_type_checker_takes_the_calls_that_work_and_refuses_the_others(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text("import importer\n\n" + "\n".join(WRONG.values()) + "\n")
    words = ("-m", "mypy", "--strict", "--config-file", "", "--follow-imports=silent")
    done = subprocess.run(
        [sys.executable, *words, *map(str, tmp_path.iterdir())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert "right.py" not in told
    taken = [what for line, what in enumerate(WRONG, start=3) if f"wrong.py:{line}: error:" not in told]
    assert taken == [], told


class Frame:
    """Stands in for a DataFrame by what tells one."""

    def to_csv(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("source", "mapping", "said"),
    [
        (None, "sample", "None names no source"),
        ([], "sample", "A list names no source"),
        ([None], "sample", "A list names no source"),
        (b"Email\n", "sample", "A bytes names no source"),
        (3, "sample", "A int names no source"),
        (Frame(), "sample", "Rows in memory are not imported"),
        ("x.csv", {"version": 1}, "A dict is no mapping"),
        ("x.csv", None, "None is no mapping"),
        ("x.csv", "", "A str is no mapping"),
        ("", "sample", "A source is empty"),
    ],
)
@pytest.mark.parametrize("name", ["check", "preview", "run"])
def test_what_is_no_source_and_no_mapping_is_said_in_a_sentence(
    name: str, source: Any, mapping: Any, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path))
    function = getattr(importer, name)
    with pytest.raises(importer.ImporterError, match=said):
        list(function(source, mapping, sandbox=True))  # preview begins with its first row


def test_a_suggestion_is_read_before_it_is_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Email\na@example.com\n")
    suggestion: Any = importer.suggest(path)
    with pytest.raises(importer.SettingsError, match=r"Write suggestion.to_yaml\(\) to a file"):
        importer.check(path, suggestion, sandbox=True)
