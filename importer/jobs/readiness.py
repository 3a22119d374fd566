"""What would keep jobs from working, found before their time comes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from importer.errors import CredentialsError, ImporterError, SettingsError
from importer.jobs.named_job import NamedJob, expanded
from importer.jobs.tokens import connection_of, job_token


def faults_of(jobs: Iterable[NamedJob], *, base_url: str, state: Path) -> Iterator[str]:
    """Tell what is wrong around each job: variables, token, mapping, channels. Nothing is sent or asked."""
    for named in jobs:
        if named.job.enabled:
            for fault in (
                *_faults_of(named),
                *_token_faults(named, base_url, state),
                *_mapping_faults(named),
            ):
                yield f"Job {named.name}: {fault}"


def _faults_of(named: NamedJob) -> Iterator[str]:
    texts = [named.job.source, named.job.location or ""]
    for channel in named.channels:
        texts += [channel.webhook or "", channel.heartbeat or "", channel.smtp or ""]
        if channel.email and not (channel.smtp or os.environ.get("SMTP_URL")):
            yield "No mail server: set SMTP_URL, or smtp: in the job file."
    for text in texts:
        try:
            expanded(text, os.environ)
        except SettingsError as missing:
            yield str(missing)


def _token_faults(named: NamedJob, base_url: str, state: Path) -> Iterator[str]:
    try:
        if job_token(connection_of(named, base_url=base_url, state=state)) is None:
            yield (
                "There is no token: store one with importer connect, set HIGHLEVEL_TOKEN, or name a token_file or a "
                "token_variable."
            )
    except (SettingsError, CredentialsError) as fault:
        yield str(fault)


def _mapping_faults(named: NamedJob) -> Iterator[str]:
    from importer.mapping import load_mapping

    try:
        load_mapping(named.mapping)
    except ImporterError as fault:
        yield str(fault)
