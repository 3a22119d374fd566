"""One custom field made, or given further options, and read back: looked for by its name before it is asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from importer.highlevel.calls import Call
from importer.highlevel.catalog import CustomField
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.custom_fields import (
    READ_SCOPE,
    WRITE_SCOPE,
    change_options,
    create_custom_field,
    custom_fields_in,
    list_custom_fields,
    try_creation,
)
from importer.highlevel.reply import Reply, ReplyKind
from importer.mapping.custom_targets import fields_named
from importer.results.fields import FieldLine, FieldStatus
from importer.runtime.clock import Clock
from importer.runtime.counting import counted
from importer.sending import Sender
from importer.sending.call_state import FIRST_CONTACT, CallState, Unanswered

_ATTEMPTS: Final = 3
_LATE_SECONDS: Final = 5.0
"""What was asked for before its reply was lost may be done a moment later."""


class FieldMaker:
    """Makes the fields of one location, one at a time."""

    def __init__(self, sender: Sender, location_id: str, clock: Clock) -> None:
        self._sender = sender
        self._location_id = location_id
        self._clock = clock

    async def try_scope(self) -> None:
        """Raise CredentialsError where the token may not make fields: one without a name is made by nobody."""
        found = await self._ask(try_creation(self._location_id), repeatable=True)
        if isinstance(found, Reply) and found.kind is ReplyKind.SCOPE_MISSING:
            raise refusal(found, self._location_id, scope=WRITE_SCOPE)

    async def make(self, line: FieldLine) -> FieldLine:
        """Make a field, or add options to it; the line says what came of it. Raises what ends the location's sending."""
        if line.status is FieldStatus.OPTIONS_MISSING:
            return await self._add_options(line)
        call = create_custom_field(
            self._location_id,
            name=line.name,
            data_type=line.data_type or "TEXT",
            model=line.model,
            options=line.options,
        )
        attempts = 0
        while True:
            attempts += 1
            found = await self._ask(call, repeatable=False)
            # whatever the reply says: what counts is what the location has now
            held = await self._held(line)
            if held is None and _may_be_late(found):
                await self._clock.sleep(_LATE_SECONDS)
                held = await self._held(line)
            if isinstance(held, CustomField):
                return _made(line, held)
            if held is not None:
                why = f"whether it was made is not known: {held}"
                return replace(line, status=FieldStatus.FAILED, reason=why)
            if not _may_be_late(found) or attempts >= _ATTEMPTS:
                return replace(line, status=FieldStatus.FAILED, reason=_why_not(found))

    async def _add_options(self, line: FieldLine) -> FieldLine:
        """Write the options that the field has now, and those that it lacks, so that none of somebody else's goes."""
        held = await self._held(line)
        if not isinstance(held, CustomField):
            return replace(line, status=FieldStatus.FAILED, reason=held or "it is not there any more")
        added = [each for each in line.options if each not in held.options]
        call = change_options(self._location_id, held, (*held.options, *added))
        found = await self._ask(call, repeatable=True)
        held = await self._held(line)
        if isinstance(held, CustomField) and set(line.options) <= set(held.options):
            return replace(line, status=FieldStatus.OPTIONS_ADDED, reason="")
        return replace(line, status=FieldStatus.FAILED, reason=_why_not(found))

    async def _held(self, line: FieldLine) -> CustomField | str | None:
        """Give the field as the location has it now; None where it has none, a sentence where that cannot be read."""
        call = list_custom_fields(self._location_id, model=line.model)
        found = await self._ask(call, repeatable=True)
        known = None
        if isinstance(found, Reply) and found.kind is ReplyKind.DONE:
            known = custom_fields_in(found.body)
        if known is None:
            return f"the location's fields cannot be listed ({READ_SCOPE}): {_words(found)}"
        return _only(fields_named(line.id or line.name, known), line)

    async def _ask(self, call: Call, *, repeatable: bool) -> Reply | Unanswered:
        state = CallState(FIRST_CONTACT, repeatable=repeatable, soft=True)
        return await self._sender.perform(self._location_id, call, state)


def _only(found: Sequence[CustomField], line: FieldLine) -> CustomField | str | None:
    if len(found) > 1:
        return f"the location has {counted(len(found), 'field')} named {line.name!r} by now"
    return found[0] if found else None


def _made(line: FieldLine, held: CustomField) -> FieldLine:
    """Hold what was stored against what was asked for."""
    lacking = set(line.options) - set(held.options)
    if held.data_type == line.data_type and not lacking:
        return replace(line, status=FieldStatus.CREATED, id=held.id)
    is_else = (
        f"of type {held.data_type}" if held.data_type != line.data_type else "without all of its options"
    )
    why = f"it is there ({held.id}), but {is_else}: HighLevel stored it otherwise than it was asked for, or somebody made it at the same time"
    return replace(line, status=FieldStatus.FAILED, id=held.id, reason=why)


def _may_be_late(found: Reply | Unanswered) -> bool:
    """Tell whether it may be made yet, or another attempt may help."""
    return isinstance(found, Unanswered) or found.kind is ReplyKind.DONE


def _words(found: Reply | Unanswered) -> str:
    return found.said if isinstance(found, Reply) else found.words


def _why_not(found: Reply | Unanswered) -> str:
    if isinstance(found, Unanswered):
        return f"no usable reply came ({found.words}), and it is not there; give the command again"
    if found.kind is ReplyKind.DONE:
        return "HighLevel says that it did it, and does not show it"
    return f"HighLevel refused it: {found.said}"
