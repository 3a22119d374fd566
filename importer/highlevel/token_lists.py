"""Tokens of several locations, from the environment or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.settings import Secret

PREFIX: Final = "HIGHLEVEL_TOKEN_"


def gather_tokens(environ: Mapping[str, str], tokens_file: Path | None = None) -> dict[str, Secret]:
    """Collect a token for each location: ``HIGHLEVEL_TOKEN_<location id>``, ahead of the lines of a file.

    The file holds one ``location_id = token`` a line; blank lines and those that begin with ``#`` are skipped.
    """
    tokens = _read_file(tokens_file) if tokens_file is not None else {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and len(name) > len(PREFIX) and value.strip():
            tokens[name.removeprefix(PREFIX)] = Secret(value.strip())
    return tokens


def _read_file(path: Path) -> dict[str, Secret]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"The tokens file {path} cannot be read: {cause}.") from None
    tokens: dict[str, Secret] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        location_id, separator, token = (part.strip() for part in line.partition("="))
        if not separator or not location_id or not token:
            raise SettingsError(f"{path}:{number}: expected `location_id = token`.")
        if location_id in tokens:
            raise SettingsError(f"{path}:{number}: location {location_id} has a token already.")
        tokens[location_id] = Secret(token)
    return tokens
