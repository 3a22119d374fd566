"""Whether the encoding of what is to be imported is a guess that a person at the terminal can settle."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from importer.errors import ImporterError
from importer.mapping import load_mapping
from importer.reading import open_source
from importer.reading.formats import Format, format_of
from importer.reading.rival_readings import RivalReadings, rival_readings
from importer.settings import RunSettings
from importer.sources import is_url
from importer.sources.expanding import expand_sources, in_archive

_TEXTS: Final = frozenset({Format.TEXT, Format.HTML, Format.JSON, Format.VCARD})


def undecided_encoding(settings: RunSettings) -> RivalReadings | None:
    """Look at the one file that is to be imported; None where its encoding is sure, or was said.

    Of several files each may have another, and what is no file here is not fetched twice. What is wrong with file or
    mapping is said by whoever imports them.
    """
    with suppress(ImporterError, OSError):
        options = load_mapping(settings.mapping).reading_options(settings.reading)
        if options.encoding is None and (path := _one_text(settings)):
            return rival_readings(open_source(path, options=options))
    return None


def _one_text(settings: RunSettings) -> Path | None:
    references = expand_sources(settings.sources)
    path = Path(references[0])
    if len(references) > 1 or references[0] == "-" or is_url(references[0]) or in_archive(path):
        return None
    with path.open("rb") as stream:
        return path if format_of(stream.read(4096)) in _TEXTS else None
