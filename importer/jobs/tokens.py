"""Where a job sends to and by which token: its own, that of its location (`importer connect` keeps it), or the one for all."""

from __future__ import annotations

from pathlib import Path

from importer.errors import SettingsError
from importer.highlevel.connections import ConnectionBook, token_of
from importer.jobs.named_job import NamedJob
from importer.runtime import environment
from importer.settings import Connection, Secret
from importer.state.secrets import secrets_in


def connection_of(named: NamedJob, *, base_url: str, state: Path, sandbox: bool = False) -> Connection:
    """Say where a job sends to. Raises SettingsError for a token that it names and that is not there."""
    job = named.job
    return Connection(
        base_url=base_url,
        token=_named_token(named),
        tokens=environment.read_tokens(),
        token_first=bool(job.token_variable or job.token_file),
        location_id=named.location_id,
        sandbox=sandbox,
        grants=secrets_in(state),
        api_version=job.api_version,
    )


def job_token(connection: Connection) -> Secret | None:
    """Choose a job's token; of one whose location stands in a column, whichever there is. Raises CredentialsError."""
    if connection.location_id is not None:
        return token_of(connection, connection.location_id)
    assert connection.grants is not None  # noqa: S101  (said by connection_of)
    known = (each.location_id for each in ConnectionBook(connection.grants).all())
    found = (token_of(connection, each) for each in (*connection.tokens, *known))
    return connection.token or next(filter(None, found), None)


def _named_token(named: NamedJob) -> Secret | None:
    """Find the token that a job names by file or variable, else HIGHLEVEL_TOKEN. Raises SettingsError."""
    job = named.job
    if job.token_variable:
        token = environment.variable_token(job.token_variable)
        if token is None:
            raise SettingsError(
                f"The environment variable {job.token_variable} of job {named.name} holds no token."
            )
        return token
    return environment.read_token(named.path(job.token_file) if job.token_file else None)
