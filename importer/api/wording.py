"""What an error says to a program: the parameter's name where the command line has a flag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from importer.errors import ImporterError
from importer.runtime.regex import regex

_VALUES: Final = {
    "--location": "location_id", "--base-url": "base_url", "--token-file": "token", "--state": "state", "--sheet": "sheet",
    "--header-row": "header_row", "--encoding": "encoding", "--delimiter": "delimiter", "--output": "output", "--limit": "limit",
    "--results-format": "results_format", "--trial": "trial", "--concurrency": "concurrency", "--full-every": "full_every",
    "--stop-after-failures": "stop_after_failures", "--send-window": "send_window", "--max-requests": "max_requests",
    "--corrections": "corrections", "--rows": "only_rows", "--follows": "follows", "--verify": "verify_share",
    "--metrics-file": "metrics_file", "--api-version": "api_version", "--max-age": "max_age_seconds",
    "--good-for": "good_for_seconds", "--approved-by": "approved_by",
}  # fmt: skip
_SWITCHES: Final = {
    "--sandbox": "sandbox", "--fresh": "fresh", "--compare": "compare", "--before-images": "before_images", "--changed-only": "changed_only",
    "--wait-for-quota": "wait_for_quota", "--allow-transforms": "allow_transforms", "--accept-rewritten": "accept_rewritten",
    "--into-other-location": "into_other_location", "--report-details": "report_details",
    "--over-newer": "over_newer", "--missing": "missing", "--replan": "replan", "--dry-run": "dry_run",
    "--with-history": "with_history",
}  # fmt: skip
PARAMETERS: Final = {flag: f"{name}=" for flag, name in _VALUES.items()} | {
    flag: f"{name}=True" for flag, name in _SWITCHES.items()
}
"""Flag of the command line: how the library's functions are told the same."""

_SAID: Final = regex(
    r"(?P<command>\bimporter [a-z]+\b(?:(?!(?<=\w)\.(?:\s|$)|[;)`\n]).)*)"
    r"|(?P<flag>--[a-z][a-z-]+)(?: [A-Z]+\b)?"
    r"|(?<!\S)-m (?P<mapping>[\w./-]*\w)"
)
"""A whole command, which stays one; a flag with what stands for its value; a mapping's name."""


def in_parameters(text: str) -> str:
    """Name each flag of a sentence as the library's parameter; a command to be typed stays as it is."""
    return _SAID.sub(_spoken, text)


def _spoken(found: re.Match[str]) -> str:
    if found["mapping"]:
        return f'mapping="{found["mapping"]}"'
    parameter = PARAMETERS.get(found["flag"] or "")
    return found[0] if parameter is None else parameter


@contextmanager
def errors_in_parameters() -> Iterator[None]:
    """Let errors that go out to a program speak of parameters."""
    try:
        yield
    except ImporterError as error:
        first, *rest = error.args or ("",)
        if isinstance(first, str):
            error.args = (in_parameters(first), *rest)
        raise
