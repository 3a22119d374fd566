"""Import contacts from spreadsheets into HighLevel: mapped, within the quota, one true outcome for every row."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from importer.version import __version__

if TYPE_CHECKING:
    from importer.api import (
        apply,
        apply_async,
        change_mapping,
        check,
        load_mapping,
        mirror_location,
        mirror_location_async,
        open_bench,
        open_findings,
        open_history,
        plan,
        plan_async,
        preview,
        read,
        resume,
        resume_async,
        retry,
        retry_async,
        run,
        run_async,
        suggest,
        undo,
        undo_async,
    )
    from importer.bench.asking import Bench
    from importer.bench.column_values import ColumnValues
    from importer.errors import (
        BudgetSpentError,
        CertificateError,
        CredentialsError,
        CredentialsLostError,
        ImporterError,
        InterruptedRunError,
        MappingError,
        MirrorError,
        PausedRunError,
        QuotaSpentError,
        RunConflictError,
        ServiceDownError,
        SettingsError,
        SetupError,
        SourceError,
        StateError,
        StopError,
        TooManyFailuresError,
        TrialDoneError,
        TrustLostError,
    )
    from importer.mapping import Mapping
    from importer.mirror.reading import MirrorReading
    from importer.reading import Source
    from importer.records import PlanAction, Row, UndoStatus
    from importer.results.forecast import Forecast
    from importer.results.plan import PlanSummary
    from importer.results.summary import Summary
    from importer.results.undo import UndoSummary
    from importer.runs.history import PastRun, RunHistory
    from importer.runtime.progress import Phase, RunProgress
    from importer.state.findings import Findings
    from importer.suggestion.suggesting import Suggestion

__all__ = [
    "Bench",
    "BudgetSpentError",
    "CertificateError",
    "ColumnValues",
    "CredentialsError",
    "CredentialsLostError",
    "Findings",
    "Forecast",
    "ImporterError",
    "InterruptedRunError",
    "Mapping",
    "MappingError",
    "MirrorError",
    "MirrorReading",
    "PastRun",
    "PausedRunError",
    "Phase",
    "PlanAction",
    "PlanSummary",
    "QuotaSpentError",
    "Row",
    "RunConflictError",
    "RunHistory",
    "RunProgress",
    "ServiceDownError",
    "SettingsError",
    "SetupError",
    "Source",
    "SourceError",
    "StateError",
    "StopError",
    "Suggestion",
    "Summary",
    "TooManyFailuresError",
    "TrialDoneError",
    "TrustLostError",
    "UndoStatus",
    "UndoSummary",
    "__version__",
    "apply",
    "apply_async",
    "change_mapping",
    "check",
    "load_mapping",
    "mirror_location",
    "mirror_location_async",
    "open_bench",
    "open_findings",
    "open_history",
    "plan",
    "plan_async",
    "preview",
    "read",
    "resume",
    "resume_async",
    "retry",
    "retry_async",
    "run",
    "run_async",
    "suggest",
    "undo",
    "undo_async",
]

_TYPES: Final = {
    "Bench": "importer.bench.asking",
    "ColumnValues": "importer.bench.column_values",
    "Findings": "importer.state.findings",
    "Forecast": "importer.results.forecast",
    "Mapping": "importer.mapping",
    "MirrorReading": "importer.mirror.reading",
    "PastRun": "importer.runs.history",
    "Phase": "importer.runtime.progress",
    "PlanAction": "importer.records",
    "PlanSummary": "importer.results.plan",
    "Row": "importer.records",
    "RunHistory": "importer.runs.history",
    "RunProgress": "importer.runtime.progress",
    "Source": "importer.reading",
    "Suggestion": "importer.suggestion.suggesting",
    "Summary": "importer.results.summary",
    "UndoStatus": "importer.records",
    "UndoSummary": "importer.results.undo",
}


if not TYPE_CHECKING:  # a type checker would take it for a promise that every name exists

    def __getattr__(name: str) -> Any:
        # Resolved on first use: `import importer` must not pay for aiohttp, YAML and the phone tables.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = _TYPES.get(name) or ("importer.errors" if name.endswith("Error") else "importer.api")
        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
