"""The forecast as a terminal shows it: what a run would do, how long it takes, what to mend before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from importer.results.forecast import Forecast
from importer.results.palette import Palette
from importer.results.summary_text import causes
from importer.results.wording import duration, number, percent, rows


def render_forecast(forecast: Forecast, report: Path | None = None, palette: Palette | None = None) -> str:
    """Write the forecast for people; several lines, no line break at the end."""
    colours = palette or Palette()
    return "\n".join(
        [
            colours.bold(_headline(forecast)),
            "",
            f"  to send   {forecast.ready:>10,}",
            f"  to skip   {forecast.skipped:>10,}",
            f"  would fail{forecast.failed:>10,}",
            *_effort(forecast),
            *causes(forecast.errors, colours, title="Rows that would fail, by cause"),
            *causes(forecast.warning_groups, colours, title="Warnings"),
            *([f"\n  report    {report}"] if report is not None else []),
        ]
    )


def _headline(forecast: Forecast) -> str:
    if not forecast.failed:
        return f"All {rows(forecast.rows_read)} are fine; nothing was sent."
    return f"{rows(forecast.failed)} of {number(forecast.rows_read)} would fail; nothing was sent."


def _effort(forecast: Forecast) -> Iterator[str]:
    yield ""
    yield (
        f"  A run needs {number(forecast.requests)} requests: about {duration(forecast.seconds)} at the vendor's pace, "
        f"{percent(forecast.daily_share)} of a location's daily allowance"
        + (f", so it goes on over {forecast.days} days." if forecast.days > 1 else ".")
    )
    if forecast.duplicates:
        yield f"  {rows(forecast.duplicates)} are of a person who stands in the file more than once."
    if forecast.ready:
        yield (
            f"  Up to {rows(forecast.ready)} may start workflows that wait for 'contact created' or 'tag added' "
            "in the location."
        )
