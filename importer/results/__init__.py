"""Views of the journal: files for people to act on, a summary for programs, a report, and what a terminal shows."""

from __future__ import annotations

from importer.results.summary import Summary
from importer.results.writing import ResultsWriter

__all__ = ["ResultsWriter", "Summary"]
