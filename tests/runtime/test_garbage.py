"""The garbage collector looks seldom while a command starts and while rows pass by, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from importer.runtime.garbage import rare_collections, seldom_collecting


@pytest.fixture(autouse=True)
def _frozen_as_found() -> Iterator[None]:
    """What the test run itself has frozen is frozen again, where it was."""
    frozen = gc.get_freeze_count() > 0
    yield
    gc.unfreeze()
    if frozen:
        gc.freeze()


def test_the_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with rare_collections():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0][0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_what_a_host_has_frozen_stays_frozen() -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    with rare_collections():
        pass
    assert gc.get_freeze_count() == before


def test_what_a_run_froze_is_looked_at_again_once_it_has_ended() -> None:
    gc.unfreeze()
    with rare_collections():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_runs_that_overlap_restore_it_with_the_last_one() -> None:
    before = gc.get_threshold()
    first, second = rare_collections(), rare_collections()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() != before
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_a_run_within_a_command_gives_back_what_the_command_set() -> None:
    before = gc.get_threshold()
    with seldom_collecting():
        seldom = gc.get_threshold()
        assert seldom[0] > before[0]
        with rare_collections():
            pass
        assert gc.get_threshold() == seldom
    assert gc.get_threshold() == before
