"""What came after a run, told in its summary and report, without reading its rows again."""

from __future__ import annotations

import json
from pathlib import Path

from importer.records import Since
from importer.results.commands import NextCommands
from importer.results.files import RunFiles, replacing_text
from importer.results.report import amend_report
from importer.results.summary import since_json


def amend(files: RunFiles, since: Since, commands: NextCommands) -> None:
    """Bring ``summary.json`` and ``report.html`` up to date; what somebody changed, or took away, stays as it is.

    Raises StateError.
    """
    summary = files.folder / "summary.json"
    if not files.is_ours(summary):
        return
    content = json.loads(summary.read_text(encoding="utf-8"))
    content.update(since_json(since))
    _rewrite(files, summary, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    report = files.folder / "report.html"
    if files.is_ours(report):
        page = report.read_text(encoding="utf-8")
        _rewrite(files, report, amend_report(page, since, content["rows_read"], files.folder, commands))


def _rewrite(files: RunFiles, path: Path, text: str) -> None:
    with replacing_text(path, replacing=files.replacing) as file:
        file.write(text)
