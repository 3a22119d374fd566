"""What the environment says: environment variables, a ``.env`` file, the platform's folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.settings import DEFAULT_BASE_URL, Secret

_TOKEN_OF: Final = "HIGHLEVEL_TOKEN_"  # noqa: S105  (a name, no token)


def load_environment(folder: Path | None = None) -> None:
    """Read a ``.env`` file of the working folder into the environment; what is set already wins."""
    path = (folder or Path.cwd()) / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        load_dotenv(path, override=False)


def state_folder(given: Path | None = None) -> Path:
    """Find the state folder: the one given, IMPORTER_STATE, else the platform's place for user state."""
    if given is not None:
        return given
    if named := os.environ.get("IMPORTER_STATE"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_state_dir("highlevel-importer", appauthor=False))


def processes() -> int | None:
    """Tell how many processes a run may use, 1 or 2, where IMPORTER_PROCESSES says so. Raises SettingsError."""
    said = os.environ.get("IMPORTER_PROCESSES", "").strip()
    if said not in {"", "1", "2"}:
        raise SettingsError(f"IMPORTER_PROCESSES is {said!r}. Set it to 1 or 2, or leave it out.")
    return int(said) if said else None


def base_url(given: str | None = None) -> str:
    return given or os.environ.get("HIGHLEVEL_BASE_URL") or DEFAULT_BASE_URL


def location_id() -> str | None:
    return os.environ.get("HIGHLEVEL_LOCATION_ID") or None


def read_token(token_file: Path | None = None) -> Secret | None:
    """Take the token from a file or from HIGHLEVEL_TOKEN; never from a flag's value.

    Raises SettingsError for a file that cannot be read or is empty.
    """
    if token_file is None:
        token = os.environ.get("HIGHLEVEL_TOKEN", "").strip()
        return _one_word(token, "HIGHLEVEL_TOKEN") if token else None
    try:
        token = token_file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"The token file {token_file} cannot be read: {cause}.") from None
    if not token:
        raise SettingsError(f"The token file {token_file} is empty. Put the token into it, on one line.")
    return _one_word(token, f"The token file {token_file}")


def _one_word(token: str, where: str) -> Secret:
    # It goes into an HTTP header, where white space or an accent would end the request with a riddle.
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(
            f"{where} holds more than a token: white space or other signs. Put the token alone into it."
        )
    return Secret(token)


def read_tokens(tokens_file: Path | None = None) -> dict[str, Secret]:
    """Collect a token for each location: ``HIGHLEVEL_TOKEN_<location id>``, ahead of the lines of a file.

    The file (default: the one HIGHLEVEL_TOKENS_FILE names) holds one ``location_id = token`` a line; blank lines and
    those that begin with ``#`` are skipped.
    """
    named = tokens_file or (Path(path) if (path := os.environ.get("HIGHLEVEL_TOKENS_FILE")) else None)
    tokens = _read_tokens_file(named) if named is not None else {}
    for name, value in os.environ.items():
        location_id = name.removeprefix(_TOKEN_OF)
        if location_id not in {name, ""} and value.strip():
            tokens[location_id] = Secret(value.strip())
    return tokens


def _read_tokens_file(path: Path) -> dict[str, Secret]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"The tokens file {path} cannot be read: {cause}.") from None
    tokens: dict[str, Secret] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        location_id, separator, token = (part.strip() for part in line.partition("="))
        if not (separator and location_id and token):
            raise SettingsError(f"{path}:{number}: expected `location_id = token`.")
        if location_id in tokens:
            raise SettingsError(f"{path}:{number}: location {location_id} has a token already.")
        tokens[location_id] = Secret(token)
    return tokens


def source_password() -> Secret | None:
    """Take the password of protected workbooks from IMPORTER_PASSWORD."""
    password = os.environ.get("IMPORTER_PASSWORD")
    return Secret(password) if password else None
