from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from tests.jobs.jobs_house import House, VirtualTime


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "IMPORTER_STATE", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invented")


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime("2026-10-12T12:00")


@pytest.fixture
async def house(tmp_path: Path, clock: VirtualTime) -> AsyncIterator[House]:
    async with Sandbox(SandboxSettings(burst=10_000, daily=0), clock=clock) as sandbox:
        house = House(folder=tmp_path, sandbox=sandbox, clock=clock)
        yield house
        house.close()


@pytest.fixture
def people() -> dict[str, tuple[str, str]]:
    return {f"ada{number}@example.com": (f"Ada{number}", "London") for number in range(20)}
