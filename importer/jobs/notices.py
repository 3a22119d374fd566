"""What people are told of a job: a notice, and its form for each kind of channel. Counts and codes, never a person's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from importer.records import Json, value_type


class Event(StrEnum):
    FAILURE = "failure"
    THRESHOLD = "threshold"
    APPROVAL = "approval"
    RECOVERY = "recovery"
    SUCCESS = "success"


_MARKS: Final = {
    Event.FAILURE: "❌",
    Event.THRESHOLD: "⚠️",
    Event.APPROVAL: "✋",
    Event.RECOVERY: "✅",
    Event.SUCCESS: "✅",
}
_WORDS: Final = {
    Event.FAILURE: "failed",
    Event.THRESHOLD: "crossed a threshold",
    Event.APPROVAL: "waits for an approval",
    Event.RECOVERY: "works again",
    Event.SUCCESS: "finished",
}
_COUNTS: Final = ("rows_read", "created", "updated", "skipped", "failed", "pending", "missing", "requests")


@value_type(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message about one job."""

    event: Event
    job: str
    at: float
    sentence: str
    """What happened and what to do, for a person."""
    host: str = ""
    file: str = ""
    """The name of the file, credentials masked."""
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    errors_by_code: Mapping[str, int] = field(default_factory=dict)
    report: str | None = None
    """The report's path; never its content."""

    @property
    def title(self) -> str:
        return f"{_MARKS[self.event]} Import job {self.job} {_WORDS[self.event]}"

    @property
    def facts(self) -> dict[str, str]:
        """The rest, as name and text, for people."""
        counted = ", ".join(
            f"{self.counts[name]:,} {name.replace('_', ' ')}" for name in _COUNTS if name in self.counts
        )
        codes = ", ".join(f"{code}: {rows:,}" for code, rows in self.errors_by_code.items())
        found = {
            "When": datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "Machine": self.host,
            "File": self.file,
            "Rows": counted,
            "Causes": codes,
            "Run": self.run_id or "",
            "Report": self.report or "",
        }
        return {name: text for name, text in found.items() if text}

    def to_json(self) -> dict[str, Json]:
        return {**asdict(self), "event": self.event.value, "title": self.title}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Notice:
        known = {name: value for name, value in stored.items() if name != "title"}
        return cls(**{**known, "event": Event(stored["event"])})


def as_json(notice: Notice) -> dict[str, Json]:
    return notice.to_json()


def as_slack(notice: Notice) -> dict[str, Json]:
    """Write it for a Slack incoming webhook; ``text`` is what the notification shows."""
    lines = [f"*{name}:* {_slack_text(text)}" for name, text in notice.facts.items()]
    return {
        "text": notice.title,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": notice.title[:150]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": _slack_text(notice.sentence)[:2900]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:2900]}},
        ],
    }


def as_teams(notice: Notice) -> dict[str, Json]:
    """Write it as an adaptive card, which the Teams workflow "post when a webhook request is received" takes."""
    facts: list[Json] = [{"title": name, "value": text} for name, text in notice.facts.items()]
    body: list[Json] = [
        {"type": "TextBlock", "text": notice.title, "weight": "Bolder", "size": "Medium", "wrap": True},
        {"type": "TextBlock", "text": notice.sentence, "wrap": True},
        {"type": "FactSet", "facts": facts},
    ]
    card: dict[str, Json] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def as_text(notice: Notice) -> str:
    """Write it for an e-mail."""
    return "\n".join([notice.sentence, "", *(f"{name}: {text}" for name, text in notice.facts.items()), ""])


def _slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
