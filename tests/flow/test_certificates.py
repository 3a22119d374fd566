"""Somebody else answers in HighLevel's place: no secret is told, and the operator learns what to mend."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from importer.sandbox import SandboxSettings, sandbox_aside
from tests.flow.conftest import Desk
from tests.highlevel.tls import behind_tls, impostor, make_certificate

PEOPLE = "First,Mail\nAnn,ann@example.com\n"
TRANSFORM = """
import asyncio, aiohttp

async def ask(text):
    async with aiohttp.ClientSession() as session, session.get({url!r}) as reply:
        return text if reply.status < 500 else ""

def asked(text):
    return asyncio.run(ask(text))
"""
CONTACTS = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\nBob,bob@example.com,,vip\n"


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_untrusted_certificate_ends_a_command_at_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-flow")
    monkeypatch.setenv("HIGHLEVEL_LOCATION_ID", "loc1")
    desk.write("contacts.csv", CONTACTS)
    more = ("--against-location",) if command == "check" else ()
    with impostor(tmp_path) as vendor:
        ended = desk.importer(
            command, "contacts.csv", "-m", "mapping.yaml", "--base-url", vendor.base_url, *more
        )
    assert ended.code == 2
    assert (
        f"{vendor.base_url} is sent nothing: the server's certificate is not trusted (self-signed"
        in ended.err
    )
    assert "SSL_CERT_FILE" in ended.err
    assert "resume" not in ended.err, "there is nothing to resume"
    assert "Traceback" not in ended.err
    assert vendor.heard == b""
    assert vendor.visits <= 3, "the location once, and each row that is asked about once"
    assert not list((tmp_path / "state" / "runs").glob("*"))


def as_a_command(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "importer", *words, "-q"],
        cwd=folder,
        env={**os.environ, "HIGHLEVEL_TOKEN": "pit-flow", "HIGHLEVEL_LOCATION_ID": "loc1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def https_vendor(certificate: Path) -> Iterator[str]:
    """A stand-in for HighLevel behind TLS, under a name that the certificate says."""
    with sandbox_aside(SandboxSettings(burst=0)) as sandbox, behind_tls(sandbox.port, certificate) as port:
        yield f"https://localhost:{port}"


@pytest.mark.parametrize("command", [("run",), ("check", "--against-location"), ("plan",)])
def test_a_command_asks_whom_the_machine_vouches_for_and_nobody_else(
    desk: Desk, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A process of its own: there the certificates are read late."""
    certificate = make_certificate(tmp_path)
    desk.write("people.csv", PEOPLE)
    desk.write("people.yaml", "version: 1\nfields: {firstName: First, email: Mail}\n")
    words = (command[0], "people.csv", "-m", "people.yaml", *command[1:])
    with https_vendor(certificate) as url:
        refused = as_a_command(desk.folder, *words, "--base-url", url)
        let_in = as_a_command(desk.folder, *words, "--base-url", url, SSL_CERT_FILE=str(certificate))
    assert (let_in.returncode, let_in.stderr) == (0, "")
    assert refused.returncode == 2
    assert "is sent nothing: the server's certificate is not trusted (self-signed" in refused.stderr


def test_a_transform_of_ones_own_asks_over_https_during_a_run(desk: Desk, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    desk.write("people.csv", PEOPLE)
    desk.write(
        "people.yaml",
        'version: 1\nfields: {firstName: {column: First, transforms: ["asking:asked"]}, email: Mail}\n',
    )
    words = ("run", "people.csv", "-m", "people.yaml", "--sandbox", "--allow-transforms")
    with https_vendor(certificate) as url:
        desk.write("asking.py", TRANSFORM.format(url=url))
        let_in = as_a_command(desk.folder, *words, SSL_CERT_FILE=str(certificate))
        refused = as_a_command(desk.folder, *words)
    assert (let_in.returncode, let_in.stderr) == (0, "")
    assert refused.returncode == 1, "each row says that it was refused"
