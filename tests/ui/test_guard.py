"""Who may ask the screen: one browser, from a page of ours, by our own name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.ui.guard import CSRF_HEADER, Admission, Kind, RequestFacts, headers_of

PORT = 8123
HERE = f"127.0.0.1:{PORT}"


@pytest.fixture
def admission() -> Admission:
    return Admission(port=PORT, link_token="link", session="session", csrf="csrf")


READING = RequestFacts(method="GET", path="/", host=HERE, cookies={f"importer_{PORT}": "session"})
WRITING = replace(
    READING,
    method="POST",
    path="/api/sample",
    headers={CSRF_HEADER.lower(): "csrf", "content-type": "application/json", "origin": f"http://{HERE}"},
)


def with_header(facts: RequestFacts, name: str, value: str | None) -> RequestFacts:
    headers = {**facts.headers, name: value or ""}
    return replace(facts, headers={key: each for key, each in headers.items() if each})


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        pytest.param(READING, None, id="our own page"),
        pytest.param(WRITING, None, id="a change by our own page"),
        pytest.param(with_header(WRITING, "origin", None), None, id="an older browser that names no origin"),
        pytest.param(
            replace(READING, host=f"localhost:{PORT}"), None, id="by the other name of this machine"
        ),
        pytest.param(replace(READING, host="evil.example"), 421, id="a name that somebody let resolve to us"),
        pytest.param(replace(READING, host="127.0.0.1"), 421, id="without the port"),
        pytest.param(replace(READING, host=f"127.0.0.1:{PORT + 1}"), 421, id="another port"),
        pytest.param(replace(READING, host=""), 421, id="no name at all"),
        pytest.param(
            replace(READING, host="evil.example", path="/static/ui.js"),
            421,
            id="static files by another name",
        ),
        pytest.param(replace(READING, cookies={}), 403, id="a stranger"),
        pytest.param(
            replace(READING, cookies={f"importer_{PORT}": "guess"}), 403, id="a stranger who guesses"
        ),
        pytest.param(
            replace(READING, cookies={f"importer_{PORT + 1}": "session"}),
            403,
            id="the cookie of another screen",
        ),
        pytest.param(replace(READING, cookies={}, path="/static/ui.js"), None, id="static files for anybody"),
        pytest.param(replace(READING, cookies={}, path="/enter"), None, id="the door"),
        pytest.param(with_header(READING, "sec-fetch-site", "cross-site"), 403, id="another site reads"),
        pytest.param(with_header(READING, "sec-fetch-site", "same-site"), 403, id="another port reads"),
        pytest.param(with_header(READING, "sec-fetch-site", "none"), None, id="an address that was typed"),
        pytest.param(
            with_header(replace(READING, path="/enter"), "sec-fetch-site", "cross-site"),
            None,
            id="the link, followed from a chat",
        ),
        pytest.param(with_header(WRITING, "origin", "null"), 403, id="an origin that hides"),
        pytest.param(with_header(WRITING, "origin", "http://evil.example"), 403, id="another origin"),
        pytest.param(with_header(WRITING, "origin", f"https://{HERE}"), 403, id="our name by another scheme"),
        pytest.param(with_header(WRITING, CSRF_HEADER.lower(), None), 403, id="a forged form"),
        pytest.param(with_header(WRITING, CSRF_HEADER.lower(), "guess"), 403, id="a guessed token"),
        pytest.param(with_header(WRITING, "content-type", "text/plain"), 415, id="a form's kind of body"),
        pytest.param(with_header(WRITING, "content-type", None), 415, id="a body of no kind"),
        pytest.param(
            with_header(WRITING, "content-type", "application/json; charset=utf-8"),
            None,
            id="JSON, said in full",
        ),
        pytest.param(
            with_header(
                replace(WRITING, method="PUT", path="/api/uploads"), "content-type", "application/json"
            ),
            415,
            id="an upload that says it is JSON",
        ),
        pytest.param(
            with_header(
                replace(WRITING, method="PUT", path="/api/uploads"),
                "content-type",
                "application/octet-stream",
            ),
            None,
            id="an upload",
        ),
        pytest.param(
            with_header(replace(WRITING, method="DELETE"), CSRF_HEADER.lower(), None), 403, id="a deletion"
        ),
    ],
)
def test_a_request_is_answered_or_refused(
    admission: Admission, facts: RequestFacts, status: int | None
) -> None:
    refusal = admission.judge(facts)

    assert (refusal.status if refusal else None) == status


def test_a_link_lets_in_once(admission: Admission) -> None:
    assert not admission.enter("guess")
    assert admission.enter("link")
    assert not admission.enter("link")


def test_a_used_link_lets_nobody_in_by_an_empty_token(admission: Admission) -> None:
    admission.enter("link")

    assert not admission.enter("")
    assert not admission.enter("None")


def test_another_link_is_another_one(admission: Admission) -> None:
    admission.enter("link")

    said = admission.new_link().rpartition("=")[2]

    assert admission.enter(said)


def test_the_cookie_is_for_this_port_and_no_script(admission: Admission) -> None:
    assert admission.cookie == f"importer_{PORT}=session; HttpOnly; SameSite=Strict; Path=/"


def test_no_secret_is_shown_by_a_log_of_the_admission(admission: Admission) -> None:
    assert not {"link", "session", "csrf"} & set(
        repr(Admission(port=1)).replace("=", " ").replace("'", " ").split()
    )
    assert "session" not in repr(admission).replace("session=", "")


def test_secrets_are_long_and_new_each_time() -> None:
    one, other = Admission(port=1), Admission(port=1)

    assert len({one.session, one.csrf, one.link_token, other.session, other.csrf, other.link_token}) == 6
    assert min(map(len, (one.session, one.csrf, one.link_token or ""))) >= 43


@pytest.mark.parametrize("kind", list(Kind))
def test_no_answer_may_be_framed_sniffed_or_read_by_another_site(kind: Kind) -> None:
    headers = headers_of(kind)

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not any(name.startswith("Access-Control") for name in headers)
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"].partition("style-src")[0]
    assert headers["Content-Security-Policy"].partition("; ")[0] in {"default-src 'none'", "sandbox"}


@pytest.mark.parametrize("kind", [Kind.PAGE, Kind.DATA, Kind.DOWNLOAD, Kind.REPORT])
def test_peoples_data_is_in_no_browsers_cache(kind: Kind) -> None:
    assert headers_of(kind)["Cache-Control"] == "no-store"


def test_no_script_of_a_report_runs() -> None:
    policy = headers_of(Kind.REPORT)["Content-Security-Policy"]

    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
