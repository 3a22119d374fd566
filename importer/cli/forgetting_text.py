"""What went of a person, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from importer.runtime.counting import counted

if TYPE_CHECKING:
    from importer.runs.forgetting import ForgottenPerson


def render_forgotten(forgotten: ForgottenPerson) -> str:
    """Say what was deleted, what was not, and what only the user can delete; several lines, no line break at the end."""
    return "\n".join((*_gone(forgotten), *_unread(forgotten), *_beyond(forgotten)))


def _gone(forgotten: ForgottenPerson) -> Iterator[str]:
    if forgotten.nothing:
        yield "The state folder holds nothing of this person."
        return
    yield "Forgotten:"
    for run in forgotten.runs:
        copies = (
            f", and the run's {counted(len(run.copies), 'copy', 'copies')} of sources" if run.copies else ""
        )
        yield f"  run {run.run_id}: {counted(run.rows, 'row')}{copies}"
    for plan_id in forgotten.plans:
        yield f"  plan {plan_id}: all of it; plan again with: importer plan"
    if forgotten.mirrored:
        yield f"  mirrors: {counted(forgotten.mirrored, 'contact')}"
    if forgotten.remembered:
        yield f"  memory: {counted(forgotten.remembered, 'hash', 'hashes')}"
    if forgotten.runs:
        yield "These runs cannot be retried or taken back, nor their results be written again."


def _unread(forgotten: ForgottenPerson) -> Iterator[str]:
    if forgotten.unread:
        yield "Not looked through, so the person may be in it still:"
        yield from (f"  {each}" for each in forgotten.unread)


def _beyond(forgotten: ForgottenPerson) -> Iterator[str]:
    yield "Not touched: contacts in HighLevel, and files of your own (sources, results, exports)."
    paths = dict.fromkeys(path for run in forgotten.runs for path in run.beyond)
    yield from (f"  {path}" for path in paths)
