"""Commands as processes of their own, forked off one that has loaded all they need.

To load it is most of what a command of ten rows costs, and tests start hundreds. How a command really starts, and what
becomes of one that is killed, is shown where that is asked: in test_streams, test_stopping, test_two_processes, wherever a
browser looks at a screen, and in the campaigns.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.runtime.own_commands import PROGRAM

_LEFT_OUT: Final = ("__main__", "mcp", "sandbox", "ui", "reading.frame")
"""What no command of the tests needs, or few: pandas alone takes as long as all the others."""
_MOTHER: Final = """
import atexit, contextlib, gc, importlib, io, marshal, os, pkgutil, signal, socket, sys, threading, traceback
import importer.cli
LAST = 1_000
left_out = tuple("importer." + name for name in sys.argv[1:])
for found in pkgutil.walk_packages(importer.__path__, "importer."):
    if not found.name.startswith(left_out):
        importlib.import_module(found.name)
for name in ("encodings.idna", "openpyxl.packaging.extended", "phonenumbers.data.region_US", "uvloop"):
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
gc.freeze()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.socket(fileno=0)

def end_with(handle):
    handle.recv(1)
    os._exit(1)

def told(number, **more):
    return io.TextIOWrapper(open(number, "wb", closefd=False), **more)

def begin(caller):
    os.setsid()
    _, streams, _, _ = socket.recv_fds(caller, 1, 3)
    length = int.from_bytes(caller.recv(8, socket.MSG_WAITALL), "big")
    words, folder, variables = marshal.loads(caller.recv(length, socket.MSG_WAITALL))
    for number, given in enumerate(streams):
        os.dup2(given, number)
        os.close(given)
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(variables)
    sys.argv = ["importer", *words]
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    sys.stdout = sys.__stdout__ = told(1, line_buffering=os.isatty(1))
    sys.stderr = sys.__stderr__ = told(2, line_buffering=True, errors="backslashreplace")
    # Files are closed in the order of their numbers: when this one is, the process has let go of its locks.
    os.dup2(caller.fileno(), LAST)
    caller.close()
    handle = socket.socket(fileno=LAST)
    handle.sendall(os.getpid().to_bytes(8, "big"))
    threading.Thread(target=end_with, args=(handle,), daemon=True).start()
    return handle

def carry_out():
    try:
        importer.cli.main()
    except SystemExit as left:
        return left.code or 0
    except BaseException:
        traceback.print_exc()
    return 1

while True:
    caller, _ = listener.accept()
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listener.detach()  # its number is the input's, which takes its place
        handle = begin(caller)
        code = carry_out()
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        handle.sendall(bytes([code]))
        os._exit(code)
    caller.close()
"""
_HANDLE: Final = """
import _signal, _socket, marshal, os, sys
mother = _socket.socket(_socket.AF_UNIX)
mother.connect(sys.argv[1])
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
mother.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
said = marshal.dumps((sys.argv[2:], os.getcwd(), dict(os.environb)))
mother.sendall(len(said).to_bytes(8, "big") + said)
fork = int.from_bytes(mother.recv(8, _socket.MSG_WAITALL), "big")

def hand_on(number, _frame):
    try:
        os.kill(fork, number)
    except ProcessLookupError:
        pass

for number in (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP):
    _signal.signal(number, hand_on)
for stream in (0, 1, 2):
    os.close(stream)
code = mother.recv(1)
mother.recv(1)
os._exit(code[0] if code else 1)
"""
"""What is held in the hand: either ends with the other, the fork that has its streams, its folder and its variables."""


@contextlib.contextmanager
def forking_importer() -> Iterator[tuple[str, ...]]:
    """Give the words that begin such a command; the program itself where nothing can be forked."""
    if sys.platform == "win32":
        yield PROGRAM
        return
    # A test's folder may have a longer name than a socket may have.
    with tempfile.TemporaryDirectory() as folder, _mother(Path(folder) / "mother") as mother:
        yield (sys.executable, "-I", "-S", "-c", _HANDLE, str(mother))


@contextlib.contextmanager
def _mother(path: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        mother = subprocess.Popen(
            [sys.executable, "-c", _MOTHER, *_LEFT_OUT],
            stdin=listener.fileno(),
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUTF8": "1"},
            start_new_session=True,
        )
    try:
        yield path
    finally:
        mother.kill()
        mother.wait()
