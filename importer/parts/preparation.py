"""The preparation of one part: its rows are mapped as the whole run would map them, and no other row is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from importer.mapping import Mapping
from importer.mapping.suppressed_people import SuppressedPeople
from importer.parts.part_rows import PartSource, open_part
from importer.runs.intake import Intake, SurveyOptions
from importer.runs.key_sharing import draft_holders
from importer.runs.preparing.in_process import InProcess
from importer.runs.preparing.order import Order, Surveyed
from importer.state.journal import Journal


class PartPreparation(InProcess):
    """Carries an order out for the rows of one part. Satisfies ``Preparation``."""

    def __init__(self, order: Order, mapping: Mapping, journal: Journal, rows: Path) -> None:
        super().__init__(order, mapping, journal)
        self._rows = rows

    def survey(self, keep_going: Callable[[], None]) -> tuple[Surveyed, ...]:
        self._intakes = survey_part(open_part(self._rows), self._mapping, self._order.survey, keep_going)
        return tuple(
            Surveyed(rows=intake.rows, location_rows=intake.bound.location_rows) for intake in self._intakes
        )


def survey_part(
    sources: Sequence[PartSource],
    mapping: Mapping,
    options: SurveyOptions,
    keep_going: Callable[[], None] = lambda: None,
) -> list[Intake]:
    """Look at a part's rows once, and bind the mapping to them, as the survey of the whole source did.

    How the file is written is known from there: the rows of one location may leave open which is the month. Who is
    whose duplicate is a matter of one location, so of these rows alone.
    """
    intakes: list[Intake] = []
    with draft_holders(mapping) as draft:
        suppressed = _suppressed(mapping, options)
        for source in sources:
            surveyor = mapping.surveyor(
                source.header,
                location_id=options.location_id,
                today=options.today,
                allow_transforms=options.allow_transforms,
                draft_store=draft if options.apart else None,
                suppressed=suppressed,
                writing=source.writing,
            )
            for block in source.blocks():
                keep_going()
                surveyor.see(block)
            bound = surveyor.bind()
            intakes.append(Intake(source=source, bound=bound, rows=bound.rows, no_people=source.no_people))
        if suppressed is not None:
            suppressed.spread()
    return intakes


def _suppressed(mapping: Mapping, options: SurveyOptions) -> SuppressedPeople | None:
    listed = options.suppression
    return None if listed is None else mapping.suppressed_people(listed)
