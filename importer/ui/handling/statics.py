"""Scripts, styles and the texts of the pages; a fixed list, so that no address becomes a path."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from importer.ui.guard import Kind
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest

_PAGES: Final = Path(__file__).parents[1] / "pages"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}


async def static(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    name = asked.named["name"]
    if name == "words.js":
        return ScreenReply(kind=Kind.STATIC, content_type="text/javascript", body=screen.words.as_script())
    return _served(_files("static"), name)


async def vendored(_: Screen, asked: ScreenRequest) -> ScreenReply:
    return _served(_files("vendor"), asked.named["name"])


def _served(files: dict[str, Path], name: str) -> ScreenReply:
    if (path := files.get(name)) is None:
        raise RefusedRequestError(404, "There is nothing at this address.")
    # Without a length of life a browser asks each time: after an update nobody runs yesterday's script.
    headers = {"Cache-Control": "no-cache"}
    return ScreenReply(
        kind=Kind.STATIC, content_type=_TYPES[path.suffix], body=path.read_bytes(), headers=headers
    )


@cache
def _files(folder: str) -> dict[str, Path]:
    return {path.name: path for path in (_PAGES / folder).iterdir() if path.suffix in _TYPES}
