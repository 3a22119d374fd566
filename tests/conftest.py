from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A machine that does other work, too, takes longer for an example; that says nothing of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _logs_as_found() -> Iterator[None]:
    """A command that a test runs in this process configures logging; the next test must not hear of it."""
    logger = logging.getLogger("importer")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate
