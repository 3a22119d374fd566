"""A start is what people wait for: no command loads what a small file of plain rows does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import gc, json, sys
from importer.cli import main
looks = []
usual = gc.get_threshold()
gc.callbacks.append(lambda phase, found: gc.get_threshold() != usual and looks.append(found))
try:
    main()
except SystemExit as left:
    print(json.dumps([left.code, looks, *sys.modules]))
"""
HELP = {"yaml", "asyncio", "logging", "sqlite3", "importer.records"}
ANY_ROWS = {
    "openpyxl",
    "pandas",
    "lxml",
    "fsspec",
    "email_validator",
    "pydantic",  # which read the mapping once
    "importer.yaml.json_schema",
    "phonenumbers.data.region_CA",  # of the other 24 regions with the code 1
    "importer.suggestion.suggesting",
    "importer.jobs",
    "importer.reading.text.pages",  # what is not UTF-8 is guessed by
    "importer.results.plan",
    "zoneinfo",
}
CHECK = {
    "asyncio",
    "ssl",
    "http.client",
    "importlib.metadata",
    "jinja2",
    "importer.pipeline",
    "importer.sandbox",
    "importer.mirror",
    "html.entities",
}
SENDING = {"aiohttp", "importer.sending", "importer.runs.delivery"}
SHOWING = {"aiohttp.web", "importer.results.forecast"}
SELDOM = {
    "importer.mirror.store",
    "importer.reading.rewriting",
    "importer.runs.catalogs",
    "importer.runs.same_contact_list",
    "importer.runs.uploading",
    "importer.state.kept_files",
}
COMPARING = {
    "importer.mirror.reading",
    "importer.mirror.foreseen",
    "importer.runs.planning",
    "importer.runs.forecast",
    "importer.runs.foreseen_rows",
}


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        (("--help",), HELP | ANY_ROWS | CHECK | SENDING),
        (("check", "people.csv", "-m", "people.yaml", "-q"), ANY_ROWS | CHECK | SENDING),
        (("preview", "people.csv", "-m", "people.yaml"), ANY_ROWS | CHECK | SENDING),
        (
            ("run", "people.csv", "-m", "people.yaml", "--sandbox", "-q"),
            ANY_ROWS | COMPARING | SHOWING | SELDOM,
        ),
    ],
    ids=["help", "check", "preview", "run"],
)
def test_a_command_loads_no_more_than_it_needs_and_does_not_look_for_garbage_in_it(
    tmp_path: Path, words: tuple[str, ...], spared: set[str]
) -> None:
    (tmp_path / "people.csv").write_text("Mail,Phone,Land\nann@example.com,+12125550123,US\n")
    (tmp_path / "people.yaml").write_text("version: 1\nfields: {email: Mail, phone: Phone, country: Land}\n")
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        cwd=tmp_path,
        env={**os.environ, "IMPORTER_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, looks_of_the_collector, *loaded = json.loads(ended.stdout.splitlines()[-1])
    assert (code, looks_of_the_collector) == (0, [])
    assert spared & set(loaded) == set()


def test_sending_loads_nothing_that_suggests() -> None:
    code = "import sys, importer.pipeline, importer.runs.delivery; sys.exit('importer.suggestion' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
