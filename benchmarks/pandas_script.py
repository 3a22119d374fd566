"""The script that people write instead: pandas, one request a row, all gathered; no journal, no retry, no results.

    HIGHLEVEL_TOKEN=... python benchmarks/pandas_script.py CONTACTS.csv BASE_URL LOCATION

benchmarks/whole_run.py runs it to compare.
"""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
import pandas as pd

FIELDS = {
    "First Name": "firstName", "Last Name": "lastName", "E-mail": "email", "Company": "companyName",
    "Street": "address1", "City": "city", "State": "state", "ZIP": "postalCode", "Birthday": "dateOfBirth",
    "Lead Source": "source",
}  # fmt: skip


async def main(path: str, base_url: str, location: str) -> None:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame["Birthday"] = pd.to_datetime(frame["Birthday"], format="%m/%d/%Y").dt.strftime("%Y-%m-%d")
    headers = {"Authorization": f"Bearer {os.environ['HIGHLEVEL_TOKEN']}", "Version": "2021-07-28"}
    few = asyncio.Semaphore(100)

    async with aiohttp.ClientSession(headers=headers) as session:

        async def post(row: pd.Series) -> str:
            contact = {FIELDS[name]: value for name, value in row.items() if name in FIELDS and value}
            contact |= {
                "locationId": location,
                "country": "US",
                "tags": [tag.strip() for tag in row["Tags"].split(";")],
            }
            async with few, session.post(f"{base_url}/contacts/upsert", json=contact) as response:
                response.raise_for_status()
                return (await response.json())["contact"]["id"]

        ids = await asyncio.gather(*(post(row) for _, row in frame.iterrows()))
    print(len(ids))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
