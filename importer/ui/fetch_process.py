"""The process that copies a file from an address: one line of JSON in, one out. It has no token.

What it copies is somebody else's: it is read by another process, and this one is ended where it takes too long.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from importer.errors import ImporterError
from importer.records import Json
from importer.sources import is_url, stage


def fetched(address: str, folder: Path) -> dict[str, Json]:
    """Copy the file of an address into a folder; say under which name, or why not."""
    if not is_url(address):  # a path of this computer is never taken from a request
        return {"refused": "That is no address: it begins with https://, s3://, gs:// or sftp://."}
    try:
        staged = stage(address, folder, 0)
    except ImporterError as cause:
        return {"refused": str(cause)}
    return {"name": staged.name, "file": str(staged.path)}


def main() -> None:
    """Answer the one question of standard input."""
    asked = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(fetched(asked["address"], Path(asked["folder"])), ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
