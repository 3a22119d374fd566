"""What the environment says: environment variables, a ``.env`` file, the platform's folders."""

from __future__ import annotations

import codecs
import io
import os
import re
from collections import ChainMap
from collections.abc import Mapping
from contextvars import Context, ContextVar, copy_context
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.runtime.logs import hide
from importer.runtime.regex import regex
from importer.settings import DEFAULT_BASE_URL, Secret, location_in

_TOKEN_OF: Final = "HIGHLEVEL_TOKEN_"  # noqa: S105  (a name, no token)
_TOKEN: Final = regex(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750
_ADDRESS: Final = regex(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SECRET_NAMES: Final = regex(
    r"HIGHLEVEL_(?:TOKEN(?:_.*)?|CLIENT_SECRET)$|IMPORTER_PASSWORD$|SMTP_URL$", re.IGNORECASE
)
_STATE_NAMES: Final = regex(r"IMPORTER_STATE(?:_KEY)?$|PG[A-Z]+$", re.IGNORECASE)
_VARIABLES: Final[ContextVar[Mapping[str, str]]] = ContextVar("importer_variables", default=os.environ)


def variables() -> Mapping[str, str]:
    """Give the environment variables, under those of a file where a call named one (``context_with``)."""
    return _VARIABLES.get()


def without_secrets(*, opens_state: bool = True) -> dict[str, str]:
    """Give the process's environment for a process that needs none of our tokens, those of a ``.env`` file included.

    What opens the state, in a Postgres, stays for a process that works with it.
    """
    kept = {name: value for name, value in os.environ.items() if not _SECRET_NAMES.match(name)}
    return kept if opens_state else {name: kept[name] for name in kept if not _STATE_NAMES.match(name)}


def context_with(env_file: str | os.PathLike[str] | None) -> Context:
    """Make a context for one call, in which what ``env_file`` says goes ahead of the environment.

    The process's environment stays as it is: another call, for another client, must not find this one's token in it.
    Raises SettingsError for a file that cannot be read.
    """
    context = copy_context()
    if env_file is not None:
        context.run(_VARIABLES.set, ChainMap(read_env_file(Path(env_file)), os.environ))
    return context


def read_env_file(path: Path) -> dict[str, str]:
    """Read what a ``.env`` file sets, and set nothing. Raises SettingsError."""
    from dotenv import dotenv_values

    found = dotenv_values(stream=io.StringIO(_read_text(path, "The environment file")))
    return {name: value for name, value in found.items() if value is not None}


def load_environment(folder: Path | None = None) -> None:
    """Read a ``.env`` file of the working folder into the environment; what is set already wins."""
    path = (folder or Path.cwd()) / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        load_dotenv(stream=io.StringIO(_read_text(path, "The environment file")), override=False)


def _read_text(path: Path, what: str) -> str:
    """Read a small text file as the editors of all systems write it: UTF-8, or UTF-16 with its mark. Raises SettingsError."""
    try:
        written = path.read_bytes()
        wide = written.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = written.decode("utf-16" if wide else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"{what} {path} cannot be read: {cause}. Save it as UTF-8.") from None
    if "\x00" in text:
        raise SettingsError(f"{what} {path} is no plain text, or UTF-16 without its mark. Save it as UTF-8.")
    return text


def user_at_host() -> str:
    """Say who runs this process, as far as the system knows."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def state_folder(given: Path | None = None) -> Path:
    """Find the state folder: the one given, IMPORTER_STATE, else the platform's place for user state.

    Raises SettingsError for an address, be it of a Postgres, which ``importer.state.place`` takes: a folder of that name
    would be made, and hold nothing that anybody looks for.
    """
    if given is not None:
        return _no_address(given)
    if named := variables().get("IMPORTER_STATE"):
        return _no_address(Path(named))
    return own_state_folder()


def own_state_folder() -> Path:
    """Find the platform's place for user state."""
    import platformdirs

    return Path(platformdirs.user_state_dir("highlevel-importer", appauthor=False))


def _no_address(path: Path) -> Path:
    # a path has lost one of the two slashes by now
    if (scheme := _ADDRESS.match(str(path))) is None:
        return path
    raise SettingsError(
        f"State is kept in a folder of this machine or in a Postgres, and {scheme[0]}... is an address of neither. Give a "
        "folder with --state, or an address such as postgresql://HOST/DATABASE; or set IMPORTER_STATE to one."
    )


def processes() -> int | None:
    """Tell how many processes a run may use, 1 or 2, where IMPORTER_PROCESSES says so. Raises SettingsError."""
    said = variables().get("IMPORTER_PROCESSES", "").strip()
    if said not in {"", "1", "2"}:
        raise SettingsError(f"IMPORTER_PROCESSES is {said!r}. Set it to 1 or 2, or leave it out.")
    return int(said) if said else None


def base_url(given: str | None = None) -> str:
    return given or variables().get("HIGHLEVEL_BASE_URL") or DEFAULT_BASE_URL


def location_id() -> str | None:
    said = variables().get("HIGHLEVEL_LOCATION_ID")
    return location_in(said) if said else None


def read_token(token_file: Path | None = None) -> Secret | None:
    """Take the token from a file or from HIGHLEVEL_TOKEN; never from a flag's value.

    Raises SettingsError for a file that cannot be read or is empty.
    """
    if token_file is None:
        return variable_token("HIGHLEVEL_TOKEN")
    token = _read_text(token_file, "The token file").strip()
    if not token:
        raise SettingsError(f"The token file {token_file} is empty. Put the token into it, on one line.")
    return one_token(token, f"The token file {token_file}")


def variable_token(name: str) -> Secret | None:
    """Take a token from an environment variable; None where it is not set. Raises SettingsError."""
    token = variables().get(name, "").strip()
    return one_token(token, name) if token else None


def one_token(token: str, where: str) -> Secret:
    """Make a secret of a token, masked in all logs from now on; ``where`` names it for people. Raises SettingsError."""
    hide(token)
    # It goes into an HTTP header, where white space or an accent would end the request with a riddle.
    if not _TOKEN.fullmatch(token):
        raise SettingsError(
            f"{where} holds more than a token: white space, quotes or other signs. Put the token alone into it."
        )
    return Secret(token)


def read_tokens(tokens_file: Path | None = None) -> dict[str, Secret]:
    """Collect a token for each location: ``HIGHLEVEL_TOKEN_<location id>``, ahead of the lines of a file.

    The file (default: the one HIGHLEVEL_TOKENS_FILE names) holds one ``location_id = token`` a line; blank lines and
    those that begin with ``#`` are skipped.
    """
    named = tokens_file or (Path(path) if (path := variables().get("HIGHLEVEL_TOKENS_FILE")) else None)
    tokens = _read_tokens_file(named) if named is not None else {}
    for name, value in variables().items():
        location_id = name.removeprefix(_TOKEN_OF)
        if location_id not in {name, ""} and value.strip():
            tokens[location_id] = one_token(value.strip(), name)
    return tokens


def _read_tokens_file(path: Path) -> dict[str, Secret]:
    lines = _read_text(path, "The tokens file").splitlines()
    tokens: dict[str, Secret] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        location_id, separator, token = (part.strip() for part in line.partition("="))
        if not (separator and location_id and token):
            raise SettingsError(f"{path}:{number}: expected `location_id = token`.")
        if location_id in tokens:
            raise SettingsError(f"{path}:{number}: location {location_id} has a token already.")
        tokens[location_id] = one_token(token, f"{path}:{number}")
    return tokens


def source_password() -> Secret | None:
    """Take the password of protected workbooks from IMPORTER_PASSWORD."""
    password = variables().get("IMPORTER_PASSWORD")
    return given_password(password) if password else None


def given_password(password: str) -> Secret:
    """Make a secret of a password, masked in all logs from now on."""
    hide(password)
    return Secret(password)
