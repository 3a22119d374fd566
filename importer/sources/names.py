"""Which names in a folder mean a file to import: one rule for ``run FOLDER``, patterns and watched folders."""

from __future__ import annotations

from typing import Final

from importer.reading.formats import holds_table

_HALF_WRITTEN: Final = (".part", ".tmp", ".partial", ".crdownload", ".filepart", ".swp")


def is_taken(name: str) -> bool:
    """Tell whether a file in a folder is meant when the folder is: it ends as a table does, and is nobody's leftover."""
    return holds_table(name) and not is_leftover(name)


def is_leftover(name: str) -> bool:
    """Tell files that lie beside the real one: hidden, a lock (``~$contacts.xlsx``), or written at this moment."""
    return name.startswith((".", "~$")) or name.lower().endswith(_HALF_WRITTEN)
