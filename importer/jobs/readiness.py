"""What would keep jobs from working, found before their time comes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from importer.errors import ImporterError, SettingsError
from importer.jobs.named_job import NamedJob, expanded
from importer.jobs.turn import token_of


def faults_of(jobs: Iterable[NamedJob]) -> Iterator[str]:
    """Tell what is wrong around each job: variables, token, mapping, channels. Nothing is sent or asked."""
    for named in jobs:
        if named.job.enabled:
            for fault in _faults_of(named):
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
    yield from _token_faults(named)
    yield from _mapping_faults(named)


def _token_faults(named: NamedJob) -> Iterator[str]:
    try:
        if token_of(named) is None:
            yield "There is no token: set HIGHLEVEL_TOKEN, or name a token_file or a token_variable."
    except SettingsError as fault:
        yield str(fault)


def _mapping_faults(named: NamedJob) -> Iterator[str]:
    from importer.mapping import load_mapping

    try:
        load_mapping(named.mapping)
    except ImporterError as fault:
        yield str(fault)
