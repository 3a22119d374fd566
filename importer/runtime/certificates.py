"""The machine's certificates: read where somebody has to prove who it is, and not because a library is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl

_PLACE: Final = "SSL_CERT_FILE"
_at_need: list[bool] = []
"""Filled where the process is ours."""
_unread: list[ssl.SSLContext] = []


def read_certificates_at_need() -> None:
    """Let this process read them at need; for one that is ours alone.

    aiohttp reads all of them as it is imported, and twice: a fifth of a run of ten rows into the sandbox, which asks
    nobody to prove anything. What is left unread trusts nobody: whoever else used aiohttp in the process and did not
    ask ``read_certificates`` would find every server refused, never one too many trusted.
    """
    _at_need[:] = [True]


@contextmanager
def certificates_left_unread() -> Iterator[None]:
    """Import inside it what reads them while it is imported; as usual, where the process is not ours alone.

    It is the file of all certificates that takes the time; folders are looked into at need by OpenSSL itself.
    """
    if not _at_need:
        yield
        return
    usual = os.environ.get(_PLACE)
    os.environ[_PLACE] = os.devnull
    try:
        yield
    finally:
        if usual is None:
            del os.environ[_PLACE]
        else:
            os.environ[_PLACE] = usual


def owe_certificates(module: ModuleType) -> None:
    """Remember what of a module trusts too few, if it was imported with certificates left unread."""
    if _at_need:
        import ssl

        contexts = [each for each in vars(module).values() if isinstance(each, ssl.SSLContext)]
        _unread.extend(each for each in contexts if each.verify_mode is not ssl.CERT_NONE)


def read_certificates() -> None:
    """Read them now, for what others do in this process over connections of their own."""
    _at_need.clear()
    while _unread:
        _unread.pop().load_default_certs()


@cache
def trusting_context() -> ssl.SSLContext:
    """Trust whom the machine trusts, for a connection of ours: made and read once, for all of them."""
    import ssl

    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])  # as aiohttp's own
    return context
