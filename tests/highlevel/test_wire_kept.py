"""A payload waits among a thousand others: it takes what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.highlevel.wire import encode, encode_to_keep

STATUS = Path("/proc/self/status")


def test_a_payload_that_is_kept_is_the_one_that_is_sent() -> None:
    assert encode_to_keep({"firstName": "Zoë", "tags": ["a"]}) == encode({"firstName": "Zoë", "tags": ["a"]})


@pytest.mark.skipif(not STATUS.exists(), reason="the system tells no process what it takes")
def test_a_payload_that_is_kept_takes_no_page_of_memory_of_its_own() -> None:
    before = memory()
    kept = [encode_to_keep({"firstName": f"Ann{number}"}) for number in range(20_000)]
    assert (memory() - before) / len(kept) < 512


def memory() -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024
