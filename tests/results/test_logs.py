from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer.records import Outcome, Status, row_id
from importer.results.summary_log import log_summary
from importer.results.terminal import open_progress
from importer.runtime.environment import one_token
from importer.runtime.logs import configure_logging, hide, log_context, logger_of, redact

if TYPE_CHECKING:
    from tests.results.conftest import Story

LOG = logging.getLogger("importer.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    logger = logging.getLogger("importer")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield io.StringIO()
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_json_lines_carry_run_row_and_extras(stream: io.StringIO) -> None:
    configure_logging(log_format="json", stream=stream)
    with log_context(run_id="r1", location_id="loc"), log_context(row=row_id(3, 17)):
        LOG.info("sent\nagain", extra={"attempts": 2})
    LOG.info("outside")

    inside, outside = (json.loads(line) for line in stream.getvalue().splitlines())

    assert {**inside, "time": ""} == {
        "time": "",
        "level": "info",
        "logger": "importer.test",
        "message": "sent\nagain",
        "run_id": "r1",
        "location_id": "loc",
        "row": 17,
        "attempts": 2,
    }
    assert inside["time"].endswith("+00:00")
    assert "row" not in outside


def test_text_lines_carry_what_is_known_too(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    with log_context(run_id="r1"):
        LOG.warning("slow")
    LOG.info("not told without verbose")

    assert stream.getvalue().endswith(" WARNING slow [run_id=r1]\n")


def test_quiet_leaves_errors_alone(stream: io.StringIO) -> None:
    configure_logging(quiet=True, log_format="json", stream=stream)
    LOG.warning("slow")
    LOG.error("lost")

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["lost"]


def test_the_end_of_a_run_is_logged(stream: io.StringIO, story: Story) -> None:
    configure_logging(log_format="json", stream=stream)
    log_summary(story.sheet({2: ("x", "", "", "")}).settle(2, Status.CREATED).write())

    line = json.loads(stream.getvalue())

    assert (line["message"], line["run_id"], line["summary"]["created"]) == (
        "run finished",
        "2026-11-23-160000-abcd",
        1,
    )


def test_progress_that_is_told_after_the_run_still_has_its_id(stream: io.StringIO) -> None:
    configure_logging(log_format="json", stream=stream)
    with open_progress(log_format="json") as progress:
        with log_context(run_id="20261123-160000-abcd"):
            progress.planned(2, 2, 1.0)
        progress.settled(Outcome(row=row_id(0, 2), status=Status.CREATED))

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 2
    assert {line.get("run_id") for line in lines} == {"20261123-160000-abcd"}


def test_verbose_tells_everything(stream: io.StringIO) -> None:
    configure_logging(verbose=True, stream=stream)
    LOG.debug("detail")

    assert "DEBUG detail" in stream.getvalue()


async def test_the_context_follows_into_tasks_and_not_into_their_neighbours(stream: io.StringIO) -> None:
    configure_logging(log_format="json", stream=stream)

    async def work(row: int) -> None:
        with log_context(row=row):
            await asyncio.sleep(0)
            LOG.info("done")

    await asyncio.gather(work(1), work(2))

    assert [json.loads(line)["row"] for line in stream.getvalue().splitlines()] == [1, 2]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_does_not_tell_a_token(stream: io.StringIO, log_format: str) -> None:
    configure_logging(log_format=log_format, stream=stream)
    try:
        raise RuntimeError("refused: Authorization: Bearer pit-0123-SECRET for maria@example.com")  # noqa: TRY301  (a traceback is wanted)
    except RuntimeError:
        LOG.exception("it failed")

    assert "RuntimeError" in stream.getvalue()
    assert "SECRET" not in stream.getvalue()
    assert "maria" not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Bearer abc.def", "Bearer ***"),
        ('{"access_token": "abc", "expires_in": 5}', '{"access_token": "***", "expires_in": 5}'),
        ('{\\"refresh_token\\": \\"abc\\"}', '{\\"refresh_token\\": \\"***\\"}'),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("grant?client_secret=abc&x=1", "grant?client_secret=***&x=1"),
        ("pit-aaaa-bbbb here", "*** here"),
        ("eyJhbGci.eyJzdWIi.c2ln", "***"),
        ("call +1 (415) 555-0123 now", "call <phone> now"),
        ("write to o'maria+x@sub.example.com", "write to o'<e-mail>"),
        (
            "12,345 rows in 2026-11-23, run 20261123-165903-9c8b",
            "12,345 rows in 2026-11-23, run 20261123-165903-9c8b",
        ),
    ],
)
def test_what_must_not_be_told_is_taken_out(text: str, told: str) -> None:
    assert redact(text) == told


def test_a_secret_of_any_shape_can_be_hidden() -> None:
    hide("open sesame")
    hide("abc")  # too short: half of the log would vanish

    assert redact("say open sesame, abc") == "say ***, abc"


def test_a_secret_that_another_one_begins_with_leaves_nothing_of_it() -> None:
    hide("pit-short")
    hide("pit-short-and-long.2")

    assert redact("pit-short, pit-short-and-long.2, pit-short-and-new") == "***, ***, ***"


def test_a_secret_that_is_called_as_its_own_label_does_not_hide_that_another_follows() -> None:
    # in a process of its own: what is hidden once stays hidden, from the tests that follow as well
    asked = "from importer.runtime.logs import hide, redact; hide('secret'); print(redact('client_secret=abc&x=1, a secret'))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout

    assert told == "client_***=***&x=1, a ***\n"


def test_configuring_twice_writes_each_line_once(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    configure_logging(stream=stream)
    LOG.warning("once")

    assert stream.getvalue().count("once") == 1


@pytest.fixture
def programs_handler() -> Iterator[io.StringIO]:
    """What a program sees that imports the package and has a handler and a formatter of its own."""
    seen = io.StringIO()
    handler = logging.StreamHandler(seen)
    logger = logging.getLogger("importer")
    before = logger.level  # some test's --quiet may have set it
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    yield seen
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_program_of_its_own_formatter_sees_no_secret_either(programs_handler: io.StringIO) -> None:
    one_token("an-odd-token-of-no-known-shape", "token=")
    logger = logger_of("importer.runs.session")
    try:
        int("an-odd-token-of-no-known-shape")
    except ValueError:
        logger.warning("sent %s to %s", "an-odd-token-of-no-known-shape", "ann@example.com", exc_info=True)

    seen = programs_handler.getvalue()
    assert "sent *** to <e-mail>" in seen
    assert "invalid literal for int() with base 10: '***'" in seen
    assert "an-odd-token" not in seen


def test_every_logger_of_the_package_is_one_that_redacts() -> None:
    package = Path(importer.__file__).parent
    bare = [
        path.name
        for path in package.rglob("*.py")
        if "getLogger(__name__)" in path.read_text(encoding="utf-8")
    ]
    assert bare == []
