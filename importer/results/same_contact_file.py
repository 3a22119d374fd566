"""``same-contact.csv``: every row that shares an e-mail or a phone with another, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

from importer.records import Contradiction, number_of, source_of
from importer.results.csv_file import CsvTable, opened_csv
from importer.results.files import Replacing, replacing
from importer.state.grouped_rows import LinkedRow

FILE_NAME: Final = "same-contact.csv"
_HEAD: Final = ("group", "row", "name", "email", "phone", "becomes")
_SENT: Final = frozenset(("created", "updated", "sent"))
_SAID: Final = {"email": "e-mail", "phone": "phone"}
_OTHER_SAID: Final = {"email": "phone", "phone": "e-mail"}


class GroupRow(LinkedRow, Protocol):
    """A row of a group with who it is; ``becomes`` is what is known of its end."""

    @property
    def name(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def phone(self) -> str: ...

    @property
    def becomes(self) -> str: ...


def write_same_contact(
    listed: Iterable[GroupRow],
    path: Path,
    *,
    sources: Sequence[str],
    left_out: bool,
    replacing: Replacing = replacing,
) -> None:
    """Write the groups; with the source of each row where there are several. Raises StateError.

    ``left_out``: whoever came later goes without the key.
    """
    several = len(sources) > 1
    with opened_csv(path, replacing=replacing) as file:
        table = CsvTable(file)
        table.write([*_HEAD, *(["source"] if several else [])])
        table.write_all(
            [
                str(each.group),
                str(number_of(each.row)),
                each.name,
                each.email,
                each.phone,
                _becomes(each, left_out=left_out),
                *([sources[source_of(each.row)]] if several else []),
            ]
            for each in listed
        )


def _becomes(each: GroupRow, *, left_out: bool) -> str:
    if each.apart and left_out and each.becomes in _SENT:
        return f"{each.becomes} without the {_SAID[each.key]}"
    match each.contradiction:
        case Contradiction.NAME:
            return f"{each.becomes}, under another name"
        case Contradiction.OTHER_KEY:
            return f"{each.becomes}, with another {_OTHER_SAID[each.key]}"
        case None:
            return each.becomes
