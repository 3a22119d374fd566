"""Rows that share an e-mail or a phone: how many, and in which words that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.records import Json, value_type
from importer.results.wording import rows as count_rows


@value_type(frozen=True, slots=True, kw_only=True)
class SameContact:
    """What the rows of an import that share a key add up to.

    ``shared_email`` and ``shared_phone``: rows that have one with somebody else; ``apart``: those of them who came
    later; ``again``: rows of somebody who has another row before them; ``taken_as_one``: rows that say otherwise than one
    before them, or than an earlier import, who somebody is.
    """

    groups: int = 0
    rows: int = 0
    shared_email: int = 0
    shared_phone: int = 0
    apart: int = 0
    again: int = 0
    taken_as_one: int = 0
    path: Path | None = None
    """The list of all groups, where one was written."""

    def sentences(self) -> Iterator[str]:
        """Say it, one sentence for each kind that there is."""
        for count, key in ((self.shared_phone, "a phone"), (self.shared_email, "an e-mail")):
            if count:
                verb = "shares" if count == 1 else "share"
                yield f"{count_rows(count)} {verb} {key} with somebody else"
        if self.taken_as_one:
            verb, their = ("is", "its") if self.taken_as_one == 1 else ("are", "their")
            yield (
                f"{count_rows(self.taken_as_one)} {verb} taken for somebody who has {their} e-mail or phone, although under "
                "another name, or without one"
            )
        if self.again:
            verb, them = ("is", "it") if self.again == 1 else ("are", "them")
            yield f"{count_rows(self.again)} {verb} of the same person as a row before {them}"

    def to_json(self) -> dict[str, Json]:
        return {
            "groups": self.groups,
            "rows": self.rows,
            "shared_email": self.shared_email,
            "shared_phone": self.shared_phone,
            "apart": self.apart,
            "again": self.again,
            "taken_as_one": self.taken_as_one,
            "path": None if self.path is None else str(self.path),
        }


NO_ROWS: Final = SameContact()
