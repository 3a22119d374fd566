"""How many files this process may have open: a run needs its databases, its sources, and a connection for each call."""

from __future__ import annotations

import sys
from typing import Final

from importer.errors import SettingsError

_LEAST: Final = 64
"""What a run opens at once beside its connections, with room for a few of those."""
_ENOUGH: Final = 4_096


def allow_open_files() -> None:
    """Raise this process' limit as far as it may; raises SettingsError where that is too little for a run."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < _LEAST:
        raise SettingsError(
            f"This process may have {soft} files open, and an import needs {_LEAST}. Raise the limit "
            "(`ulimit -n 1024`, or LimitNOFILE= of the service) and run again."
        )
