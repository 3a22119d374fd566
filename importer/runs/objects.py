"""What a run of something else than contacts cannot be asked for: said before anything is read."""

from __future__ import annotations

from typing import Final

from importer.errors import SettingsError
from importer.mapping import Mapping
from importer.records import RowObject
from importer.settings import RunSettings

NOUNS: Final = {
    RowObject.CONTACT: ("contact", "contacts"),
    RowObject.OPPORTUNITY: ("deal", "deals"),
    RowObject.NOTE: ("note", "notes"),
    RowObject.TASK: ("task", "tasks"),
    RowObject.COMPANY: ("company", "companies"),
}
"""What people call them: one, and several."""


def refuse_idle_options(settings: RunSettings, mapping: Mapping) -> None:
    """Refuse options that are about the contacts that a run writes, where it writes none. Raises SettingsError."""
    if mapping.row_object is RowObject.CONTACT:
        return
    company = mapping.row_object is RowObject.COMPANY
    asked = {
        "--changed-only": settings.changed_only,
        "--verify": settings.verify_share > 0,
        "--before-images": settings.before_images,
        "--compare": settings.compare and company,
    }
    idle = [name for name, given in asked.items() if given]
    if mapping.row_object.beside and settings.connection.sandbox:
        raise SettingsError(
            f"The embedded sandbox begins empty, and each row of {mapping.name} needs a contact that is there. To try it with "
            "its contacts: importer migrate FOLDER --sandbox, or `importer sandbox` in another terminal and both runs into it."
        )
    if idle:
        raise SettingsError(
            f"{' and '.join(idle)}: about contacts that a run writes, and each row of {mapping.name} becomes a "
            f"{NOUNS[mapping.row_object][0]}. Leave it out."
        )


def require_contacts(mapping: Mapping, command: str) -> None:
    """Refuse a command that shows what becomes of contacts. Raises SettingsError."""
    if mapping.row_object is not RowObject.CONTACT:
        raise SettingsError(
            f"importer {command} shows what becomes of contacts, and each row of {mapping.name} becomes a "
            f"{NOUNS[mapping.row_object][0]}. To look before writing: importer check, or importer preview."
        )
