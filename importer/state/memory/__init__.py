"""What outlives a run: what each person was last sent and given, who holds which key, which files were imported already.

All of it is hashes. Memory is never the truth of a run (the journal is): whatever is lost from it is sent again.
"""

from __future__ import annotations

from importer.state.memory.additions import KnownAdditions
from importer.state.memory.draft_holders import DraftHolders
from importer.state.memory.files import Imported, ImportedFiles
from importer.state.memory.fingerprints import fingerprint
from importer.state.memory.key_holders import KeyHolders
from importer.state.memory.people import Leaver, Memory, MemoryPass, PersonRow
from importer.state.memory.same_contacts import LinkCounts, ListedRow, PersonCells, SameContacts

__all__ = [
    "DraftHolders",
    "Imported",
    "ImportedFiles",
    "KeyHolders",
    "KnownAdditions",
    "Leaver",
    "LinkCounts",
    "ListedRow",
    "Memory",
    "MemoryPass",
    "PersonCells",
    "PersonRow",
    "SameContacts",
    "fingerprint",
]
