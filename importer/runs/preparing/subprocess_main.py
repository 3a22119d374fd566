"""The second process, from inside: it carries out one order, question by question, until its pipes are closed."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from importer.errors import ImporterError
from importer.mapping import parse_mapping
from importer.results import Summary
from importer.runs.intake import Mapped
from importer.runs.preparing.in_process import InProcess
from importer.runs.preparing.live_results import Follower
from importer.runs.preparing.order import Order, Surveyed
from importer.runs.preparing.packing import Packed, pack
from importer.runs.preparing.subprocess_pipe import ANSWER, FAILURE, READY
from importer.runs.resolving import Catalogs
from importer.runtime.garbage import rare_collections
from importer.state.journal import Journal, Run


def main() -> None:
    """Answer until nobody asks any more; the process that started this one decides about signals."""
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    questions, answers = _own_pipes()
    preparer = Preparer(lambda: send(answers, ANSWER, None))
    try:
        with rare_collections():
            serve(preparer, questions, answers)
    except (EOFError, BrokenPipeError):
        pass
    finally:
        preparer.close()
        gc.freeze()  # the collector need not look at all there is once more
        # What is still unwritten has no reader; flushing it again on the way out would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers.fileno())


class Preparer:
    """What ``InSubprocess`` asks for, done by an ``InProcess``; one method for each question."""

    QUESTIONS: Final = ("survey", "resolve_for", "follow", "pieces", "piece", "write_results")

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._journal: Journal | None = None
        self._follower: Follower | None = None
        self._pieces: Iterator[Mapped] = iter(())

    def survey(self, order: Order, folder: Path) -> tuple[Surveyed, ...]:
        self._order = order
        self._mapping = parse_mapping(order.mapping_text, name=order.mapping_name)
        self._journal = Journal.open(folder, thorough=False)
        self._preparation = InProcess(order, self._mapping, self._journal)
        return self._preparation.survey(self._beat)

    def resolve_for(self, catalogs: Catalogs) -> None:
        self._preparation.resolve_for(catalogs)

    def follow(self) -> None:
        assert self._journal is not None  # noqa: S101  (the survey comes first)
        self._follower = Follower(
            self._order, self._mapping, self._journal.folder, self._preparation.kept_sources
        )

    def pieces(self, resolved: bool, built: bool) -> None:  # noqa: FBT001  (questions carry their words in order)
        self._pieces = self._preparation.pieces(resolved=resolved, built=built)

    def piece(self) -> Packed | None:
        piece = next(self._pieces, None)
        return None if piece is None else pack(piece)

    def write_results(self, run: Run) -> Summary:
        summary = self._follower.finish(run) if self._follower is not None else None
        self._follower = None
        if summary is not None:
            return summary
        assert self._journal is not None  # noqa: S101  (the survey comes first)
        self._journal.run = run
        return self._preparation.write_results()

    def close(self) -> None:
        if self._follower is not None:
            self._follower.give_up()
        if self._journal is not None:
            self._preparation.close()
            self._journal.close()


def serve(preparer: Preparer, questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer questions; raises EOFError when there are no more, and BrokenPipeError when nobody listens."""
    send(answers, READY, None)
    while True:
        question, given = pickle.load(questions)  # noqa: S301  (our own process)
        try:
            answer = getattr(preparer, question)(*given) if question in Preparer.QUESTIONS else None
        except BrokenPipeError:
            raise
        except ImporterError as fault:
            send(answers, FAILURE, fault)
        except Exception as mistake:  # noqa: BLE001  (a mistake of ours must be told where somebody sees it)
            send(answers, FAILURE, _portable(mistake))
        else:
            send(answers, ANSWER, answer)


def send(answers: IO[bytes], kind: str, content: object) -> None:
    pickle.dump((kind, content), answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes for ourselves: what anything else here reads or prints must not get between answers."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return questions, answers


def _portable(mistake: Exception) -> Exception:
    """Keep where a mistake was made, which a pickle forgets; one that cannot travel is told by name."""
    where = "".join(traceback.format_exception(mistake))
    try:
        pickle.loads(pickle.dumps(mistake))  # noqa: S301  (just made)
    except Exception:  # noqa: BLE001  (whatever its class does not allow)
        mistake = RuntimeError(type(mistake).__name__)
    mistake.add_note(f"In the second process:\n{where}")
    return mistake
