"""A local HighLevel stand-in, written from what is known of the vendor; it shares no code with the client."""

from importer.sandbox.accounts import Grant
from importer.sandbox.aside import sandbox_aside
from importer.sandbox.faults import Fault
from importer.sandbox.server import Sandbox
from importer.sandbox.settings import Account, FaultKind, SandboxSettings, Window
from importer.sandbox.times import MovableClock, WallClock
from importer.sandbox.vault import VaultError

__all__ = [
    "Account",
    "Fault",
    "FaultKind",
    "Grant",
    "MovableClock",
    "Sandbox",
    "SandboxSettings",
    "VaultError",
    "WallClock",
    "Window",
    "sandbox_aside",
]
