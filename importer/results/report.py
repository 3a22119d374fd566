"""The report: one HTML file without scripts or network, to be read by whoever asked for the import."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from importer.highlevel.quota import BURST, INTERVAL_SECONDS
from importer.records import PlanAction, Since, value_type
from importer.results import wording
from importer.results.charts import Chart, Drawn, area, axis_for, level, line, time_ticks
from importer.results.commands import NextCommands
from importer.results.files import replacing_text
from importer.results.next_steps import next_steps, steps_since
from importer.results.shown import Segment, segments, shown_groups
from importer.results.traffic import Traffic
from importer.runtime.counting import counted
from importer.runtime.regex import regex

if TYPE_CHECKING:
    from importer.results.forecast import Forecast
    from importer.results.plan import PlanSummary
    from importer.results.summary import Summary
    from importer.runtime.templates import Templates

_NEXT: Final = regex(r"(<!-- next -->\n).*?(<!-- /next -->)", re.DOTALL)
_QUOTA_PER_SECOND: Final = BURST / INTERVAL_SECONDS


def render_report(summary: Summary, traffic: Traffic, *, details: bool = False) -> str:
    """Write the report of a run; values are masked unless ``details`` are wanted."""
    names = [source.name for source in summary.sources]
    return _render(
        "report.html.j2",
        summary=summary,
        details=details,
        segments=segments(summary.counts),
        steps=next_steps(summary),
        since=_shown_since(summary.since, summary.rows_read, summary.report.parent)
        if summary.since
        else None,
        follows=_linked(summary.follows, summary.report.parent) if summary.follows else None,
        errors=shown_groups(summary.errors, names, details=details),
        warnings=shown_groups(summary.warning_groups, names, details=details),
        skips=shown_groups(summary.skip_groups, names, details=details),
        traffic=traffic,
        charts=_charts(traffic),
    )


def amend_report(page: str, since: Since, rows_read: int, folder: Path, commands: NextCommands) -> str:
    """Bring a report's next steps up to date with what came since; one without that part stays as it is."""
    part = _render(
        "_next.html.j2",
        since=_shown_since(since, rows_read, folder),
        steps=tuple(steps_since(since, commands)),
        warnings=(),
    )
    return _NEXT.sub(lambda found: f"{found[1]}{part}{found[2]}", page, count=1)


def render_forecast_report(forecast: Forecast, *, details: bool = False) -> str:
    """Write the report of a check: what a run would do."""
    names = [source.name for source in forecast.sources]
    return _render(
        "forecast.html.j2",
        forecast=forecast,
        details=details,
        segments=_forecast_segments(forecast),
        errors=shown_groups(forecast.errors, names, details=details),
        warnings=shown_groups(forecast.warning_groups, names, details=details),
        skips=shown_groups(forecast.skip_groups, names, details=details),
    )


def render_plan_report(plan: PlanSummary, *, details: bool = False) -> str:
    """Write the page for whoever has to approve a plan; values are masked unless ``details`` are wanted."""
    from importer.results.shown_plan import plan_segments, shown_causes, shown_fields  # no run has one

    return _render(
        "plan.html.j2",
        plan=plan,
        details=details,
        created=plan.count(PlanAction.CREATE),
        updated=plan.count(PlanAction.UPDATE),
        saved=plan.requests_without_plan - plan.requests,
        tagged="tags" in plan.fields,
        workflow=plan.workflow,
        segments=plan_segments(plan),
        fields=shown_fields(plan, details=details),
        causes=shown_causes(plan, details=details),
        missing=wording.missing_sentence(plan.missing.contacts, plan.unsent)
        if plan.missing is not None
        else None,
    )


def write_plan_report(plan: PlanSummary, *, details: bool = False) -> None:
    """Write the page of a plan; it appears when it is whole. Raises StateError."""
    with replacing_text(plan.report) as file:
        file.write(render_plan_report(plan, details=details))


def write_forecast_report(forecast: Forecast, path: Path, *, details: bool = False) -> None:
    """Write the report of a check to ``path``; it appears when it is whole. Raises StateError."""
    with replacing_text(path) as file:
        file.write(render_forecast_report(forecast, details=details))


@value_type(frozen=True, slots=True, kw_only=True)
class LinkedRun:
    """Another run of the same story; ``page`` is its report, where that lies beside this one."""

    id: str
    page: str | None


@value_type(frozen=True, slots=True, kw_only=True)
class ShownSince:
    """What became of the failed rows, as the page says it."""

    sentence: str
    runs: tuple[LinkedRun, ...]


def _shown_since(since: Since, rows_read: int, folder: Path) -> ShownSince:
    return ShownSince(
        sentence=wording.since_text(since, rows_read),
        runs=tuple(_linked(run_id, folder) for run_id in since.successors),
    )


def _linked(run_id: str, folder: Path) -> LinkedRun:
    there = (folder.parent / run_id / "report.html").is_file()
    return LinkedRun(id=run_id, page=f"../{run_id}/report.html" if there else None)


def _render(template: str, **given: Any) -> str:
    return _environment().get_template(template).render(given)


@cache
def _environment() -> Templates:
    from importer.runtime.templates import templates_in

    environment = templates_in(Path(__file__).parent / "templates")
    environment.filters.update(
        number=wording.number,
        rows=wording.rows,
        percent=wording.percent,
        duration=wording.duration,
        moment=_moment,
    )
    return environment


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _forecast_segments(forecast: Forecast) -> tuple[Segment, ...]:
    whole = forecast.rows_read or 1
    parts = (
        ("created", "Ready to send", forecast.ready),
        ("skipped", "Would be skipped", forecast.skipped),
        ("failed", "Would fail", forecast.failed),
    )
    return tuple(
        Segment(name=name, label=label, count=count, share=count / whole) for name, label, count in parts
    )


def _charts(traffic: Traffic) -> tuple[Chart, ...]:
    """Draw the course of a run that asked for anything at all."""
    if not traffic.requests:
        return ()
    return (_rows_chart(traffic), _pace_chart(traffic), _latency_chart(traffic))


def _rows_chart(traffic: Traffic) -> Chart:
    settled = list(accumulate(step.settled for step in traffic.steps))
    axis = axis_for(settled[-1])
    return Chart(
        id="rows",
        title="Rows over time",
        unit="settled",
        summary=f"Rows settle when nothing is left to do for them; {traffic.whole.settled:,.0f} in "
        f"{wording.duration(traffic.seconds)}.",
        series=(Drawn(kind="area", path=area(settled, axis), label="rows with their outcome"),),
        rows=axis.ticks(),
        columns=time_ticks(traffic.seconds),
        breaks=_breaks(traffic),
    )


def _pace_chart(traffic: Traffic) -> Chart:
    pace = traffic.per_second([step.requests for step in traffic.steps])
    refused = traffic.per_second([step.throttled for step in traffic.steps])
    quota = _QUOTA_PER_SECOND * len(traffic.locations)
    # A sandbox may grant far more than the vendor does; a line at the bottom of the chart would tell nothing.
    known = max(pace) <= quota * 2
    axis = axis_for(max([*pace, quota * 1.1 if known else 0.0]))
    series = [
        Drawn(kind="area", path=area(pace, axis), label="requests"),
    ]
    if any(refused):
        series.append(Drawn(kind="bad", path=area(refused, axis), label="refused (429)"))
    if known:
        series.append(Drawn(kind="level", path=level(quota, axis), label=f"quota ({quota:g})"))
    mean = traffic.requests / traffic.seconds
    return Chart(
        id="pace",
        title="Pace against the quota",
        unit="a second",
        summary=f"{counted(traffic.requests, 'request')} in {wording.duration(traffic.seconds)}, on average {mean:.1f} a second"
        + (f" where the quota allows {quota:g}." if known else "."),
        series=tuple(series),
        rows=axis.ticks(),
        columns=time_ticks(traffic.seconds),
        breaks=_breaks(traffic),
    )


def _latency_chart(traffic: Traffic) -> Chart:
    slow = [step.p95 for step in traffic.steps]
    usual = [step.p50 for step in traffic.steps]
    axis = axis_for(max(value for value in [*slow, *usual, 0.0] if value is not None))
    return Chart(
        id="latency",
        title="Time to an answer",
        unit="ms",
        summary=f"Half of the answers came within {traffic.whole.p50 or 0:,.0f} ms, 95 % within "
        f"{traffic.whole.p95 or 0:,.0f} ms; the slowest took {traffic.latency_max:,.0f} ms.",
        series=(
            Drawn(kind="line", path=line(slow, axis), label="95 of 100 within"),
            Drawn(kind="strong", path=line(usual, axis), label="half within"),
        ),
        rows=axis.ticks(),
        columns=time_ticks(traffic.seconds),
        breaks=_breaks(traffic),
    )


def _breaks(traffic: Traffic) -> tuple[float, ...]:
    return tuple(round(100 * at / traffic.seconds, 2) for at in traffic.pauses if at <= traffic.seconds)
