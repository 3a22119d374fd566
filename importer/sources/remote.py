"""URLs: which door each scheme goes through."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from importer.errors import SourceError
from importer.sources import cloud, sheets, web
from importer.sources.copying import Copy
from importer.sources.masking import masked

SUPPORTED = ("https", *cloud.SERVICES)


def copy_url(url: str, folder: Path, index: int) -> Copy:
    """Download a URL to a private copy; SourceError says what is missing: the file, the right or the extra."""
    scheme = urlsplit(url).scheme.lower()
    if sheets.is_sheet(url):
        return sheets.copy_sheet(url, folder, index)
    if scheme in {"http", "https"}:
        return web.copy_web(url, folder, index)
    if scheme in cloud.SERVICES:
        return cloud.copy_object(url, folder, index)
    known = ", ".join(f"{name}://" for name in SUPPORTED)
    raise SourceError(f"{masked(url)}: {scheme}:// is not a kind of source. Known are paths, - and {known}.")
