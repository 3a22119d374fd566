"""The sub-accounts of agencies that were connected, as far as our app is installed in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from importer.errors import CredentialsError
from importer.highlevel.auth import GrantTokens
from importer.highlevel.calls import Call
from importer.highlevel.grants import GrantBook, StoredGrant
from importer.highlevel.reply import ReplyKind
from importer.records import value_type

_PAGE: Final = 100
_INSTALLED_PATH: Final = "/oauth/installedLocations"


@value_type(frozen=True, slots=True, kw_only=True)
class AgencyLocation:
    """One sub-account of an agency."""

    location_id: str
    name: str
    address: str
    company_id: str


def list_installed(company_id: str, client_id: str, *, search: str, skip: int, limit: int) -> Call:
    """Name the call that lists where an app is installed; an app's id is what stands before the dash of its client's."""
    wanted = {
        "companyId": company_id,
        "appId": client_id.partition("-")[0],
        "isInstalled": "true",
        "skip": skip,
        "limit": limit,
    }
    return Call(
        method="GET", path=f"{_INSTALLED_PATH}?{urlencode(wanted | ({'query': search} if search else {}))}"
    )


async def agency_locations(
    book: GrantBook, tokens: GrantTokens, *, search: str = "", most: int
) -> list[AgencyLocation]:
    """List the sub-accounts of all agencies that were connected, by name: those alone that hold ``search``, ``most`` at most.

    Raises CredentialsError where one cannot be asked.
    """
    found: list[AgencyLocation] = []
    for vault in book.agencies():
        found += await _of_agency(vault, tokens, search=search, most=most)
    return sorted(found, key=lambda each: (each.name.casefold(), each.location_id))[:most]


async def _of_agency(
    vault: StoredGrant, tokens: GrantTokens, *, search: str, most: int
) -> list[AgencyLocation]:
    grant = vault.read()
    company_id = grant.company_id or ""
    found: dict[str, AgencyLocation] = {}
    for skip in range(0, most, _PAGE):
        call = list_installed(company_id, grant.client_id, search=search, skip=skip, limit=_PAGE)
        reply = await tokens.ask_as_agency(vault, call)
        if reply.kind is not ReplyKind.DONE:
            raise CredentialsError(
                f"The sub-accounts of agency {company_id} cannot be listed: “{reply.words}” ({reply.status}). See that the app "
                "has the scope oauth.readonly, or connect the agency again: importer login --agency."
            )
        page = list(_listed(reply.body, company_id))
        found |= {each.location_id: each for each in page}
        if len(page) < _PAGE:
            break
    return list(found.values())


def _listed(body: Mapping[str, Any], company_id: str) -> Iterator[AgencyLocation]:
    listed = body.get("locations")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("_id"), str):
            name, address = (str(each.get(key) or "") for key in ("name", "address"))
            yield AgencyLocation(location_id=each["_id"], name=name, address=address, company_id=company_id)
