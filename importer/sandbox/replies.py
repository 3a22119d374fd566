"""What the sandbox answers: a reply, or a refusal in the vendor's words."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from importer.sandbox.wire import JsonObject

_ERRORS: Final = {
    401: "Unauthorized",
    404: "Not Found",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
}


@dataclass(slots=True, eq=False, repr=False)
class Reply:
    status: int
    body: JsonObject = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818  (the vendor's "no" is no error of the sandbox)
    """The vendor says no. ``message`` is a string or a list, as the vendor mixes them."""

    def __init__(
        self,
        status: int,
        message: str | list[str],
        *,
        meta: JsonObject | None = None,
        code: str = "",
        kind: str = "",
        wait_seconds: float = 0.0,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.message = message
        self.meta = meta
        self.code = code
        self.kind = kind or str(status)
        self.wait_seconds = wait_seconds

    def reply(self, *, retry_after: bool = False) -> Reply:
        body: JsonObject = {"statusCode": self.status, "message": self.message}
        if error := _ERRORS.get(self.status):
            body["error"] = error
        if self.code:
            body["code"] = self.code
        if self.meta is not None:
            body["meta"] = self.meta
        body["traceId"] = trace_id()
        told = retry_after and self.wait_seconds > 0
        return Reply(self.status, body, {"Retry-After": str(math.ceil(self.wait_seconds))} if told else {})


def trace_id() -> str:
    return str(uuid.uuid4())
