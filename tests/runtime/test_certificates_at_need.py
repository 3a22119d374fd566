"""The machine's certificates are read for whoever is asked over https, and for nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.highlevel.tls import make_certificate

OURS = "from importer.runtime.certificates import *\nread_certificates_at_need()\n"
IMPORTED = "import importer.highlevel.exchange\n"
TOLD = """
import os, ssl
from aiohttp import connector
contexts = [each for each in vars(connector).values() if isinstance(each, ssl.SSLContext)]
trusting = [each for each in contexts if each.verify_mode is ssl.CERT_REQUIRED]
print(*(each.cert_store_stats()["x509"] for each in trusting), os.environ.get("SSL_CERT_FILE"))
"""
A_TRANSFORM = """
from importer.mapping.transforms.own import find_function
find_function("json:loads")
"""
AN_OBJECT_STORE = """
from importer.errors import SourceError
from importer.sources.cloud import list_objects
try:
    list_objects("sftp://nobody@127.0.0.1:1/*")
except SourceError:
    pass
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def told(code: str, **environment: str) -> list[str]:
    here = {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**here, **environment}, capture_output=True, text=True, check=True
    )
    return ended.stdout.split()


def test_a_process_of_ours_imports_without_reading_them(certificate: Path) -> None:
    assert told(OURS + IMPORTED + TOLD, SSL_CERT_FILE=str(certificate)) == ["0", str(certificate)]


def test_a_variable_that_was_not_set_is_not_set_afterwards() -> None:
    assert told(OURS + IMPORTED + TOLD) == ["0", "None"]


def test_somebody_elses_process_finds_them_read_as_usual(certificate: Path) -> None:
    assert told(IMPORTED + TOLD, SSL_CERT_FILE=str(certificate)) == ["1", str(certificate)]


@pytest.mark.parametrize("other", ["read_certificates()", A_TRANSFORM, AN_OBJECT_STORE])
def test_they_are_read_for_others_who_may_use_the_library(certificate: Path, other: str) -> None:
    """Their connections are not ours: they trust what the library has read."""
    before, after = OURS + other + "\n" + IMPORTED, OURS + IMPORTED + other + "\n"
    for code in (before, after):
        assert told(code + TOLD, SSL_CERT_FILE=str(certificate)) == ["1", str(certificate)]
