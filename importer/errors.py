"""What can go wrong, filed by what happens next.

    ImporterError
    |-- SetupError            nothing was sent; mend the setup and run again     (exit 2)
    |   |-- SettingsError         flags, environment, files beside the mapping
    |   |-- MappingError          the mapping file, with every fault of it
    |   |-- SourceError           the file to import
    |   |-- CredentialsError      token, scope or location refused before the first row
    |   |-- MirrorError           a location's contacts cannot be read as they are
    |   |-- CertificateError      whoever answers first cannot prove to be the server that was asked
    |   `-- RunConflictError      another run holds the source, or it changed under a stopped run
    `-- StopError             some rows were sent; the run can be resumed        (exit 3)
        |-- QuotaSpentError       the daily allowance is used up
        |-- BudgetSpentError      --max-requests was reached
        |-- CredentialsLostError  the token stopped working in the middle
        |-- ServiceDownError      the vendor did not answer for too long
        |-- TrustLostError        somebody else answered in its place for too long
        |-- TooManyFailuresError  --stop-after-failures was reached
        |-- InterruptedRunError   SIGINT, SIGTERM or a closed console
        |-- PausedRunError        `importer pause`, from another process
        |-- TrialDoneError        the rows of --trial were sent, and are to be looked at
        `-- StateError            the journal or the disk under it failed

A fault of one row is no exception: it is a ``records.Fault`` and ends in that row's outcome.
Nothing outside this tree leaves a room: foreign exceptions are translated at the door that met them.
"""

from __future__ import annotations

from typing import ClassVar, Final


class ImporterError(Exception):
    """Work cannot go on. The message says what (with coordinates), why, and what to do next."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2


class SetupError(ImporterError):
    """Nothing was sent; the setup has to be mended first."""


class SettingsError(SetupError):
    """An option, a variable of the environment or a file beside the mapping cannot be used."""

    code = "settings"


class MappingError(SetupError):
    """The mapping cannot be used; ``faults`` holds one ``file:line:column: sentence`` for each fault."""

    code = "mapping"

    def __init__(self, message: str, *, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join((str(self.args[0]), *self.faults))


class SourceError(SetupError):
    """The source cannot be used.

    ``cells`` quotes what is the matter with it: people's data, for the eyes of whoever sits at the terminal, and no
    part of the message, which goes into logs and notices. ``sheets``: those of a workbook of which one has to be named.
    """

    code = "source"

    def __init__(self, message: str, *, cells: tuple[str, ...] = (), sheets: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.cells = cells
        self.sheets = sheets


class CredentialsError(SetupError):
    """The token, its scopes or the location were refused before the first row."""

    code = "credentials"


class MirrorError(SetupError):
    """A location's contacts cannot be read, or not all of them; what was read of it before stays as it is."""

    code = "mirror"


class CertificateError(SetupError):
    """Nothing is sent to a server that does not prove who it is; ``reason`` is what its certificate lacks."""

    code = "certificate"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class RunConflictError(SetupError):
    """Another run holds the source, or the source or the mapping changed under a stopped run."""

    code = "run_conflict"


class StopError(ImporterError):
    """The run stops here with all that was settled kept; ``importer resume`` goes on."""

    exit_code = 3


class QuotaSpentError(StopError):
    """The daily allowance is used up; it comes back with the vendor's next day."""

    code = "daily_quota_spent"


class BudgetSpentError(StopError):
    """As many requests as ``max_requests`` allows were sent."""

    code = "budget_spent"


class CredentialsLostError(StopError):
    """The token stopped working in the middle."""

    code = "credentials_lost"


class ServiceDownError(StopError):
    """The vendor did not answer for too long."""

    code = "service_down"


class TrustLostError(StopError):
    """Somebody who cannot prove to be the vendor answered in its place for too long."""

    code = "certificate"


class TooManyFailuresError(StopError):
    """As many rows failed as ``stop_after_failures`` allows."""

    code = "too_many_failures"


class InterruptedRunError(StopError):
    """A signal, a closed console or a cancelled task ended it."""

    code = "interrupted"


class PausedRunError(StopError):
    """``importer pause`` ended it, from another process."""

    code = "paused"


class TrialDoneError(StopError):
    """The rows of the trial were sent, and are to be looked at."""

    code = "trial_done"


LEFT_TO_PEOPLE: Final = frozenset({TrialDoneError.code, PausedRunError.code})
"""Why runs stopped that only a person goes on with: no job and no watched folder resumes them."""


class StateError(StopError):
    """The journal, or the disk under it, failed."""

    code = "state"
