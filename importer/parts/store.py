"""What parts ask of the state: their lines, their rows, and the one journal on the connection that holds their location."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from importer.errors import SettingsError, StopError
from importer.mapping.suppression import Suppression
from importer.parts.limits import DoneSoFar
from importer.parts.splitting import SplitPart, part_file_name
from importer.parts.suppression import read_suppression_of, write_suppression
from importer.records import FileContent, Json, value_type
from importer.runtime.clock import Clock
from importer.runtime.private_files import write_private
from importer.state import StateFolder
from importer.state.journal import Journal, Run
from importer.state.kept_files import KeptFiles
from importer.state.parts import PartLine, PartState, RunParts, parts_in
from importer.state.postgres.address import Address
from importer.state.postgres.faces import face_around
from importer.state.remote import ending

if TYPE_CHECKING:
    from importer.state.journal.shared_writer import PartWriters

_ROWS: Final = "parts/"
_RESULTS: Final = "results/"
_SUPPRESSION: Final = "suppression"
_LISTS: Final = "attached/"
_CONTENTS: Final = "attached/files/"


@value_type(frozen=True, slots=True, kw_only=True)
class PartStore:
    """The state in Postgres, as far as it has to do with parts."""

    state: Path
    """The face folder on this machine."""
    address: Address
    clock: Clock | None = None
    writers: PartWriters | None = None
    """By which the parts of this process write, where it works on many: one session a run, which holds their locations."""

    @classmethod
    def at(
        cls,
        state: Path,
        *,
        needed_by: str,
        clock: Clock | None = None,
        writers: PartWriters | None = None,
    ) -> Self:
        """Find the Postgres behind a state folder. Raises SettingsError where there is none."""
        face = face_around(state)
        if face is None:
            raise SettingsError(
                f"{needed_by} needs state that all machines reach, and {state} is a folder of this one. Set "
                "IMPORTER_STATE=postgresql://host/database (docs/machines.md)."
            )
        return cls(state=state, address=face.address, clock=clock, writers=writers)

    @property
    def folder(self) -> StateFolder:
        return StateFolder(self.state, clock=self.clock)

    @property
    def results_folder(self) -> Path:
        """Where results are written that nobody named a folder for, before they are kept."""
        return self.state / "results"

    def run(self, run_id: str) -> Run:
        return self.folder.run(run_id)

    def match_id(self, wanted: str) -> str:
        return self.folder.match_id(wanted)

    # parts

    def lines(self, run_id: str) -> tuple[PartLine, ...]:
        """Tell how the parts of a run stand; none where one process works on all of it."""
        return parts_in(self._run_folder(run_id))

    def split(self, run_id: str, parts: Sequence[SplitPart]) -> None:
        """Write down what a run is split into. Raises StateError."""
        self.parts(run_id).split({part.location: part.rows for part in parts})

    def requeue(self, run_id: str, lines: Iterable[PartLine], *, again: Iterable[str] = ()) -> None:
        """Let parts be taken up again, whatever was wished of them before; ``again``: for their failed rows, too. Raises StateError."""
        stopped = [
            line.location for line in lines if line.state is PartState.STOPPED or line.wish is not None
        ]
        self.parts(run_id).requeue(stopped, again=again)

    def leave(self, run_id: str, lines: Iterable[PartLine], reason: StopError) -> None:
        """Let parts stand as stopped that are nobody's turn now. Raises StateError."""
        self.parts(run_id).leave([line.location for line in lines], str(reason), code=reason.code)

    def remember(self, run_id: str, options: Mapping[str, Json]) -> None:
        """Write down what workers go on with the run by from now on. Raises StateError."""
        self.parts(run_id).remember(options)

    def retryable(self, run_id: str) -> dict[str, int]:
        """Count by location the failed rows that are worth another try. Raises StateError."""
        return self.parts(run_id).retryable()

    def pending(self, run_id: str) -> int:
        """Count the rows of a run that have no outcome. Raises StateError."""
        with Journal.open(self._run_folder(run_id), thorough=False) as journal:
            return journal.counts().pending

    def wish(self, run_id: str) -> StopError | None:
        """Tell whether somebody wants a run to end, and why. Raises StateError."""
        wished = self.parts(run_id).wished()
        return ending(*next(iter(wished.values()))) if wished else None

    def progress(self, run_id: str) -> DoneSoFar:
        """Tell what all workers of a run did together. Raises StateError."""
        with Journal.open(self._run_folder(run_id), thorough=False) as journal:
            counts, requests = journal.counts(), journal.traffic().requests
        return DoneSoFar(requests=requests, settled=counts.read - counts.pending, failed=counts.failed)

    @contextlib.contextmanager
    def take(self, run_id: str, location: str) -> Iterator[Journal]:
        """Work on a part: its journal, written by the session that holds its location. Raises LocationHeldError."""
        parts = self.parts(run_id)
        with parts.take(location, clock=self.clock, thorough=False, writers=self.writers) as journal:
            yield journal

    # files

    def keep_rows(self, run_id: str, parts: Iterable[SplitPart]) -> None:
        """Keep the rows of each part where all machines reach them. Raises StateError."""
        self._files(run_id).put_all((f"{_ROWS}{part.path.name}", part.path) for part in parts)

    def rows(self, run_id: str, location: str) -> Path:
        """Bring the rows of a part to this machine. Raises StateError."""
        name = part_file_name(location)
        return self._files(run_id).fetch(f"{_ROWS}{name}", self._run_folder(run_id) / "parts" / name)

    def keep_suppression(self, run_id: str, suppression: Suppression) -> None:
        """Keep who is sent nothing where all machines reach it. Raises StateError."""
        path = self._run_folder(run_id) / _SUPPRESSION
        write_suppression(suppression, path)
        self._files(run_id).put(_SUPPRESSION, path)

    def knows_suppression(self, run_id: str) -> bool:
        """Tell whether it is kept who is sent nothing by a run. Raises StateError."""
        return _SUPPRESSION in self._files(run_id).names()

    def suppression(self, run_id: str) -> Suppression:
        """Bring who is sent nothing to this machine. Raises StateError."""
        path = self._run_folder(run_id) / _SUPPRESSION
        return read_suppression_of(self._files(run_id).fetch(_SUPPRESSION, path))

    @contextlib.contextmanager
    def keeping_attached(self, run_id: str) -> Iterator[Callable[[FileContent], None]]:
        """Keep files that rows name, once each by what they hold, where all machines reach them. Raises StateError."""
        files = self._files(run_id)
        kept = {name.removeprefix(_CONTENTS) for name in files.names() if name.startswith(_CONTENTS)}
        with tempfile.TemporaryDirectory(prefix="importer-") as folder, files.putting() as put:
            aside = Path(folder) / "file"

            def keep(file: FileContent) -> None:
                if file.digest not in kept:
                    write_private(aside, file.content)
                    put(f"{_CONTENTS}{file.digest}", aside)
                    kept.add(file.digest)

            yield keep

    def keep_attached(self, run_id: str, lists: Path) -> None:
        """Keep what each part's rows call the files that they name; those that are not in the folder stay as they are. Raises StateError."""
        self._files(run_id).put_all((f"{_LISTS}{path.name}", path) for path in lists.iterdir())

    @contextlib.contextmanager
    def attached(self, run_id: str, location: str) -> Iterator[Path]:
        """Bring the list of the files that a part's rows name to this machine, for as long as it is read. Raises StateError."""
        name = part_file_name(location)
        path = self._run_folder(run_id) / "parts" / f"attached-{name}"
        try:
            yield self._files(run_id).fetch(f"{_LISTS}{name}", path)
        finally:
            path.unlink(missing_ok=True)

    def attached_content(self, run_id: str, digest: str) -> bytes:
        """Give what a file that rows name held when the run was submitted. Raises StateError."""
        return self._files(run_id).content(f"{_CONTENTS}{digest}")

    def keep_results(self, run_id: str, folder: Path) -> None:
        """Keep the files of a run's results where all machines reach them. Raises StateError."""
        files = sorted(path for path in folder.iterdir() if path.is_file())
        self._files(run_id).put_all((f"{_RESULTS}{path.name}", path) for path in files)

    def parts(self, run_id: str) -> RunParts:
        """Give what writes and reads the lines of a run's parts."""
        return RunParts(self._run_folder(run_id))

    def _files(self, run_id: str) -> KeptFiles:
        return KeptFiles(self._run_folder(run_id))

    def _run_folder(self, run_id: str) -> Path:
        folder = self.folder.run_folder(run_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
