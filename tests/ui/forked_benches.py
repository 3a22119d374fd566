"""Processes that open files, for tests of what they answer: forked off one that has loaded all they need.

To load it is most of such a process's work, and a screen's tests ask more than a hundred of them. How a process is really
started is shown in test_benches and wherever a browser looks at a screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.ui.benches import Start, start_bench
from importer.ui.children import environment

_LINE_LIMIT: Final = 32 * 1024**2
_MOTHER: Final = """
import os, signal, socket, threading
from importer.ui import bench_process
bench_process._load()
def end_with(handle):
    handle.recv(1)
    os._exit(0)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.socket(fileno=0)
while True:
    caller, _ = listener.accept()
    if os.fork() == 0:
        _, (given, told), _, _ = socket.recv_fds(caller, 1, 2)
        os.dup2(given, 0)
        os.dup2(told, 1)
        os.close(given)
        os.close(told)
        threading.Thread(target=end_with, args=(caller,), daemon=True).start()
        bench_process.main()
        os._exit(0)
    caller.close()
"""
_HANDLE: Final = """
import socket, sys
mother = socket.socket(socket.AF_UNIX)
mother.connect(sys.argv[1])
socket.send_fds(mother, [b"."], [0, 1])
sys.stdin.close()
mother.recv(1)
"""
"""What a screen holds in its hand: either ends with the other, the fork that has its input and its output."""


@contextlib.contextmanager
def forking() -> Iterator[Start]:
    """Give what starts such a process; the screen's own way where nothing can be forked."""
    if sys.platform == "win32":
        yield start_bench
        return
    # A test's folder may have a longer name than a socket may have.
    with tempfile.TemporaryDirectory() as folder, _mother(Path(folder) / "mother") as mother:
        yield lambda: _fork(mother)


@contextlib.contextmanager
def _mother(path: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        mother = subprocess.Popen(
            [sys.executable, "-c", _MOTHER],
            stdin=listener.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment({}),
        )
    try:
        yield path
    finally:
        mother.kill()
        mother.wait()


async def _fork(mother: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", _HANDLE, str(mother)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LINE_LIMIT,
        start_new_session=True,
    )
