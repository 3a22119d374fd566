"""The terminal's pictures in docs/: what check, run and show leave on a real terminal, drawn as SVG.

python benchmarks/terminal_pictures.py [FOLDER]        (default: benchmarks/pictures)
"""

from __future__ import annotations

import html
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

HOME = Path(__file__).resolve().parent.parent
SHOTS = {
    "terminal-check": (
        "check sample_data/newsletter.csv -m mappings/sample-newsletter.yaml",
        "A look at a file before anything is sent: how many rows would fail, by cause, with what to do about each",
    ),
    "terminal": (
        "run sample_data/crm-export.xlsx -m mappings/sample-crm.yaml --sandbox",
        "The terminal after an import into the sandbox: counts, causes, where the files are, the command to type next",
    ),
    "terminal-show": ("show", "One past import: where it went, who began it, how its rows ended"),
}
"""By the name of the picture: what is typed, one after the other, and what is to be seen."""
COLUMNS = 110
COLOURS = {"31": "#ff7b72", "32": "#56d38a", "33": "#e3b341", "36": "#6cb6ff"}
STYLE = re.compile(r"\x1b\[([0-9;]*)m")
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-LN-Za-ln-z]")
LETTER, LINE, EDGE = 8.43, 20, 22


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "benchmarks" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures().items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        print(f"{folder / name}.svg  {len(picture) / 1000:.0f} kB")


def pictures() -> dict[str, str]:
    """Type all commands in one folder, and draw what each left on the terminal."""
    with tempfile.TemporaryDirectory() as work:
        for name in ("sample_data", "mappings"):
            (Path(work) / name).symlink_to(HOME / name)
        return {
            name: drawn(command, title, typed(Path(work), command))
            for name, (command, title) in SHOTS.items()
        }


def typed(work: Path, command: str) -> str:
    """Run a command of the importer on a terminal and take down what it leaves there; nothing of this machine shows."""
    parent, child = pty.openpty()
    ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
    }
    said = {"IMPORTER_STATE": str(work / "state"), "FORCE_COLOR": "1", "LANG": "C.UTF-8", "LOGNAME": "ann"}
    environment = {**kept, **said}
    environment.pop("NO_COLOR", None)
    run = subprocess.Popen(
        [sys.executable, "-m", "importer", *command.split()],
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
    told = shown.decode().replace(f"@{socket.gethostname()}", "@desk")
    return told.replace(str(work / "state"), "/home/ann/.local/state/highlevel-importer")


def received(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux's way to say that the other side is gone
            return
        if not part:
            return
        yield part


def drawn(command: str, title: str, shown: str) -> str:
    """Draw what stands on the terminal in the end as an SVG."""
    lines = [f"\x1b[1m$ importer {command}\x1b[0m"]
    for line in carried(MOVES.sub("", shown).replace("\r\n", "\n").rstrip().split("\n")):
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
        f"<title>{html.escape(title)}</title>\n"
        "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "fill:#d7dee7}.bold{font-weight:700;fill:#fff}.dim{fill:#8b97a5}"
        + "".join(f".c{code}{{fill:{colour}}}" for code, colour in COLOURS.items())
        + f'</style>\n<rect width="100%" height="100%" rx="10" fill="#151b23"/>\n{rows}\n</svg>\n'
    )


def carried(lines: list[str]) -> Iterator[str]:
    """Let each line say the style by itself that a line before it began."""
    style = ""
    for line in lines:
        yield f"\x1b[{style}m{line}\x1b[0m" if style else line
        said = STYLE.findall(line)
        style = said[-1] if said else style
        style = "" if style == "0" else style


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
