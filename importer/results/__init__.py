"""Views of the journal: files for people to act on, a summary for programs, a report, and what a terminal shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.results.summary import Summary
    from importer.results.writing import ResultsWriter

__all__ = ["ResultsWriter", "Summary"]


def __getattr__(name: str) -> object:
    """Load what is asked for when it is: a check shows a forecast, and pays for no writer of results."""
    if name == "Summary":
        from importer.results.summary import Summary

        return Summary
    if name == "ResultsWriter":
        from importer.results.writing import ResultsWriter

        return ResultsWriter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
