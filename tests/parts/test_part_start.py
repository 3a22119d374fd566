"""What a part asks of the server where it begins and ends: no more than it must, and nobody else waits for it meanwhile."""

from __future__ import annotations

import asyncio
from typing import Final

import psycopg
import pytest

from importer.state.journal import RunState
from importer.state.postgres.database import lock_key
from importer.state.postgres.schemas import run_schema
from importer.state.postgres.sessions import kept_sessions
from tests.parts.cluster import Cluster

MOST_EXCHANGES: Final = 67
"""59, and on a busy machine some of those that come each second. It was 122 as long as a run was opened to be looked at, and each look asked for the version of its tables; 73 as long as a session was
set for another schema at each turn, and each look asked whether that was there."""
_WAITING: Final = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"


@pytest.mark.parametrize("name", ["run", "importer_memory", "importer_key-holders"])
async def test_where_a_part_waits_for_a_lock_of_the_server_the_loop_goes_on(
    cluster: Cluster, name: str
) -> None:
    cluster.write({"A": 2, "B": 2})
    run_id = (await cluster.submit()).run_id
    await cluster.part(run_id, "B")  # from here on all tables are there
    schema = run_schema(run_id) if name == "run" else name
    with psycopg.connect(cluster.address.text, autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({lock_key('writer', schema)})")
        part = asyncio.ensure_future(cluster.part(run_id, "A"))
        # were it the loop that waits, this would not be asked before the part had given up
        while not part.done() and other.execute(_WAITING).fetchone() == (0,):  # noqa: ASYNC110  (a server is asked)
            await asyncio.sleep(0)
        assert not part.done()
        other.execute("SELECT pg_advisory_unlock_all()")
        assert (await part).state is RunState.FINISHED


async def test_a_part_asks_the_server_no_more_than_it_must(cluster: Cluster) -> None:
    cluster.write(dict.fromkeys("ABCDE", 2))
    run_id = (await cluster.submit()).run_id
    await cluster.part(run_id, "A")
    one = await exchanges(cluster, run_id, "B")
    assert (await exchanges(cluster, run_id, "CDE") - one) / 2 <= MOST_EXCHANGES


async def exchanges(cluster: Cluster, run_id: str, locations: str) -> int:
    """Carry out parts as a worker does, and count the transactions of the server; what a session did counts once it is closed."""
    before = transactions(cluster)
    with kept_sessions():
        for location in locations:
            await cluster.part(run_id, location)
    return transactions(cluster) - before


def transactions(cluster: Cluster) -> int:
    with psycopg.connect(cluster.address.text, autocommit=True) as looking:
        query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        found = looking.execute(query).fetchone()
    assert found is not None
    return int(found[0])
