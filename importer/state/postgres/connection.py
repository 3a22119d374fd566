"""The one door to psycopg: connections that notice a dead peer, and errors in our words."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from importer.errors import SettingsError, StateError
from importer.runtime.installation import missing_extra
from importer.runtime.logs import logger_of
from importer.state.postgres.address import Address
from importer.state.postgres.dialect import ESCAPE, held, unheld
from importer.state.purpose import AlreadyThereError, DamagedError, Purpose

try:
    import psycopg
    from psycopg import RawCursor, RawServerCursor
    from psycopg.adapt import Buffer, Dumper, Loader
    from psycopg.pq import TransactionStatus
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import BytesBinaryDumper, StrDumperUnknown
except ImportError as missing:  # pragma: no cover  (the tests have the extra)
    raise SettingsError(missing_extra("State in Postgres", "postgres")) from missing

logger = logger_of(__name__)
Error = psycopg.Error

if TYPE_CHECKING:
    Connection = psycopg.Connection[tuple[Any, ...]]
else:
    Connection = psycopg.Connection

EXTRA: Final = "postgres"
# Ours are shorter than the server's: who is cut off is to know it before his locks are free.
_OURS: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "application_name": "importer",
    "client_encoding": "UTF8",
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8_000,
}
# By SET and not in the start packet, which poolers refuse to pass on.
_SERVERS: Final = """
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET tcp_user_timeout = 10000; SET client_min_messages = warning; SET TIME ZONE 'UTC';
SET standard_conforming_strings = on
"""
_UNREACHABLE: Final = (
    "cannot be reached",
    "See that the server is up and that the address is right, then {go_on}",
)
_LOST: Final = (
    "lost its connection",
    "Nothing that was written is lost. See that the server is up, then {go_on}",
)
_REFUSED: Final = (
    "refused who we are",
    "Give the right user and password: in IMPORTER_STATE, PGPASSWORD, a password file or a service file.",
)
_CAUSES: Final[dict[str, tuple[str, str]]] = {
    "08": _LOST,
    "28": _REFUSED,
    "3D": ("is not there", "Make the database (createdb), or name another one."),
    "42501": (
        "does not let this role do that",
        "Grant it what docs/machines.md lists, or let the owner of the database run this command once.",
    ),
    "42P06": ("cannot be made: it is there already", "Nothing was changed. Begin another one."),
    "53100": ("cannot be written: the server's disk is full", "Free some space there, then {go_on}"),
    "53300": ("has no connection left", "Raise max_connections, or stop other programs, then {go_on}"),
    "25006": ("cannot be written: it is a copy that only reads", "Name the primary server, then {go_on}"),
    "55P03": ("cannot be used: somebody else has it locked", "Wait for its end, then {go_on}"),
    "57P": _LOST,
    "XX001": ("is damaged", "{if_damaged}"),
    "XX002": ("is damaged", "{if_damaged}"),
}
_ALREADY_THERE: Final = "23505"
_UNKNOWN: Final = ("cannot be used", "Nothing that was written is lost. Once the cause is away, {go_on}")
_WARNED_OF: Final[set[str]] = set()


def connect(address: Address, purpose: Purpose) -> Connection:
    """Open a connection of its own, each statement of which is done at once unless a transaction is begun."""
    given: dict[str, Any] = {**_OURS}
    if address.password is not None:
        given["password"] = address.password.reveal()
    try:
        connection = psycopg.connect(address.text, autocommit=True, cursor_factory=RawCursor, **given)
        connection.execute(_SERVERS)
    except psycopg.Error as cause:
        raise state_error(cause, address=address, purpose=purpose, connecting=True) from None
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        connection.close()
        raise StateError(
            f"The database at {address.text} holds texts as {encoding}, which cannot hold every name. Make one with: "
            "createdb --encoding=UTF8 --template=template0"
        )
    _adapt(connection)
    _warn_of_open_line(connection, address)
    return connection


def is_idle(connection: Connection) -> bool:
    """Tell whether a connection stands, and nothing is under way on it."""
    return connection.info.transaction_status is TransactionStatus.IDLE


def says_nothing(connection: Connection) -> bool:
    """Tell whether a connection that nobody used for a while stands still, as far as this machine knows; the server is not asked."""
    try:
        for _ in range(2):  # its last words, and that it is gone
            connection.pgconn.consume_input()
    except Error:
        return False
    return is_idle(connection)


def closed_error() -> Error:
    """Give the error of a connection that is closed."""
    return psycopg.OperationalError("the connection is closed")


def long_answer(
    connection: Connection, name: str, statement: str, values: Sequence[Any], *, rows: int
) -> Iterator[Any]:
    """Go through an answer that stays with the server, so many rows at a time; other statements may come in between."""
    with RawServerCursor(connection, name, withhold=True) as cursor:
        cursor.itersize = rows
        cursor.execute(statement, values or None)
        yield from cursor


def _warn_of_open_line(connection: Connection, address: Address) -> None:
    host = connection.info.host
    if address.text in _WARNED_OF or connection.pgconn.ssl_in_use or _is_here(host):
        return
    _WARNED_OF.add(address.text)
    logger.warning(
        "The connection to %s is not encrypted: people's data and the password's hash can be read on the way. "
        "Add ?sslmode=verify-full to the address.",
        host,
    )


def _is_here(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def state_error(
    cause: psycopg.Error, *, address: Address, purpose: Purpose, connecting: bool = False
) -> StateError:
    """Say in a user's words why Postgres could not go on, and what to do next."""
    what, then = _cause_of(cause, connecting=connecting)
    if_damaged = f"{purpose.if_damaged} {purpose.without_it}".strip()
    then = then.format(go_on=purpose.go_on, if_damaged=if_damaged)
    said = " ".join(str(cause).split()) or type(cause).__name__
    finding = f"{purpose.title} at {address.text} {what} ({said})."
    if (cause.sqlstate or "").startswith(("XX001", "XX002")):
        return DamagedError(f"{finding} {then}", finding=finding)
    if cause.sqlstate == _ALREADY_THERE:
        return AlreadyThereError(f"{finding} {then}")
    return StateError(f"{finding} {then}")


def _cause_of(cause: psycopg.Error, *, connecting: bool) -> tuple[str, str]:
    code = cause.sqlstate or ""
    for known in (code, code[:3], code[:2]):
        if known in _CAUSES:
            return _CAUSES[known]
    if isinstance(cause, psycopg.OperationalError) and not code:
        if "authentication" in str(cause) or "password" in str(cause):
            return _REFUSED
        if connecting and "does not exist" in str(cause):
            return _CAUSES["3D"]
        return _UNREACHABLE if connecting else _LOST
    return _UNKNOWN


class _HeldText(StrDumperUnknown):
    """Texts that Postgres cannot hold are written by a rule."""

    def dump(self, obj: str) -> Buffer:
        return held(obj).encode()


class _AnyText(Loader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        return unheld(text) if ESCAPE in text else text


class _Truth(Dumper):
    """SQLite knows no truths, only numbers; neither do the columns that both have."""

    oid = psycopg.postgres.types["int8"].oid

    def dump(self, obj: bool) -> Buffer:  # noqa: FBT001  (psycopg's own)
        return b"1" if obj else b"0"


class _Sum(Loader):
    """Sums of whole numbers are of another type in Postgres."""

    def load(self, data: Buffer) -> int | float:
        text = str(data, "ascii")
        return float(text) if "." in text or not text.lstrip("-").isdigit() else int(text)


def _adapt(connection: Connection) -> None:
    adapters = connection.adapters
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _Truth)
    adapters.register_dumper(str, _HeldText)
    adapters.register_dumper(bytes, BytesBinaryDumper)  # as text it would be twice as long
    adapters.register_loader("text", _AnyText)
    adapters.register_loader("varchar", _AnyText)
    adapters.register_loader("numeric", _Sum)
