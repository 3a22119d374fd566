"""What `importer doctor` looks at on this machine, before it asks anybody: files, variables, other installations."""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, SettingsError
from importer.highlevel.client import find_proxy
from importer.highlevel.examination import ExaminationLine, Grade
from importer.runtime.environment import read_env_file
from importer.runtime.regex import regex
from importer.sources import masked
from importer.version import __version__

_LEAST_DISK_BYTES: Final = 200 << 20
_DISGUISED: Final = (".env.txt", "env.txt", "env", ".env.env")
"""What becomes of a file .env that a desktop saves, or shows, with another name."""
_OURS: Final = ("HIGHLEVEL_", "IMPORTER_")
_HASHED_NAME: Final = regex(r"[0-9a-f]{8}\.\d+")
_INSTALLED: Final = (
    "lib/python3*/site-packages/highlevel_importer-*.dist-info",
    "Lib/site-packages/highlevel_importer-*.dist-info",
)
_LOOKED_AT_BYTES: Final = 10_000


def examine_machine(
    state: Path, base_url: str, *, folder: Path, variables: Mapping[str, str], search_path: str
) -> Iterator[ExaminationLine]:
    """Yield a line for each thing on this machine that an import depends on; ``folder`` is the working one."""
    yield _examine_disk(state)
    yield from _examine_privacy(state)
    yield from _examine_env_file(folder)
    yield from _examine_certificates(variables)
    yield from _examine_proxy(base_url)
    yield from _examine_installations(search_path)
    yield from _examine_newest_run(state)


def _bad(subject: str, text: str) -> ExaminationLine:
    return ExaminationLine(grade=Grade.BAD, subject=subject, text=text)


def _good(subject: str, text: str) -> ExaminationLine:
    return ExaminationLine(grade=Grade.GOOD, subject=subject, text=text)


def _warning(subject: str, text: str) -> ExaminationLine:
    return ExaminationLine(grade=Grade.WARNING, subject=subject, text=text)


def _examine_disk(state: Path) -> ExaminationLine:
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = state / f".probe-{secrets.token_hex(4)}"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(state).free
    except OSError as cause:
        text = f"{state} cannot be written: {cause.strerror}. Set --state"
        return _bad("disk", text)
    return judge_disk(state, free)


def judge_disk(state: Path, free: int) -> ExaminationLine:
    text = f"{free / 2**30:.1f} GB free in {state}"
    if free >= _LEAST_DISK_BYTES:
        return _good("disk", text)
    return _warning(
        "disk", f"{text}: too little for copies of sources and journals. Free some, or set --state"
    )


def _examine_privacy(state: Path) -> Iterator[ExaminationLine]:
    if os.name == "posix" and state.is_dir():
        mode = stat.S_IMODE(state.stat().st_mode)
        if mode & 0o077:
            yield _warning(
                "disk",
                f"{state} can be read by others ({mode:o}), and holds people's data: chmod 700 {state}",
            )


def _examine_env_file(folder: Path) -> Iterator[ExaminationLine]:
    if (folder / ".env").is_file():
        try:
            names = sorted(name for name in read_env_file(folder / ".env") if name.startswith(_OURS))
        except SettingsError as refused:
            yield _bad(".env", str(refused))
            return
        said = ", ".join(names) if names else "none of the importer's variables"
        yield _good(".env", f"{folder / '.env'} sets {said}")
        return
    for name in _DISGUISED:
        path = folder / name
        # without its zeros: what a Windows editor saves as "Unicode" has one between any two letters
        if path.is_file() and b"HIGHLEVEL_" in _beginning(path).replace(b"\0", b""):
            yield _warning(".env", f"{path} is not read: its name has to be .env, without another ending")


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT_BYTES)
    except OSError:  # not ours to read: then it is no file of this user's variables either
        return b""


def _examine_certificates(variables: Mapping[str, str]) -> Iterator[ExaminationLine]:
    for name, lacking in (("SSL_CERT_FILE", _lacking_file), ("SSL_CERT_DIR", _lacking_folder)):
        if not (said := variables.get(name)):
            continue
        if lack := lacking(Path(said)):
            yield _bad(
                "certificates",
                f"{name} names {said}, which {lack}: no connection will be trusted. Correct or unset it",
            )
        else:
            yield _good("certificates", f"those of {said} ({name})")


def _lacking_file(path: Path) -> str:
    """Say why a file gives no certificate of an authority; empty where it does."""
    if not path.is_file():
        return "is not there"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError:  # ssl's own errors are of these, too
        return "holds no certificate that can be read (PEM)"
    return ""


def _lacking_folder(path: Path) -> str:
    if not path.is_dir():
        return "is not there"
    if any(_HASHED_NAME.fullmatch(each.name) for each in path.iterdir()):
        return ""
    return "holds no certificate under the name by which it is looked up (`openssl rehash` gives it one)"


def _examine_proxy(base_url: str) -> Iterator[ExaminationLine]:
    try:
        proxy = find_proxy(base_url)
    except SettingsError as refused:
        yield _bad("proxy", str(refused))
        return
    if proxy:
        yield _good("proxy", f"requests go through {masked(proxy)}, which never sees the token")


def _examine_installations(search_path: str) -> Iterator[ExaminationLine]:
    """Name another installation that a bare `importer` would start: people upgrade one and run the other."""
    found = shutil.which("importer", path=search_path)
    here = Path(sys.executable).parent
    # pipx and uv put a link on the path that leads into the environment
    places = {Path(found).resolve().parent, Path(found).parent.resolve()} if found else set()
    if found and here.resolve() not in places:
        yield _warning(
            "version",
            f"this is {__version__} of {here}; `importer` on the path is {found}, "
            f"{_version_beside(Path(found)) or 'perhaps another version'}. Upgrade or remove one of the two",
        )
    else:
        yield _good("version", f"{__version__}, Python {sys.version_info.major}.{sys.version_info.minor}")


def _version_beside(script: Path) -> str:
    """Read which version a script starts, without starting it: whatever bears its name may be another program."""
    place = script.resolve().parent.parent
    for pattern in _INSTALLED:
        for found in place.glob(pattern):
            return found.name.removesuffix(".dist-info").rpartition("-")[2]
    return ""


def _examine_newest_run(state: Path) -> Iterator[ExaminationLine]:
    """Tell where this version cannot read what the last one wrote: a newer one was at work in this state folder."""
    from importer.state.folder import StateFolder
    from importer.state.journal import NeverBegunError

    if not (state / "runs").is_dir():
        return
    run_id = ""
    try:
        folder = StateFolder(state)
        if run_id := next(folder.newest_ids(), ""):
            folder.run(run_id)
    except NeverBegunError:  # killed in its first moment: there is nothing in it
        return
    except ImporterError as refused:
        yield _warning("runs", f"the newest, {run_id or 'of all'}, cannot be read: {refused}")
