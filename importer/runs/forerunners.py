"""The runs whose failed rows another run took up: their files tell what became of them."""

from __future__ import annotations

from pathlib import Path

from importer.errors import ImporterError
from importer.results.amending import amend
from importer.results.commands import NextCommands
from importer.results.files import RunFiles
from importer.runtime.logs import logger_of
from importer.state.journal import Journal
from importer.state.lineage import corrections_since, forerunners_of, nothing_since
from importer.state.written import WrittenFiles

logger = logger_of(__name__)


def amend_forerunners(run_folder: Path, commands: NextCommands) -> None:
    """Tell in the files of the runs whose rows a run's were what became of them, by it or since it was taken back."""
    for run_id in forerunners_of(run_folder):
        folder = run_folder.with_name(run_id)
        try:
            with Journal.open(folder, thorough=False) as journal:
                since = corrections_since(folder, journal) or nothing_since(folder, journal)
                results = Path(str(journal.run.options["output"])) / run_id
            if since is not None:
                amend(RunFiles(results, WrittenFiles(folder)), since, commands)
        except (ImporterError, OSError, ValueError, KeyError) as cause:
            logger.warning("The files of run %s do not tell yet what was corrected since: %s", run_id, cause)
