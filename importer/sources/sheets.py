"""Google Sheets: by the export link of a shared sheet, or with a service account (extra ``sheets``)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from importer.errors import SourceError
from importer.runtime.installation import install_command, missing_extra
from importer.runtime.regex import regex
from importer.sources.copying import Copy, PrivateFile
from importer.sources.masking import masked

_SHEET: Final = regex(r"https://docs\.google\.com/spreadsheets/d/(?!e/)([\w-]+)", re.IGNORECASE)
_EXPORT: Final = "https://docs.google.com/spreadsheets/d/{key}/export?format={format}"


def is_sheet(url: str) -> bool:
    """Tell a sheet's address as the browser shows it; a published or an export link is a download like any other."""
    return _SHEET.match(url) is not None and "/export" not in urlsplit(url).path


def export_url(url: str) -> str:
    """Turn the address in the browser into the export link: one tab as CSV when it is named, else all as a workbook."""
    match = _SHEET.match(url)
    if match is None:
        raise SourceError(f"{masked(url)} is not the address of a Google sheet.")
    tab = _tab(url)
    if tab is None:
        return _EXPORT.format(key=match[1], format="xlsx")
    return _EXPORT.format(key=match[1], format="csv") + f"&gid={tab}"


def _tab(url: str) -> str | None:
    parts = urlsplit(url)
    for text in (parts.fragment, parts.query):
        if found := parse_qs(text).get("gid"):
            return found[0] if found[0].isdigit() else None
    return None


def copy_sheet(url: str, folder: Path, index: int) -> Copy:
    """Copy a sheet as a workbook with the service account when there is one, else as the link allows."""
    if account := _service_account():
        return _copy_as_account(url, account, folder, index)
    from importer.sources import web

    try:
        return web.copy_web(export_url(url), folder, index)
    except SourceError as cause:
        raise SourceError(
            f"{cause} For a sheet that is not shared by link, set GOOGLE_APPLICATION_CREDENTIALS to the key file of a "
            f"service account that may read it (which needs the extra `sheets`: {install_command('sheets')})."
        ) from None


def _service_account() -> Path | None:
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    return Path(named) if named else None


def _copy_as_account(url: str, account: Path, folder: Path, index: int) -> Copy:
    try:
        import gspread
    except ImportError:
        raise SourceError(missing_extra(f"{masked(url)} with a service account", "sheets")) from None
    match = _SHEET.match(url)
    assert match is not None  # noqa: S101  (is_sheet was asked before)
    try:
        client = gspread.service_account(filename=account)
        content = client.export(match[1], gspread.utils.ExportFormat.EXCEL)
    except Exception as cause:  # noqa: BLE001  (google-auth, requests and gspread each raise their own)
        raise SourceError(
            f"{masked(url)} cannot be read with {account}: {type(cause).__name__}. "
            "Share the sheet with the service account's e-mail address."
        ) from None
    with PrivateFile(folder, index, f"{match[1]}.xlsx") as copy:
        copy.write(content)
        return copy.sealed(masked(url))
