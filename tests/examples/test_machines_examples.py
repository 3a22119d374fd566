"""What examples/machines shows for containers and engines: names, words and ports are those that there are."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from importer.cli import cli
from importer.sandbox import SandboxSettings, sandbox_aside

MACHINES = Path(__file__).parents[2] / "examples" / "machines"
COMPOSE = yaml.safe_load((MACHINES / "compose.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS = list(
    yaml.safe_load_all((MACHINES / "kubernetes" / "importer.yaml").read_text(encoding="utf-8"))
)
JOB = yaml.safe_load((MACHINES / "kubernetes" / "part-job.yaml").read_text(encoding="utf-8"))


def commands() -> Iterator[Sequence[str]]:
    yield from (each["command"] for name, each in COMPOSE["services"].items() if name != "postgres")
    yield from (each["spec"]["template"]["spec"]["containers"][0]["args"] for each in DEPLOYMENTS)
    words = JOB["spec"]["template"]["spec"]["containers"][0]["command"][-1].split()
    yield words[1 : words.index("||")]


@pytest.mark.parametrize("words", list(commands()), ids=lambda words: words[0])
def test_the_commands_are_there_with_their_options(words: Sequence[str]) -> None:
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words[1:] if word.startswith("-")} <= known


def test_two_serve_and_whoever_is_stopped_has_the_time_that_it_needs() -> None:
    assert COMPOSE["services"]["serve"]["deploy"]["replicas"] == 2
    assert [each["spec"]["replicas"] for each in DEPLOYMENTS] == [2, 2]
    for each in (*DEPLOYMENTS, JOB):
        assert each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 10
    assert COMPOSE["services"]["worker"]["stop_grace_period"] == "30s"


def test_each_folder_that_a_container_writes_to_is_mounted() -> None:
    for each in DEPLOYMENTS:
        pod = each["spec"]["template"]["spec"]
        mounts: list[dict[str, Any]] = pod["containers"][0]["volumeMounts"]
        assert {"/state", "/tmp", "/results"} <= {mount["mountPath"] for mount in mounts}  # noqa: S108  (a path in a container)
        assert {mount["name"] for mount in mounts} == {volume["name"] for volume in pod["volumes"]}
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def test_engines_call_what_is_there_by_its_names() -> None:
    """Airflow and Dask are no part of the tests: their files are read, not imported."""
    parting = ast.parse((MACHINES / "parting.py").read_text(encoding="utf-8"))
    made = {each.name for each in parting.body if isinstance(each, ast.FunctionDef)}
    for name in ("parts_dag.py", "dask_parts.py"):
        script = ast.parse((MACHINES / name).read_text(encoding="utf-8"))
        taken = {
            alias.name
            for each in ast.walk(script)
            if isinstance(each, ast.ImportFrom) and each.module == "parting"
            for alias in each.names
        }
        assert taken == {"parts_of", "work_on"} <= made


def test_an_engine_works_off_a_run_part_by_part(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(MACHINES)
    import parting  # type: ignore[import-not-found]

    (tmp_path / "contacts.csv").write_text("Sub,Mail\nA,a@example.com\nB,b@example.com\nB,no mail\n")
    (tmp_path / "mapping.yaml").write_text("version: 1\nlocation: {column: Sub}\nfields: {email: Mail}\n")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("HIGHLEVEL_", "IMPORTER_"))]:
        monkeypatch.delenv(name)
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        monkeypatch.setenv("IMPORTER_STATE", postgres)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invented")
        monkeypatch.setenv("HIGHLEVEL_BASE_URL", vendor.base_url)
        words = [
            sys.executable,
            "-m",
            "importer",
            "submit",
            "contacts.csv",
            "-m",
            "mapping.yaml",
            "--json",
            "-q",
        ]
        run = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["run_id"]
        assert parting.parts_of(run) == ["B", "A"]
        assert parting.work_on(run, "B") == {"created": 1, "updated": 0, "skipped": 0, "failed": 1}
        assert parting.parts_of(run) == ["A"]
        monkeypatch.setenv("HIGHLEVEL_BASE_URL", "https://elsewhere.invalid")
        with pytest.raises(RuntimeError, match="did not come to its end"):
            parting.work_on(run, "nowhere")
