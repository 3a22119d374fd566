"""What the arguments of a call come to: sources, mapping, connection, settings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from importer.api.options import Given, Layout, OfARun, Reference, Rows
from importer.errors import SettingsError
from importer.mapping import Mapping
from importer.reading import Source
from importer.runtime import environment
from importer.settings import Connection, FailureLimit, OpenHours, ReadingOptions, RunSettings, location_in
from importer.state.place import state_folder

Sources: TypeAlias = Reference | Iterable[Reference]


def loaded(mapping: Mapping | Reference) -> Mapping | None:
    """Give a mapping that is loaded; None where it is named, and yet to be read."""
    return mapping if isinstance(mapping, Mapping) else None


def run_settings(source: Sources, mapping: Mapping | Reference, given: Given) -> RunSettings:
    """Put a run's settings together. Raises SettingsError."""
    return RunSettings(
        sources=sources(source),
        mapping=Path(mapping.name) if isinstance(mapping, Mapping) else mapping_path(mapping),
        connection=connection(given),
        reading=reading(given),
        state=state(given),
        **session(given),
        **of_a_run(given),
    )


def sources(named: object) -> tuple[str, ...]:
    """Name the sources of a call. Raises SettingsError for what is none, rows in memory among it."""
    if isinstance(named, str | os.PathLike):
        return (os.fspath(named),)
    if isinstance(named, Source) or hasattr(named, "to_csv"):
        raise SettingsError(
            "Rows in memory are not imported: a run has to be resumed, and its results written, when they are gone. Write "
            'them to a file, as in frame.to_csv("contacts.csv", index=False), and give its path.'
        )
    each = tuple(named) if isinstance(named, Iterable) and not isinstance(named, bytes) else ()
    if not each or not all(isinstance(one, str | os.PathLike) for one in each):
        raise SettingsError(
            f"{_shown(named)} names no source: give a path, a pattern or a URL, or a list of them."
        )
    return tuple(os.fspath(one) for one in each)


def mapping_path(named: object) -> Path:
    """Name the file of a mapping. Raises SettingsError for what is neither a loaded mapping nor a name."""
    if isinstance(named, str | os.PathLike) and os.fspath(named):
        return Path(named)
    if hasattr(named, "to_yaml"):
        raise SettingsError(
            "A suggestion is no mapping yet: every line of it is a guess. Write suggestion.to_yaml() to a file, read it, and "
            "give its path."
        )
    raise SettingsError(
        f"{_shown(named)} is no mapping: give a path, the name of a ready mapping, or what importer.load_mapping returns."
    )


def _shown(named: object) -> str:
    return f"A {type(named).__name__}" if named is not None else "None"


def connection(given: Given) -> Connection:
    """Gather where to and as whom; what is not given, the environment says."""
    token: str | None = given.get("token")
    sandbox: bool = given.get("sandbox", False)
    base = Connection(
        base_url=environment.base_url(given.get("base_url")),
        location_id=given.get("location_id"),
        sandbox=sandbox,
        api_version=given.get("api_version"),
    )
    if token is not None:
        return replace(base, token=environment.one_token(token, "token="), token_first=True)
    return (
        base if sandbox else replace(base, token=environment.read_token(), tokens=environment.read_tokens())
    )


def location(said: str | None) -> str:
    """Name a location. Raises SettingsError."""
    found = said or environment.location_id()
    if not found:
        raise SettingsError("No location is named. Give its id, or set HIGHLEVEL_LOCATION_ID.")
    return location_in(found)


def reading(given: Given) -> ReadingOptions:
    layout = {name: given[name] for name in Layout.__annotations__ if name in given}
    password: str | None = given.get("password")
    return ReadingOptions(
        **layout,
        password=environment.given_password(password) if password else environment.source_password(),
    )


def state(given: Given) -> Path:
    named = given.get("state")
    return state_folder(named)


def session(given: Given) -> Given:
    """Name the fields of RunSettings that a resumed run may have otherwise than it began; only those given."""
    names = ("results_format", "concurrency", "wait_for_quota", "max_requests", "over_newer")
    fields = {name: given[name] for name in names if name in given}
    if "output" in given:
        fields["output"] = Path(given["output"])
    if "send_window" in given:
        fields["send_window"] = _open_hours(given["send_window"])
    if "stop_after_failures" in given:
        fields["stop_after_failures"] = _failure_limit(given["stop_after_failures"])
    return fields


def of_a_begun_run(given: Given) -> Given:
    """Name the arguments by which a run that began is found, and gone on with or taken back."""
    return {"state_path": state(given), "connection": connection(given), "reading": reading(given)}


def of_a_run(given: Given) -> Given:
    """Name the fields of RunSettings that a run is given once and for all; only those given."""
    fields = {name: given[name] for name in (*Rows.__annotations__, *OfARun.__annotations__) if name in given}
    if "only_rows" in fields:  # `rows` is how many a preview shows
        fields["rows"] = fields.pop("only_rows")
    return {**fields, **{name: Path(fields[name]) for name in _PATHS if name in fields}}


_PATHS: Final = ("metrics_file", "corrections", "rows")


def _open_hours(said: str) -> OpenHours:
    try:
        return OpenHours.parse(said)
    except ValueError as wrong:
        raise SettingsError(f"send_window: {wrong}") from None


def _failure_limit(said: FailureLimit | int | str) -> FailureLimit:
    if isinstance(said, FailureLimit):
        return said
    try:
        return FailureLimit.parse(str(said))
    except ValueError as wrong:
        raise SettingsError(f"stop_after_failures: {wrong}") from None
