"""Where a run goes that is about to be queued, said, and agreed to where somebody is there to answer.

As before the first write of ``importer run``, but for what only the locations know: who submits needs no token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from importer.records import Record
from importer.runs.aiming import (
    Glance,
    Load,
    Target,
    confirm,
    elsewhere,
    explanation,
    overruled,
    say_if_moved,
)
from importer.runs.intake import Intake, Mapped
from importer.runs.session import RunSession
from importer.state import StateFolder


async def agree(session: RunSession, intakes: Sequence[Intake]) -> None:
    """Say how many rows go into which locations, and ask. Raises SettingsError where the answer is no."""
    context = session.context
    targets, run = _targets(intakes), session.journal.run
    mapping = run.working_folder / run.mapping_path
    last = StateFolder(session.settings.state).last_of_mapping(run.place, mapping, but=run.id)
    if context.confirm is None and not context.explains_target:
        say_if_moved(context, targets, last)
        return
    load = Load(sum(target.rows for target in targets), session.settings.trial)
    said = explanation(
        targets,
        load,
        _glance(intakes, session),
        last,
        misfits=overruled(targets, session.mapping.fixed_location),
    )
    if context.confirm is None:
        context.progress.message(said)
    else:
        await confirm(context, said, elsewhere(targets, last), load)


def _targets(intakes: Sequence[Intake]) -> list[Target]:
    rows: Counter[str] = Counter()
    for intake in intakes:
        rows.update(intake.bound.location_rows)
    return [Target(location_id=location, rows=count) for location, count in rows.most_common()]


def _glance(intakes: Sequence[Intake], session: RunSession) -> Glance:
    first: Mapped = next((piece for intake in intakes for piece in intake.mapped()), [])
    tags = Counter(tag for item in first if isinstance(item, Record) for tag in item.tags)
    return Glance(
        seen=len(first),
        tags=tuple(tag for tag, _ in tags.most_common()),
        row_object=session.mapping.row_object,
    )
