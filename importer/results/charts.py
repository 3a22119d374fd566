"""Charts as inline SVG: the drawing stretches with the page, numbers and labels stay HTML and keep their size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from importer.records import value_type
from importer.results.wording import duration, number

WIDTH: Final = 1000
HEIGHT: Final = 240


@value_type(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on an axis; ``at`` in percent of the axis."""

    at: float
    label: str


@value_type(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One series as SVG path data, or a level across the chart (a quota)."""

    kind: str
    """``area``, ``line``, ``strong`` or ``level``: the class that the page styles."""
    path: str
    label: str


@value_type(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that the page needs to show one chart. ``summary`` is its text for those who do not see it."""

    id: str
    title: str
    unit: str
    summary: str
    series: tuple[Drawn, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    breaks: tuple[float, ...] = ()


@value_type(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale from nothing to ``top`` with round steps."""

    top: float
    step: float

    def y(self, value: float) -> float:
        return round(HEIGHT - min(value / self.top, 1.0) * HEIGHT, 1)

    def ticks(self, unit: str = "") -> tuple[Tick, ...]:
        count = round(self.top / self.step)
        return tuple(
            Tick(at=100 * index / count, label=f"{_plain(index * self.step)}{unit}")
            for index in range(count + 1)
        )


def axis_for(largest: float) -> Axis:
    """Choose a scale with three to six round steps that holds the largest value."""
    largest = largest or 1.0
    magnitude = 10 ** math.floor(math.log10(largest / 4))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if largest / (factor * magnitude) <= 5)
    return Axis(top=step * math.ceil(largest / step - 1e-9), step=step)


def time_ticks(seconds: float) -> tuple[Tick, ...]:
    """Label a course of so many seconds with five durations, both ends included."""
    return tuple(
        Tick(at=100 * index / 4, label="0" if not index else duration(seconds * index / 4))
        for index in range(5)
    )


def line(values: Sequence[float | None], axis: Axis) -> str:
    """Draw a line through the middles of equal steps; it is broken where there is no value."""
    parts: list[str] = []
    pen = "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{_x(index, len(values))} {axis.y(value)}")
        pen = "L"
        if not _has_neighbour(values, index):
            parts.append("h1")
    return "".join(parts)


def area(values: Sequence[float], axis: Axis) -> str:
    """Draw steps filled down to the ground: each value holds for the whole of its step."""
    parts = [f"M0 {HEIGHT}"]
    for index, value in enumerate(values):
        left, right = WIDTH * index / len(values), WIDTH * (index + 1) / len(values)
        parts.append(f"L{left:.1f} {axis.y(value)}L{right:.1f} {axis.y(value)}")
    return "".join([*parts, f"L{WIDTH} {HEIGHT}Z"])


def level(value: float, axis: Axis) -> str:
    return f"M0 {axis.y(value)}H{WIDTH}"


def _has_neighbour(values: Sequence[float | None], index: int) -> bool:
    before = index > 0 and values[index - 1] is not None
    return before or (index + 1 < len(values) and values[index + 1] is not None)


def _x(index: int, count: int) -> float:
    return round(WIDTH * (index + 0.5) / count, 1)


def _plain(value: float) -> str:
    return number(value) if value == int(value) else f"{value:g}"
