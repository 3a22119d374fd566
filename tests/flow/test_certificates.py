"""Somebody else answers in HighLevel's place: no secret is told, and the operator learns what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.conftest import Desk
from tests.highlevel.tls import impostor

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
