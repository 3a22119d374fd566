"""The parts of a workbook that is a zip archive, opened one by one; whatever is wrong with it is a SourceError."""

from __future__ import annotations

import codecs
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree as ET

from importer.errors import SourceError
from importer.reading.limits import refuse_bombs
from importer.reading.zip_files import DAMAGE
from importer.runtime.regex import regex

_CHUNK: Final = 1 << 18
_DAMAGE: Final[tuple[type[Exception], ...]] = (*DAMAGE, ET.ParseError)
_DECLARATION: Final = regex(r"\A\ufeff?\s*<\?xml[^>]*\?>")


class Archive:
    """A workbook's file and the parts in it; their names are compared without regard to case."""

    def __init__(self, place: Path, *, name: str) -> None:
        self.name = name
        self._place = place
        with self.opened() as archive:
            refuse_bombs(archive.infolist(), name)
            self._parts = {entry.filename.lower().lstrip("/"): entry.filename for entry in archive.infolist()}

    @contextmanager
    def opened(self) -> Iterator[zipfile.ZipFile]:
        """Open the archive; whatever is wrong with it comes out as a SourceError."""
        with self.translated(), zipfile.ZipFile(self._place) as archive:
            yield archive

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Make a SourceError of whatever a damaged part raises."""
        try:
            yield
        except _DAMAGE as cause:
            raise self.damaged(cause) from None

    def damaged(self, cause: Exception) -> SourceError:
        return SourceError(
            f"{self.name} is a damaged or incomplete workbook ({type(cause).__name__}: {str(cause)[:120]}). "
            "Download or export it again, or open it in a spreadsheet and save it under a new name."
        )

    def stream(self, archive: zipfile.ZipFile, part: str) -> IO[bytes]:
        return archive.open(self._parts[part.lower().lstrip("/")])

    def chunks(self, archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
        """Inflate one part, chunk by chunk."""
        with self.stream(archive, part) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def text(self, archive: zipfile.ZipFile, part: str) -> Iterator[str]:
        """Decode one part, chunk by chunk."""
        decoder: codecs.IncrementalDecoder | None = None
        for chunk in self.chunks(archive, part):
            if decoder is None:
                decoder = codecs.getincrementaldecoder(_xml_encoding(chunk))("strict")
            yield decoder.decode(chunk)
        if decoder is not None:
            yield decoder.decode(b"", final=True)

    def has(self, part: str | None) -> bool:
        return part is not None and part.lower().lstrip("/") in self._parts

    def tree(self, archive: zipfile.ZipFile, part: str) -> ET.Element:
        """Parse a small part whole, with the main namespace taken off its names."""
        text = "".join(self.text(archive, part))
        refuse_entities(text, self.name)
        root = ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314  (entities were refused above)
        for element in root.iter():
            if isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]
        return root

    def main_part(self, archive: zipfile.ZipFile, usual: str) -> str:
        """Find the part that the package names as its document."""
        if self.has("_rels/.rels"):
            for relation in self.tree(archive, "_rels/.rels"):
                if relation.get("Type", "").endswith("/officeDocument"):
                    return relation.get("Target", "").lstrip("/")
        return usual

    def relations_of(self, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
        """List what a part relates to: by id, the kind and the other part."""
        folder = posixpath.dirname(part)
        rels = self.relations_part(part)
        if rels is None:
            return {}
        return {
            one.get("Id", ""): (one.get("Type", ""), _resolve(folder, one.get("Target", "")))
            for one in self.tree(archive, rels)
        }

    def relations_part(self, part: str) -> str | None:
        """Name the part that lists what a part relates to, where it has one."""
        folder, leaf = posixpath.split(part)
        rels = f"{folder}/_rels/{leaf}.rels".lstrip("/")
        return rels if self.has(rels) else None

    def part_of_kind(self, relations: dict[str, tuple[str, str]], kind: str) -> str | None:
        """Find the part that is related as ``kind``: ``sharedStrings``, ``styles``."""
        found = [target for what, target in relations.values() if what.endswith("/" + kind)]
        return next((target for target in found if self.has(target)), None)


def refuse_entities(text: str, name: str) -> None:
    """Refuse XML that declares entities: no workbook does, and they can grow without end."""
    if "<!DOCTYPE" in text[:4096] or "<!ENTITY" in text[:4096]:
        raise SourceError(
            f"{name} is not a workbook that a spreadsheet wrote: its XML declares entities. It was not read."
        )


def _xml_encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._\-]+)", head)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    return "utf-8-sig" if name in {"utf-8", "utf8"} else name


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))
