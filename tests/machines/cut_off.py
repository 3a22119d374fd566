"""A machine whose network is cut: without a word to its peers, as when somebody pulls the cable or the power fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

_NOBODYS: Final = ("198.51.100", "203.0.113", "192.0.2")
"""Networks for examples; a machine may have one of them all the same."""
# A socket in the file system is no part of the network: the way to the vendor stays when that is cut.
_RELAY: Final = """
import asyncio, sys

async def pump(reader, writer):
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def main(inside, path, port):
    async def meet(reader, writer):
        there = asyncio.open_unix_connection(path) if inside else asyncio.open_connection("127.0.0.1", port)
        far_reader, far_writer = await there
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    served = asyncio.start_server(meet, "127.0.0.1", port) if inside else asyncio.start_unix_server(meet, path)
    async with await served as server:
        print("ready", flush=True)
        await server.serve_forever()

asyncio.run(main(sys.argv[1] == "inside", sys.argv[2], int(sys.argv[3])))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FarMachine:
    """A network of its own with one way to the server."""

    name: str
    host: str
    """Where it finds the server."""

    @property
    def prefix(self) -> tuple[str, ...]:
        """What a command begins with that is to run there."""
        return ("ip", "netns", "exec", self.name)

    def cut(self) -> None:
        """Take the way to the server away; neither side is told."""
        _ip("link", "set", f"{self.name}h", "down")


@contextmanager
def far_machine(name: str) -> Iterator[FarMachine]:
    """Make such a network; where that is not allowed, the test is skipped."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        pytest.skip("there is no iproute2 to make a network with")
    taken = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, check=True).stdout
    net = next(each for each in _NOBODYS if f" {each}." not in taken)
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no network may be made here: {made.stderr.strip()}")
    machine = FarMachine(name=name, host=f"{net}.1")
    try:
        here, there = f"{name}h", f"{name}n"
        _ip("link", "add", here, "type", "veth", "peer", "name", there)
        _ip("link", "set", there, "netns", name)
        _ip("addr", "add", f"{net}.1/30", "dev", here)
        _ip("link", "set", here, "up")
        for words in (
            ("addr", "add", f"{net}.2/30", "dev", there),
            ("link", "set", there, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *words)
        yield machine
    finally:
        # it lives as long as a process in it does; the way out of it need not
        subprocess.run(["ip", "link", "del", f"{name}h"], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", name], check=False)


@contextmanager
def way_to(base_url: str, machine: FarMachine, folder: Path) -> Iterator[Callable[[], None]]:
    """Let the machine reach a port of ours under the same address, by a way that no cut touches; gives what cuts this one."""
    relays: list[subprocess.Popen[str]] = []

    def cut() -> None:
        """Let nothing through any more; neither side is told."""
        for relay in relays:
            relay.send_signal(signal.SIGSTOP)

    path, port = str(folder / "vendor"), str(urlsplit(base_url).port)
    with ExitStack() as running:
        for prefix, side in (((), "outside"), (machine.prefix, "inside")):
            relay = subprocess.Popen(
                [*prefix, sys.executable, "-c", _RELAY, side, path, port], stdout=subprocess.PIPE, text=True
            )
            running.enter_context(relay)
            running.callback(relay.kill)
            assert relay.stdout is not None
            assert relay.stdout.readline() == "ready\n"
            relays.append(relay)
        yield cut


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
