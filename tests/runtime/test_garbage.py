"""The garbage collector looks seldom while a command starts and while rows pass by, and as before afterwards."""

from __future__ import annotations

import gc

from importer.runtime.garbage import rare_collections, seldom_collecting


def test_the_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with rare_collections():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > before[0][0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


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
