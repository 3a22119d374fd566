"""Metrics of a run as a Prometheus text file, for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from importer.errors import SettingsError
from importer.records import Status
from importer.results.files import translated
from importer.results.summary import Summary
from importer.runtime.installation import missing_extra

PREFIX: Final = "highlevel_importer_"
"""Of every metric of ours, in files and from the resident."""

MetricSample: TypeAlias = tuple[str, str, dict[str, str], float]
"""A metric's name, what it means, its labels and its value."""


def require_metrics() -> None:
    """See before a run that metrics can be written. Raises SettingsError when the extra is not installed."""
    try:
        import prometheus_client  # noqa: F401  (only whether it is there)
    except ImportError:
        raise SettingsError(missing_extra("--metrics-file", "metrics")) from None


def write_metrics(summary: Summary, path: Path) -> None:
    """Write the metrics of a run, the old file replaced at once. Raises SettingsError or StateError."""
    require_metrics()
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for name, text, labels, value in _samples(summary):
        named = {"mapping": Path(summary.mapping).stem, **labels}
        if name not in gauges:
            gauges[name] = Gauge(PREFIX + name, text, tuple(named), registry=registry)
        gauges[name].labels(**named).set(value)
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(path), registry)


def _samples(summary: Summary) -> Iterator[MetricSample]:
    for status in Status:
        yield (
            "rows",
            "Rows of the last run by outcome.",
            {"status": status.value},
            getattr(summary, status.value),
        )
    for code, rows in summary.errors_by_code.items():
        yield "failed_rows", "Failed rows of the last run by cause.", {"code": code}, rows
    for name, part in summary.locations.items():
        labels = {"location": name}
        yield "requests", "Requests of the last run.", labels, part.requests
        yield "throttled", "Requests that were refused with 429.", labels, part.throttled
        if part.daily_remaining is not None:
            yield "daily_quota_remaining", "Requests left of the day's quota.", labels, part.daily_remaining
    for quantile, milliseconds in (("0.5", summary.latency.p50), ("0.95", summary.latency.p95)):
        if milliseconds is not None:
            yield "latency_seconds", "Time to an answer.", {"quantile": quantile}, milliseconds / 1000
    yield from _plain(summary)


def _plain(summary: Summary) -> Iterator[MetricSample]:
    pace = (summary.rows_read - summary.pending) / summary.seconds if summary.seconds else 0.0
    yield "warnings", "Warnings of the last run.", {}, summary.warnings
    yield "retries", "Attempts after the first.", {}, summary.retries
    yield "rows_per_second", "Rows settled a second.", {}, pace
    yield "duration_seconds", "Time the last run was at work.", {}, summary.seconds
    yield "exit_code", "0 all well, 1 some rows failed, 3 stopped before the end.", {}, summary.exit_code
    yield "last_run_timestamp_seconds", "When the last run ended.", {}, summary.finished_at
