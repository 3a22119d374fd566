"""The state folder: runs, locks, what was imported before, and the quota's memory."""

from __future__ import annotations

from importer.state.folder import NewRun, StateFolder, keep_days_from_environment
from importer.state.previous import Previous, changes_since

__all__ = ["NewRun", "Previous", "StateFolder", "changes_since", "keep_days_from_environment"]
