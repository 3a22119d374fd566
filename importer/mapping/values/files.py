"""Files that a cell names for a custom field: paths and addresses, or the value of files that are uploaded already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import unquote, urlsplit

from importer.highlevel.files import is_file_value, wanted
from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long
from importer.mapping.values.lists import parts_of

_LONGEST: Final = 20_000


def read_files(text: str, *, split: str, most: int, accepts: Sequence[str]) -> ReadValue:
    """Read what is to be uploaded; whether it is there is looked at later. ``accepts``: suffixes, with their dot."""
    if refused := too_long(text, _LONGEST, "files", "invalid_file"):
        return refused
    if text.lstrip().startswith("{"):
        return _ready(text)
    references = list(dict.fromkeys(parts_of(text, split)))
    if len(references) > most:
        takes = "one file" if most == 1 else f"{most:,} files"
        return ValueFault(
            "too_many_files", f"{quoted(text)} names {len(references):,} files, and the field takes {takes}"
        )
    for reference in references:
        if leads_out(reference):
            return ValueFault("file_not_allowed", f"{quoted(reference)} leads out of the folder of the files")
        suffix = suffix_of(reference)
        if suffix not in accepts and not (is_address(reference) and not suffix):
            shown = ", ".join(accepts)
            return ValueFault(
                "wrong_file_type", f"{quoted(reference)} is of no type that the field takes ({shown})"
            )
    return wanted(references) if references else None


def _ready(text: str) -> ReadValue:
    """Take the value of files that are there already, as an export of the location's own contacts has it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if is_file_value(value):
        return value  # type: ignore[no-any-return]  # what was just looked at
    return ValueFault(
        "invalid_file",
        f"{quoted(text)} is no value of uploaded files: {{id: {{meta, url, documentId}}}} as JSON",
    )


def leads_out(reference: str) -> bool:
    """Tell whether a path names a place outside of any folder, by its text alone."""
    if is_address(reference):
        return False
    absolute = reference.startswith(("/", "\\")) or bool(PureWindowsPath(reference).drive)
    return absolute or ".." in PurePosixPath(reference.replace("\\", "/")).parts


def is_address(reference: str) -> bool:
    return "://" in reference


def suffix_of(reference: str) -> str:
    """Give the suffix of a path or an address, in lower case."""
    path = unquote(urlsplit(reference).path) if is_address(reference) else reference.replace("\\", "/")
    return PurePosixPath(path).suffix.lower()
