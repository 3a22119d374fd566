"""What is remembered of quotas beyond the runs that used them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from importer.errors import StateError
from importer.records import QuotaMark


def latest(first: Mapping[str, QuotaMark], second: Mapping[str, QuotaMark]) -> dict[str, QuotaMark]:
    """Keep the newer mark of each location, and the slowest reply of both."""
    merged = dict(first)
    for location_id, mark in second.items():
        known = merged.get(location_id, mark)
        newer = known if known.at > mark.at else mark
        slowest = max(known.slowest_seconds, mark.slowest_seconds)
        merged[location_id] = replace(newer, slowest_seconds=slowest)
    return merged


class QuotaMemory:
    """A small file beside the runs: marks by base URL and location. It holds no person's data."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "quota.json"

    def marks(self, base_url: str) -> dict[str, QuotaMark]:
        return {mark.location_id: mark for mark in self._read().get(base_url, ())}

    def remember(self, base_url: str, marks: Mapping[str, QuotaMark]) -> None:
        known = self._read()
        known[base_url] = list(
            latest({mark.location_id: mark for mark in known.get(base_url, ())}, marks).values()
        )
        content = {url: [asdict(mark) for mark in of_url] for url, of_url in known.items()}
        whole = self._path.with_name(f"quota.json.{os.getpid()}.part")
        try:
            handle = os.open(whole, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                json.dump(content, opened)
            whole.replace(self._path)
        except OSError as cause:
            raise StateError(f"{self._path} cannot be written: {cause.strerror}.") from cause

    def _read(self) -> dict[str, list[QuotaMark]]:
        # What cannot be read is as good as not remembered: the vendor's own headers correct it at the first reply.
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return {url: [QuotaMark(**mark) for mark in marks] for url, marks in content.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
