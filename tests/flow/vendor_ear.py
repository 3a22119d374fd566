"""What a vendor gets to hear: a door before a sandbox that keeps what it was told."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Ear(ThreadingHTTPServer):
    """Passes every request on, and what comes back.

    ``stored`` holds the payloads of calls that store a contact, in the order in which they came; ``versions`` the
    versions that were spoken.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target = urlsplit(target)
        self.stored: list[dict[str, Any]] = []
        self.versions: set[str | None] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Ear

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.versions.add(self.headers.get("Version"))
        if self.is_storing() and body:
            self.server.stored.append(json.loads(body))
        onward = http.client.HTTPConnection(str(self.server.target.hostname), self.server.target.port or 80)
        headers = {
            name: value for name, value in self.headers.items() if name not in ("Host", "Accept-Encoding")
        }
        onward.request(self.command, self.path, body, headers)
        reply = onward.getresponse()
        content = reply.read()
        onward.close()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def is_storing(self) -> bool:
        parts = self.path.strip("/").split("/")
        return parts[0] == "contacts" and len(parts) < 3 and self.command in ("POST", "PUT")

    do_GET = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815  (the library's own names)


@contextmanager
def ear_before(target: str) -> Iterator[Ear]:
    ear = Ear(target)
    thread = threading.Thread(target=ear.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        ear.shutdown()
        ear.server_close()
        thread.join()
