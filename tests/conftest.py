from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A machine that does other work, too, takes longer for an example; that says nothing of the program.
# In CI the same examples each time: what chance finds there was wrong before, and the campaigns look for it.
settings.register_profile("patient", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("patient")


_COMPILED = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that tests start share compiled modules, as they do where the package is installed.

    Where PYTHONDONTWRITEBYTECODE is set, each of a thousand processes would compile all that it imports anew, which
    is most of what the suite costs. Nothing is written beside the modules.
    """
    if os.environ.get("PYTHONDONTWRITEBYTECODE") and "PYTHONPYCACHEPREFIX" not in os.environ:
        del os.environ["PYTHONDONTWRITEBYTECODE"]
        config.stash[_COMPILED] = os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="compiled-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _COMPILED in config.stash:
        shutil.rmtree(config.stash[_COMPILED], ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Start two workers a core for ``-n auto``: flows of real processes spend most of their time waiting ten seconds."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def _logs_as_found() -> Iterator[None]:
    """A command that a test runs in this process configures logging; the next test must not hear of it."""
    logger = logging.getLogger("importer")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate
