"""A stand-in for S3, in a process of its own on loopback."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Final

ACCESS: Final = {
    "AWS_ACCESS_KEY_ID": "invented",
    "AWS_SECRET_ACCESS_KEY": "invented",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What a client has in its environment, beside AWS_ENDPOINT_URL_S3."""
_SIGNED: Final = "AWS4-HMAC-SHA256 Credential=invented/20261123/us-east-1/s3/aws4_request"


def put(url: str, content: bytes = b"") -> None:
    """Put an object, or make a bucket."""
    headers = {"Authorization": _SIGNED, "Content-Type": "text/csv"}
    request = urllib.request.Request(url, data=content, method="PUT", headers=headers)  # noqa: S310  (loopback)
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  (loopback)


@contextlib.contextmanager
def s3_on_loopback() -> Iterator[str]:
    """Run it, and give its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()  # noqa: S310  (loopback)
                    break
                except OSError:
                    time.sleep(0.1)  # a process of its own starts on the machine's clock
            yield url
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
