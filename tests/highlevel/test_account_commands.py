from __future__ import annotations

import asyncio
import json
import re
import stat
import sys
import urllib.error
import urllib.request
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from importer.cli.account import doctor_command, login_command
from importer.errors import CertificateError, CredentialsError
from importer.highlevel.auth import CONSENT_PATH, SCOPES, consent_url
from importer.highlevel.consent import can_listen, read_code
from importer.highlevel.grants import Grant, GrantBook
from importer.sandbox import Account, Sandbox, SandboxSettings
from importer.sandbox.times import WallClock
from importer.settings import Secret
from tests.highlevel.tls import impostor
from tests.patience import PATIENCE

PLACE = "sandboxLocation00001"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "HIGHLEVEL_TOKENS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))


async def call(command: object, *arguments: str, text: str = "", **environment: str) -> Result:
    def invoke() -> Result:
        return CliRunner().invoke(command, arguments, input=text, env=environment)  # type: ignore[arg-type]

    return await asyncio.to_thread(invoke)


async def test_doctor_says_ok_line_by_line(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        result = await call(
            doctor_command, "--base-url", sandbox.base_url, "--location", PLACE, HIGHLEVEL_TOKEN="pit-x"
        )
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * len(lines)
    for subject in (
        "disk",
        "token",
        "location",
        "matching",
        "clock",
        "contacts.write",
        "custom fields",
        "quota",
    ):
        assert any(line.split(maxsplit=1)[1].startswith(f"{subject}:") for line in lines), subject
    assert "pit-x" not in result.output


async def test_doctor_names_a_missing_scope_and_what_needs_it() -> None:
    limited = Account(token="pit-x", scopes=frozenset({"contacts.write", "locations.readonly"}))
    async with Sandbox(SandboxSettings(accounts=(limited,), allow_duplicates=True)) as sandbox:
        result = await call(
            doctor_command,
            "--base-url",
            sandbox.base_url,
            "--location",
            PLACE,
            "--json",
            HIGHLEVEL_TOKEN="pit-x",
        )
    findings = {each["subject"]: each for each in map(json.loads, result.output.splitlines())}
    assert result.exit_code == 0
    assert findings["locations/customFields.readonly"]["grade"] == "warn"
    assert "custom fields" in findings["locations/customFields.readonly"]["text"]
    assert findings["contacts.write"]["grade"] == "ok"
    assert findings["matching"]["grade"] == "warn"
    lacking = {name: each["text"] for name, each in findings.items() if each["text"].startswith("missing")}
    assert {
        "opportunities.write",
        "businesses.readonly",
        "businesses.write",
        "conversations.readonly",
    } <= lacking.keys()
    assert (
        lacking["locations/customFields.write"]
        == "missing; needed for importer fields create, and files of custom fields"
    )
    assert "`company:`" in lacking["businesses.write"]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("pit-invalid", "Make a new private integration token"),
        ("pit-no-access", "Use a token of this location"),
        ("pit-no-scope", "missing; needed for every import"),
    ],
)
async def test_doctor_fails_with_what_to_do(token: str, words: str) -> None:
    async with Sandbox() as sandbox:
        result = await call(
            doctor_command, "--base-url", sandbox.base_url, "--location", PLACE, HIGHLEVEL_TOKEN=token
        )
    assert result.exit_code == 2
    assert words in result.output
    assert token not in result.output


async def test_doctor_tells_that_another_program_uses_the_quota() -> None:
    def use_some(base_url: str) -> None:
        headers = {"Authorization": "Bearer pit-x", "Version": "2021-07-28"}
        for _ in range(40):
            request = urllib.request.Request(f"{base_url}/locations/{PLACE}", headers=headers)  # noqa: S310  (loopback)
            urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310  (loopback)

    async with Sandbox() as sandbox:
        await asyncio.to_thread(use_some, sandbox.base_url)
        result = await call(
            doctor_command, "--base-url", sandbox.base_url, "--location", PLACE, HIGHLEVEL_TOKEN="pit-x"
        )
    assert "another program uses this sub-account's quota" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("vendor_ahead_seconds", "said"), [(-3600, "s ahead of"), (3600, "s behind"), (0, "agrees with")]
)
async def test_doctor_holds_the_clock_against_the_vendors(vendor_ahead_seconds: int, said: str) -> None:
    async with Sandbox(clock=WallClock(vendor_ahead_seconds)) as sandbox:
        result = await call(
            doctor_command, "--base-url", sandbox.base_url, "--location", PLACE, HIGHLEVEL_TOKEN="pit-x"
        )
    (line,) = [line for line in result.output.splitlines() if " clock: " in line]
    assert said in line
    assert line.startswith("warn" if vendor_ahead_seconds else "ok")


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (("--base-url", "ftp://x"), {}, "fail  settings: 'ftp://x' is no web address"),
        (("--location", PLACE), {"HIGHLEVEL_TOKEN": "pit x"}, "fail  settings: HIGHLEVEL_TOKEN holds more"),
        (("--token-file", "gone.txt"), {}, "fail  settings: The token file gone.txt"),
    ],
)
async def test_doctor_counts_wrong_settings_among_its_findings(
    words: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    result = await call(doctor_command, "--location", PLACE, *words, **environment)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.startswith("ok    disk: ")


async def test_doctor_looks_on_where_the_file_of_variables_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfeH")
    result = await call(doctor_command, "--sandbox")
    assert result.exit_code == 2
    assert "fail  .env: " in result.output
    assert "ok    token: accepted" in result.output


async def test_doctor_tells_that_nobody_is_there() -> None:
    async with Sandbox() as sandbox:
        base_url = sandbox.base_url
    result = await call(doctor_command, "--base-url", base_url, "--location", PLACE, HIGHLEVEL_TOKEN="pit-x")
    assert result.exit_code == 2
    assert "no usable reply" in result.output


async def test_doctor_asks_for_a_location() -> None:
    result = await call(doctor_command, HIGHLEVEL_TOKEN="pit-x")
    assert result.exit_code == 2
    assert "HIGHLEVEL_LOCATION_ID" in result.output


async def test_doctor_needs_no_account_for_the_sandbox() -> None:
    assert (await call(doctor_command, "--sandbox")).exit_code == 0


async def test_login_with_a_pasted_code_stores_a_grant_that_works(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        arguments = ("--client-id", "app-1", "--base-url", sandbox.base_url, "--no-browser")
        result = await call(login_command, *arguments, text="a-code\n", HIGHLEVEL_CLIENT_SECRET="app-secret")
        assert result.exit_code == 0, result.output
        assert f"Connected location {PLACE}" in result.output
        checked = await call(doctor_command, "--base-url", sandbox.base_url, "--location", PLACE)
        assert checked.exit_code == 0, checked.output
    (kept,) = (tmp_path / "state" / "grants").glob("*.json")
    if sys.platform != "win32":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "app-secret" not in result.output


async def test_login_asks_for_the_scopes_of_what_it_is_told_and_of_nothing_else() -> None:
    async with Sandbox() as sandbox:
        arguments = (
            "--client-id",
            "app-1",
            "--base-url",
            sandbox.base_url,
            "--no-browser",
            "--with",
            "deals",
        )
        result = await call(login_command, *arguments, text="a-code\n", HIGHLEVEL_CLIENT_SECRET="app-secret")
    assert "opportunities.readonly+opportunities.write" in result.output
    assert "businesses" not in result.output


async def test_login_knows_no_other_scopes_to_ask_for() -> None:
    result = await call(login_command, "--client-id", "app-1", "--with", "everything")
    assert result.exit_code == 2
    assert "none of deals, companies, fields, undo" in result.output


async def test_an_address_without_the_consents_state_is_asked_for_its_code_alone() -> None:
    async with Sandbox() as sandbox:
        arguments = ("--client-id", "app-1", "--base-url", sandbox.base_url, "--no-browser")
        pasted = "https://anywhere.example/back?code=somebody-elses\na-code\n"
        result = await call(login_command, *arguments, text=pasted, HIGHLEVEL_CLIENT_SECRET="app-secret")
    assert result.exit_code == 0, result.output
    assert "does not show which consent it is of" in result.output
    assert f"Connected location {PLACE}" in result.output


async def test_login_receives_the_browser_on_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    def browse(address: str) -> bool:
        Thread(target=lambda: urllib.request.urlopen(f"{address}&user_type=Company").read()).start()  # noqa: S310  (loopback)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    async with Sandbox() as sandbox:
        result = await call(
            login_command,
            "--client-id",
            "app-1",
            "--agency",
            "--base-url",
            sandbox.base_url,
            "--redirect-uri",
            f"http://127.0.0.1:{unused_tcp_port}/callback",
            HIGHLEVEL_CLIENT_SECRET="app-secret",
        )
    assert result.exit_code == 0, result.output
    assert re.search(r"Connected agency \S+", result.output)


def test_a_consent_that_was_not_asked_for_is_refused() -> None:
    assert read_code("http://localhost/callback?code=abc&state=s", state="s") == "abc"
    assert read_code("https://anywhere.example/x?code=abc&locationId=l&state=s", state="s") == "abc"
    assert read_code("abc", state="s") == "abc"
    for target in (
        "http://localhost/callback?code=abc&state=other",
        "http://localhost/callback?error=access_denied&state=s",
        "http://localhost/callback?state=s",
        "https://localhost:8765/callback?code=abc",
    ):
        with pytest.raises(CredentialsError):
            read_code(target, state="s")


def test_only_loopback_can_be_listened_on() -> None:
    assert can_listen("http://localhost:8765/callback")
    assert not can_listen("https://example.com/callback")
    assert not can_listen("http://localhost/callback")


DISTRUST = "is sent nothing: the server's certificate is not trusted (self-signed certificate)."


async def test_doctor_trusts_no_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with impostor(tmp_path) as vendor:
        result = await call(
            doctor_command, "--base-url", vendor.base_url, "--location", PLACE, HIGHLEVEL_TOKEN="pit-x"
        )
    assert result.exit_code == 2
    assert f"fail  network: {vendor.base_url} {DISTRUST}" in result.output
    assert not vendor.heard


async def test_doctor_says_the_same_where_a_grant_has_to_be_renewed_first(tmp_path: Path) -> None:
    book = GrantBook(tmp_path / "state" / "grants")
    old = Grant(
        client_id="app-1",
        client_secret=Secret("app-secret"),
        access_token=Secret("used-up"),
        refresh_token=Secret("refresh"),
        expires_at=0.0,
        location_id=PLACE,
    )
    book.vault(old).write(old, keyring=False)
    with impostor(tmp_path) as vendor:
        result = await call(doctor_command, "--base-url", vendor.base_url, "--location", PLACE)
    assert result.exit_code == 2
    assert f"fail  network: {vendor.base_url} {DISTRUST}" in result.output
    assert vendor.visits == 1


async def test_login_gives_its_code_to_nobody_whose_certificate_is_not_trusted(tmp_path: Path) -> None:
    with impostor(tmp_path) as vendor:
        arguments = ("--client-id", "app-1", "--base-url", vendor.base_url, "--no-browser")
        result = await call(login_command, *arguments, text="a-code\n", HIGHLEVEL_CLIENT_SECRET="app-secret")
    assert isinstance(result.exception, CertificateError)
    assert str(result.exception).startswith(f"{vendor.base_url} {DISTRUST}")
    assert not vendor.heard


async def test_login_ignores_consents_that_are_not_the_one_it_asked_for(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    told: list[str] = []
    address_of_page = f"http://127.0.0.1:{unused_tcp_port}/callback"

    def browse(address: str) -> bool:
        def wander() -> None:
            for foreign in ("code=evil&state=other", "code=evil", "error=access_denied", "error=no&state=x"):
                with urllib.request.urlopen(f"{address_of_page}?{foreign}") as page:  # noqa: S310  (loopback)
                    told.append(page.read().decode())
            urllib.request.urlopen(address).read()  # noqa: S310  (likewise)

        Thread(target=wander).start()
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    async with Sandbox() as sandbox:
        arguments = (
            "--client-id",
            "app-1",
            "--base-url",
            sandbox.base_url,
            "--redirect-uri",
            address_of_page,
        )
        result = await call(login_command, *arguments, HIGHLEVEL_CLIENT_SECRET="app-secret")
    assert result.exit_code == 0, result.output
    assert f"Connected location {PLACE}" in result.output
    assert len(told) == 4
    assert all("it changes nothing" in page for page in told)


async def test_an_agencys_install_is_exchanged_for_the_locations_token_by_itself(tmp_path: Path) -> None:
    async with Sandbox(SandboxSettings(installed_by_agency=True)) as sandbox:
        arguments = ("--client-id", "app-1", "--base-url", sandbox.base_url)
        consent = await asyncio.to_thread(_consent_address, sandbox.base_url)
        (code,) = parse_qs(urlsplit(consent).query)["code"]
        result = await call(
            login_command, *arguments, text=f"{consent}\n{code}\n", HIGHLEVEL_CLIENT_SECRET="app-secret"
        )
        assert result.exit_code == 0, result.output
        assert "Connected agency" in result.output
        checked = await call(doctor_command, "--base-url", sandbox.base_url, "--location", PLACE)
        assert checked.exit_code == 0, checked.output


def _consent_address(base_url: str) -> str:
    """Agree, and give the address that the browser ends at: on a host where nobody listens, and without the state."""
    ours = consent_url(
        base_url + CONSENT_PATH,
        client_id="app-1",
        redirect_uri="https://localhost:1/x",
        scopes=SCOPES,
        state="",
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(Stay).open(ours)
    with moved.value as answer:
        return str(answer.headers["Location"])


async def test_doctor_tells_an_agencys_token_by_what_no_scope_mends() -> None:
    async with Sandbox() as sandbox:
        result = await call(
            doctor_command,
            "--base-url",
            sandbox.base_url,
            "--location",
            PLACE,
            HIGHLEVEL_TOKEN="pit-agency-1",
        )
    assert result.exit_code == 2
    assert "fail  token: is the agency's" in result.output
    assert "Make a private integration token inside the sub-account" in result.output
    assert "missing" not in result.output
