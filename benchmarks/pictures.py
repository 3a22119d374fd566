"""The pictures of docs/guide.md: the report in light and dark, and the terminal, each made from a run.

python benchmarks/pictures.py [FOLDER]        (default: benchmarks/pictures; needs a Chromium, or IMPORTER_CHROMIUM)
"""

from __future__ import annotations

import contextlib
import html
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

from invented_run import write_results

HOME = Path(__file__).resolve().parent.parent
COMMAND = ["run", "sample_data/crm-export.xlsx", "-m", "mappings/sample-crm.yaml", "--sandbox"]
COLUMNS = 110
WIDTH, HEIGHT = 1180, 1290
COLOURS = {"31": "#ff7b72", "32": "#56d38a", "33": "#e3b341", "36": "#6cb6ff"}
STYLE = re.compile(r"\x1b\[([0-9;]*)m")
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-LN-Za-ln-z]")
LETTER, LINE, EDGE = 8.43, 20, 22


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "benchmarks" / "pictures"
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        with contextlib.chdir(work):  # so that the report shows the paths that people see
            report = Path(work) / write_results(Path()).report
        for name, scheme in (("report", 1), ("report-dark", 0)):
            photograph(report, folder / f"{name}.png", scheme=scheme)
    with tempfile.TemporaryDirectory() as work:
        shown = typed(Path(work))
    (folder / "terminal.svg").write_text(drawn(shown), encoding="utf-8")
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


def typed(work: Path) -> str:
    """Run the README's command on a terminal and take down what it leaves there."""
    for name in ("sample_data", "mappings"):
        (work / name).symlink_to(HOME / name)
    parent, child = pty.openpty()
    ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {**os.environ, "IMPORTER_STATE": str(work / "state"), "FORCE_COLOR": "1", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    run = subprocess.Popen(
        [sys.executable, "-m", "importer", *COMMAND],
        cwd=work,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    shown = b"".join(received(parent))
    run.wait()
    os.close(parent)
    return shown.decode()


def received(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux's way to say that the other side is gone
            return
        if not part:
            return
        yield part


def drawn(shown: str) -> str:
    """Draw what stands on the terminal in the end as an SVG."""
    lines = [f"\x1b[1m$ importer {' '.join(COMMAND)}\x1b[0m"]
    for line in MOVES.sub("", shown).replace("\r\n", "\n").rstrip().split("\n"):
        left = last_written(line)
        lines += [left] if STYLE.search(left) else textwrap.wrap(left, COLUMNS, drop_whitespace=False) or [""]
    width = max(len(STYLE.sub("", line)) for line in lines) * LETTER + 2 * EDGE
    height = len(lines) * LINE + 2 * EDGE
    rows = "\n".join(
        f'<text x="{EDGE}" y="{EDGE + 14 + index * LINE}" xml:space="preserve">{"".join(spans(line))}</text>'
        for index, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" role="img">\n'
        "<title>The terminal after the first import</title>\n"
        "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "fill:#d7dee7}.bold{font-weight:700;fill:#fff}.dim{fill:#8b97a5}"
        + "".join(f".c{code}{{fill:{colour}}}" for code, colour in COLOURS.items())
        + f'</style>\n<rect width="100%" height="100%" rx="10" fill="#151b23"/>\n{rows}\n</svg>\n'
    )


def last_written(line: str) -> str:
    """What is left of a line that was written over and over."""
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")


def spans(line: str) -> Iterator[str]:
    name = ""
    for index, part in enumerate(STYLE.split(line)):
        if index % 2:
            name = {"1": "bold", "2": "dim", "0": "", "": ""}.get(part, f"c{part}")
        elif part:
            text = html.escape(part, quote=False)
            yield f'<tspan class="{name}">{text}</tspan>' if name else text


if __name__ == "__main__":
    main()
