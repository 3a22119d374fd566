"""Write the catalogue of codes into the README again; a test says when that is due."""

from __future__ import annotations

import re
from pathlib import Path

from importer.codes import catalogue_markdown

README = Path(__file__).parents[1] / "README.md"
SECTION = re.compile(r"(<!-- codes: begin [^\n]*-->\n).*?(<!-- codes: end -->)", re.DOTALL)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(
        SECTION.sub(lambda found: f"{found[1]}{catalogue_markdown()}\n{found[2]}", text), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
