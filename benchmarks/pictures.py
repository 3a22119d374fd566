"""The report's pictures in docs/guide.md, light and dark, made from an invented run; terminal_pictures.py makes the terminal's.

python benchmarks/pictures.py [FOLDER]        (default: benchmarks/pictures; needs a Chromium, or IMPORTER_CHROMIUM)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from invented_run import write_results

HOME = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1180, 1290


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "benchmarks" / "pictures"
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        with contextlib.chdir(work):  # so that the report shows the paths that people see
            report = Path(work) / write_results(Path()).report
        for name, scheme in (("report", 1), ("report-dark", 0)):
            photograph(report, folder / f"{name}.png", scheme=scheme)
    for path in sorted(folder.iterdir()):
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


def photograph(page: Path, picture: Path, *, scheme: int) -> None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("IMPORTER_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        sys.exit("No Chromium: install one, or name it in IMPORTER_CHROMIUM.")
    with tempfile.TemporaryDirectory() as profile:
        quiet = [
            f"--disable-{what}"
            for what in ("gpu", "quic", "sync", "background-networking", "component-update")
        ]
        subprocess.run(
            [
                found,
                "--headless",
                "--no-sandbox",
                "--no-first-run",
                "--hide-scrollbars",
                *quiet,
                f"--user-data-dir={profile}",
                f"--blink-settings=preferredColorScheme={scheme}",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


if __name__ == "__main__":
    main()
