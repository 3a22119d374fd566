"""The script that people write instead: pandas, one request a row, all gathered; no journal, no retry, no quota.

    HIGHLEVEL_TOKEN=... python benchmarks/pandas_script.py CONTACTS.csv BASE_URL LOCATION RESULTS.csv

benchmarks/whole_run.py runs it to compare. It does what such a script must, or the contacts would be wrong: phones
to E.164, dates to ISO, tags and custom fields, and a file that says what became of each row.
"""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
import pandas as pd
import phonenumbers

FIELDS = {
    "First Name": "firstName", "Last Name": "lastName", "Email": "email", "Phone": "phone", "Company": "companyName",
    "Street": "address1", "City": "city", "State": "state", "ZIP": "postalCode", "Website": "website",
    "Birthday": "dateOfBirth", "Gender": "gender", "Lead Source": "source", "Time zone": "timezone",
}  # fmt: skip
CUSTOM = ("Title", "Notes", "Shirt Size", "Interests", "Amount", "Owner Note")


def to_e164(text: str) -> str:
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def contact_of(row: pd.Series, location: str, ids: dict[str, str]) -> dict[str, object]:
    contact: dict[str, object] = {
        FIELDS[name]: value for name, value in row.items() if name in FIELDS and value
    }
    return contact | {
        "locationId": location,
        "country": "US",
        "tags": [tag.strip() for tag in row["Tags"].split(";")] + [row["Segment"]],
        "customFields": [{"id": ids[name], "field_value": row[name]} for name in CUSTOM if row[name]],
    }


async def main(path: str, base_url: str, location: str, results: str) -> None:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame["Birthday"] = pd.to_datetime(frame["Birthday"], format="%m/%d/%Y").dt.strftime("%Y-%m-%d")
    frame["Gender"] = frame["Gender"].map({"M": "male", "F": "female"})
    frame["Phone"] = frame["Phone"].map(to_e164)
    headers = {"Authorization": f"Bearer {os.environ['HIGHLEVEL_TOKEN']}", "Version": "2021-07-28"}
    few = asyncio.Semaphore(100)

    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{base_url}/locations/{location}/customFields?model=contact") as response:
            ids = {field["name"]: field["id"] for field in (await response.json())["customFields"]}

        async def post(row: pd.Series) -> tuple[str, str]:
            contact = contact_of(row, location, ids)
            async with few, session.post(f"{base_url}/contacts/upsert", json=contact) as response:
                if response.status >= 400:
                    return "failed", await response.text()
                reply = await response.json()
                return "created" if reply["new"] else "updated", reply["contact"]["id"]

        ends = await asyncio.gather(*(post(row) for _, row in frame.iterrows()))
    frame[["status", "contact_id"]] = ends
    frame.to_csv(results, index=False)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
