from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A machine that does other work, too, takes longer for an example; that says nothing of the program.
# In CI the same examples each time: what chance finds there was wrong before, and the campaigns look for it.
settings.register_profile("patient", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("patient")


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
