"""Pages of the site that lie outside of docs/: they join it, and links between them stay what they are."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/highlevel-importer/highlevel-importer/blob/main"
JOINING = {
    "docs/.site/front.md": "index.md",
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "mappings/README.md": "mappings.md",
    "examples/README.md": "examples.md",
}
"""By their place in the repository, the page that they are."""
_PLACES = {page: place for place, page in JOINING.items()}
_LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(\))")
_PICTURE = re.compile(r'((?:src|srcset)=")(?![a-z]+:)([^"#]+)()(")')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere, and the pictures that they show."""
    for place, page in JOINING.items():
        files.append(File.generated(config, page, content=(ROOT / place).read_text(encoding="utf-8")))
    for picture in sorted((ROOT / "benchmarks" / "pictures").iterdir()):
        files.append(File.generated(config, f"pictures/{picture.name}", content=picture.read_bytes()))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  (the hook's form)
    """Let links lead to pages of the site, and to the repository where there is none."""
    place = _PLACES.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def led(found: re.Match[str]) -> str:
        before, target, anchor, after = found.groups()
        return f"{before}{_target(place, target)}{anchor or ''}{after}"

    return _PICTURE.sub(led, _LINK.sub(led, markdown))


def _target(place: str, link: str) -> str:
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
    if meant in JOINING:
        return JOINING[meant]
    if meant.startswith("docs/"):
        return meant.removeprefix("docs/")
    if meant.startswith("benchmarks/pictures/"):
        return meant.removeprefix("benchmarks/")
    return f"{REPOSITORY}/{meant}"
