from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from importer.sandbox import SandboxSettings, sandbox_aside


def test_a_sandbox_in_a_thread_serves_a_caller_without_a_loop(tmp_path: Path) -> None:
    with sandbox_aside(SandboxSettings(db=tmp_path / "sandbox.db")) as sandbox:
        sandbox.add_contact("loc1", email="ann@example.com")
        with urllib.request.urlopen(f"{sandbox.base_url}/_sandbox/contacts") as response:  # noqa: S310  (loopback)
            assert json.loads(response.read())["total"] == 1
    with sandbox_aside(SandboxSettings(db=tmp_path / "sandbox.db")) as sandbox:
        assert sandbox.state()["contacts"] == 1
