"""Who may ask the screen, and under which rules a browser shows what it answers: judged here, without a socket.

Any page that a browser has open can send requests to this machine, and any user of the machine can connect to the
port; what is here keeps both out.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from importer.records import value_type

CSRF_HEADER: Final = "X-Importer-Token"
LOOPBACK: Final = "127.0.0.1"
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})
_OPEN_TO_ALL: Final = ("/static/", "/enter")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_REPORT_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class Kind(StrEnum):
    """What an answer is, as far as its headers differ."""

    PAGE = "page"
    DATA = "data"
    STATIC = "static"
    REPORT = "report"
    """A page that a run wrote: it holds cells of the file, and no script of it may run."""
    DOWNLOAD = "download"


@value_type(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What a request says of itself before anything of it is believed."""

    method: str
    path: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    cookies: Mapping[str, str] = field(default_factory=dict)


@value_type(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    sentence: str


@dataclass(slots=True)
class Admission:
    """Who has come in: one link, one session.

    The link's token is good once. Whoever used it has the session's cookie, and pages that it opens have the token
    that every change has to bring along.
    """

    port: int
    link_token: str | None = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie_name(self) -> str:
        return f"importer_{self.port}"  # a browser keeps one jar for all ports of a host

    @property
    def origin(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def link(self) -> str:
        """The address that lets somebody in once; a secret until then."""
        return f"{self.origin}/enter?t={self.link_token}"

    def enter(self, token: str) -> bool:
        """Let in whoever brings the link's token, the first time."""
        if self.link_token is None or not _same(token, self.link_token):
            return False
        self.link_token = None
        return True

    def new_link(self) -> str:
        """Make another link, for a browser that was closed; only the terminal that started us gets to see it."""
        self.link_token = secrets.token_urlsafe(32)
        return self.link

    @property
    def cookie(self) -> str:
        """The value of Set-Cookie."""
        return f"{self.cookie_name}={self.session}; HttpOnly; SameSite=Strict; Path=/"

    def judge(self, facts: RequestFacts) -> Refusal | None:
        """Refuse what does not come from a page of ours in the browser that was let in; None lets it pass."""
        return (
            self._called_by_another_name(facts)
            or _sent_by_another_site(facts)
            or self._stranger(facts)
            or self._forged(facts)
        )

    def _called_by_another_name(self, facts: RequestFacts) -> Refusal | None:
        # A page's owner can have its name resolve to this machine; only our own names are ours.
        if facts.host in {f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"}:
            return None
        return Refusal(421, f"This is the screen of importer at {self.origin}, and nothing else.")

    def knows(self, facts: RequestFacts) -> bool:
        """Tell whether a request comes from the browser that was let in: some addresses are open to everybody."""
        return _same(facts.cookies.get(self.cookie_name, ""), self.session)

    def _stranger(self, facts: RequestFacts) -> Refusal | None:
        if facts.path.startswith(_OPEN_TO_ALL) or self.knows(facts):
            return None
        return Refusal(
            403,
            "This screen belongs to whoever started it. Open the address that `importer ui` printed; it works once. "
            "If that was used up, stop `importer ui` and start it again: nothing is lost.",
        )

    def _forged(self, facts: RequestFacts) -> Refusal | None:
        if facts.method not in _WRITING:
            return None
        if (origin := facts.headers.get("origin")) is not None and origin not in self._own_origins:
            return Refusal(403, "That request came from another page.")
        if not _same(facts.headers.get(CSRF_HEADER.lower(), ""), self.csrf):
            return Refusal(403, "That request does not come from this screen. Load the page again.")
        said = facts.headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = (
            "application/octet-stream" if facts.method == "PUT" else "application/json"
        )  # a file, or what a form says
        if said != wanted:
            return Refusal(415, f"This takes {wanted} alone.")
        return None

    @property
    def _own_origins(self) -> frozenset[str]:
        return frozenset({self.origin, f"http://localhost:{self.port}"})


def _sent_by_another_site(facts: RequestFacts) -> Refusal | None:
    site = facts.headers.get("sec-fetch-site", "same-origin")
    # Whoever follows the printed link from a chat or a terminal that is a web page comes from another site, with nothing
    # but that link.
    if site in _OWN_SITES or (facts.path == "/enter" and facts.method == "GET"):
        return None
    return Refusal(403, "That request came from another site.")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def headers_of(kind: Kind) -> dict[str, str]:
    """Give the headers of an answer: what a browser may load, run, keep and tell others."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Content-Security-Policy": _REPORT_POLICY if kind is Kind.REPORT else _POLICY,
    }
    if kind is not Kind.STATIC:
        headers["Cache-Control"] = "no-store"
    return headers
