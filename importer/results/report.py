from __future__ import annotations

from importer.results.summary import Summary
from importer.results.traffic import Traffic


# stub until the template lands
def render_report(summary: Summary, traffic: Traffic, *, details: bool = False) -> str:
    return f"<!doctype html><title>{summary.run_id}</title>{traffic.requests}{details}"
