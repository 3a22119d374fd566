"""A submitted run over the workers of a Dask cluster: python dask_parts.py tcp://scheduler:8786 RUN.

Dask forgets what it was doing when its scheduler ends; the journal does not. Start it again with the same run.
"""

from __future__ import annotations

import sys

from dask.distributed import Client, as_completed
from parting import parts_of, work_on


def main(scheduler: str, run: str) -> None:
    client = Client(scheduler)
    client.upload_file("parting.py")
    futures = [client.submit(work_on, run, location, pure=False, retries=20) for location in parts_of(run)]
    for future, counts in as_completed(futures, with_results=True):
        print(future.key, counts)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:3])
