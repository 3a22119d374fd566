from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from importer.errors import StateError
from importer.records import Pulse, Status
from importer.results.metrics import write_metrics

if TYPE_CHECKING:
    from tests.results.conftest import Story


def written(path: Path) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {
        (sample.name.removeprefix("highlevel_importer_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_run_is_told_to_prometheus(story: Story, tmp_path: Path) -> None:
    story.sheet({2: ("x", "", "", ""), 3: ("y", "", "", "")})
    story.settle(2, Status.CREATED).settle(3, Status.FAILED, code="refused")
    story.pulses = [
        Pulse(location_id="loc", started_at=0, seconds=10, requests=5, throttled=1, latency_p50=200, latency_p95=400,
              daily_remaining=99)
    ]  # fmt: skip
    path = tmp_path / "metrics" / "importer.prom"

    write_metrics(story.write(), path)

    mapping = ("mapping", "contacts")
    told = written(path)
    assert told["rows", (mapping, ("status", "created"))] == 1
    assert told["failed_rows", (("code", "refused"), mapping)] == 1
    assert told["requests", (("location", "loc"), mapping)] == 5
    assert told["daily_quota_remaining", (("location", "loc"), mapping)] == 99
    assert told["latency_seconds", (mapping, ("quantile", "0.95"))] == 0.4
    assert told["rows_per_second", (mapping,)] == pytest.approx(2 / 60)
    assert told["duration_seconds", (mapping,)] == 60
    assert told["exit_code", (mapping,)] == 1


def test_writing_again_replaces_the_file(story: Story, tmp_path: Path) -> None:
    story.sheet({2: ("x", "", "", "")}).settle(2, Status.CREATED)
    summary = story.write()
    path = tmp_path / "importer.prom"
    write_metrics(summary, path)
    first = path.read_text(encoding="utf-8")
    write_metrics(summary, path)

    assert path.read_text(encoding="utf-8") == first


def test_a_folder_in_the_way_is_told(story: Story, tmp_path: Path) -> None:
    story.sheet({2: ("x", "", "", "")}).settle(2, Status.CREATED)
    (tmp_path / "importer.prom").mkdir()

    with pytest.raises(StateError, match=r"importer\.prom could not be written"):
        write_metrics(story.write(), tmp_path / "importer.prom")
