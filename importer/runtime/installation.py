"""How this copy of the package was installed: the files that it ships, and the command that adds an extra to it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from importer.errors import SettingsError

DISTRIBUTION: Final = "highlevel-importer"
_UV_RECEIPT: Final = "uv-receipt.toml"
_PACKAGE: Final = Path(__file__).resolve().parents[1]


def shipped_folder(name: str) -> Path:
    """Find a folder of files that come with the package: inside it when installed, beside it in a checkout.

    Raises SettingsError where neither is there.
    """
    installed = _PACKAGE / "_shipped" / name
    if installed.is_dir():
        return installed
    # Only beside our own project file: site-packages may hold some other package's `mappings`.
    if (checkout := _checkout()) is not None and (checkout / name).is_dir():
        return checkout / name
    raise SettingsError(
        f"The files that come with {DISTRIBUTION} ({name}) are not where it is installed, {_PACKAGE}. Install it again."
    )


def missing_extra(what: str, extra: str) -> str:
    """Say that ``what`` needs an extra, and the command that adds it to this very installation."""
    return f"{what} needs the extra `{extra}`: {install_command(extra)}"


def install_command(extra: str) -> str:
    """Write the command that adds an extra where this package came from: an index, a wheel file or a checkout."""
    return command_for(extra, _origin(), _checkout(), environment=Path(sys.prefix))


def command_for(
    extra: str, origin: dict[str, Any], checkout: Path | None = None, *, environment: Path | None = None
) -> str:
    """Write the command for what pip noted of an installation (PEP 610's ``direct_url.json``).

    Nothing noted is an index, or no installation at all: then ``checkout`` is where the package runs from.
    ``environment`` may be one that pipx or uv keeps, which have commands of their own.
    """
    installer, extras = _installer(environment, extra)
    path = _local_path(origin) if origin else checkout
    if path is not None and path.exists():
        editable = not origin or origin.get("dir_info", {}).get("editable", False)
        return f"{installer} {'-e ' if editable else ''}{_quoted(f'{path}[{extras}]')}"
    return f"{installer} {_quoted(f'{DISTRIBUTION}[{extras}]{_remote(origin)}')}"


def _installer(environment: Path | None, extra: str) -> tuple[str, str]:
    """Name who installs into an environment, and the extras to ask for: uv forgets those that are not said again."""
    if environment is not None:
        if (environment / "pipx_metadata.json").is_file():
            return f"pipx runpip {_quoted(environment.name)} install", extra
        if (environment / _UV_RECEIPT).is_file():
            return "uv tool install --force", ",".join(sorted({extra, *_extras_of_uv(environment)}))
    return "pip install", extra


def _extras_of_uv(environment: Path) -> Iterator[str]:
    import tomllib

    try:
        noted = tomllib.loads((environment / _UV_RECEIPT).read_text(encoding="utf-8"))
        for each in noted["tool"]["requirements"]:
            if each["name"] == DISTRIBUTION:
                yield from each.get("extras", ())
    except (OSError, ValueError, KeyError, TypeError):  # a form of uv's that is not known yet
        return


def _local_path(origin: dict[str, Any]) -> Path | None:
    from urllib.request import url2pathname

    parts = urlsplit(str(origin.get("url", "")))
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _remote(origin: dict[str, Any]) -> str:
    """Write where a repository or a file on the web is, as a requirement says it; empty for an index."""
    url = str(origin.get("url", ""))
    if not url.startswith("https:"):
        return ""
    vcs = origin.get("vcs_info", {})
    revision = vcs.get("requested_revision")
    return f" @ {vcs['vcs'] + '+' if 'vcs' in vcs else ''}{url}{f'@{revision}' if revision else ''}"


def _quoted(word: str) -> str:
    # cmd.exe knows no single quotes; a shell without any takes [extra] for a pattern.
    return f'"{word}"' if sys.platform == "win32" else shlex.quote(word)


def _origin() -> dict[str, Any]:
    """Read what pip noted of a direct installation (PEP 610); empty for one from an index, or for none at all."""
    from importlib import (
        metadata,
    )  # with the parsers of e-mail that it brings, a thirtieth of `check` for a few rows

    try:
        noted = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        found = json.loads(noted) if noted else {}
    except (metadata.PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _checkout() -> Path | None:
    project = _PACKAGE.parent / "pyproject.toml"
    try:
        ours = f'name = "{DISTRIBUTION}"' in project.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return _PACKAGE.parent if ours else None
