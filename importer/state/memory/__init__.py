"""What outlives a run: what was last sent for each person, and which files were imported already.

All of it is hashes. Memory is never the truth of a run (the journal is): whatever is lost from it is sent again.
"""

from __future__ import annotations

from importer.state.memory.files import Imported, ImportedFiles
from importer.state.memory.fingerprints import fingerprint
from importer.state.memory.people import Leaver, Memory, MemoryPass, PersonRow

__all__ = ["Imported", "ImportedFiles", "Leaver", "Memory", "MemoryPass", "PersonRow", "fingerprint"]
