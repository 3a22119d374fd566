"""SFTP through fsspec, with the one thing changed that it leaves open: an unknown server is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from importer.errors import SourceError

CONNECT_SECONDS = 30.0


class KnownHostsFileSystem(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """fsspec's own takes any host key it is shown, so whoever sits between could read the contacts and the password."""

    @classmethod
    def for_url(cls, url: str) -> Self:
        """Connect as ssh would: ~/.ssh/config, known_hosts, the agent and the keys, or the password in the URL."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        config = _ssh_config(host)
        options: dict[str, Any] = {
            "port": parts.port or int(config.get("port", 22)),
            "username": unquote(parts.username) if parts.username else config.get("user"),
            "password": unquote(parts.password) if parts.password else None,
            "key_filename": config.get("identityfile"),
            "timeout": CONNECT_SECONDS,
            "banner_timeout": CONNECT_SECONDS,
            "auth_timeout": CONNECT_SECONDS,
        }
        return cls(config.get("hostname", host), skip_instance_cache=True, **options)

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(_Refuse())
        try:
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
        except Exception:
            self.client.close()
            raise

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super().open(path, mode, **options)
        # Without it each 32 KB waits for the one before: a round trip for every block.
        file.prefetch()
        return file

    def close(self) -> None:
        self.client.close()


class _Refuse(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002  (paramiko's signature)
        raise SourceError(
            f"The server {hostname} is not known: its {key.get_name()} key {key.fingerprint} is not in ~/.ssh/known_hosts. "
            "Compare the fingerprint with what the server's owner says, then connect once with ssh or sftp to add it."
        )


def _ssh_config(host: str) -> dict[str, Any]:
    path = Path.home() / ".ssh" / "config"
    if not path.is_file():
        return {}
    return dict(paramiko.SSHConfig.from_path(str(path)).lookup(host))
