"""A certificate that is not trusted: at first contact the setup's fault, later an outage that may pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from importer.errors import CertificateError, TrustLostError
from importer.highlevel.calls import Call
from importer.highlevel.client import LostReply, RawReply
from importer.records import Status
from importer.settings import Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, send_on_paper

WHY = "the server's certificate is not trusted (self-signed certificate)"
MINUTE = 60.0


class Portal(PaperVendor):
    """A vendor in whose place a sign-in page answers, as long as ``shut`` says so of the time and the requests."""

    def __init__(self, shut: Callable[[float, int], bool]) -> None:
        super().__init__()
        self._shut = shut
        self.turned_away: list[float] = []

    async def request(self, call: Call, token: Secret | None) -> RawReply | LostReply:  # type: ignore[override]  # a door's own signature
        now = asyncio.get_running_loop().time()
        if not self._shut(now, len(self.calls)):
            return await super().request(call, token)
        self.turned_away.append(now)
        return LostReply(reason=WHY, sent=False, sent_at=now, received_at=now, certificate=True)


class Renewable:
    """Tokens of a grant whose renewal meets the portal too."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.asked = 0

    async def token(self, location_id: str) -> Secret:
        assert location_id == PLACE
        now = asyncio.get_running_loop().time()
        if self._portal._shut(now, len(self._portal.calls)):
            self.asked += 1
            raise CertificateError("said elsewhere", reason=WHY)
        return Secret("pit-paper")

    async def renew(self, location_id: str, refused: Secret) -> bool:
        await self.token(location_id)
        return refused.reveal() != ""


def send(portal: Portal, rows: int, *, journal: MemoryJournal, tokens: Renewable | None = None) -> float:
    return send_on_paper(portal, rows, journal=journal, tokens=tokens)


def test_at_first_contact_it_ends_at_once_and_says_what_to_mend() -> None:
    portal = Portal(lambda _, __: True)
    with pytest.raises(CertificateError, match=r"self-signed certificate.*SSL_CERT_FILE") as caught:
        send(portal, 10, journal=MemoryJournal())
    assert (caught.value.exit_code, caught.value.code) == (2, "certificate")
    assert len(portal.turned_away) == 1


def test_at_first_contact_a_grant_that_cannot_be_renewed_ends_it_as_well() -> None:
    portal = Portal(lambda _, __: True)
    tokens = Renewable(portal)
    with pytest.raises(CertificateError, match="is sent nothing"):
        send(portal, 10, journal=MemoryJournal(), tokens=tokens)
    assert tokens.asked == 1


@pytest.mark.parametrize("rows", [1, 300])
def test_later_it_is_probed_for_a_quarter_of_an_hour_and_then_the_run_can_be_resumed(rows: int) -> None:
    portal = Portal(lambda _, requests: requests >= 1 + rows // 2)
    journal = MemoryJournal()
    with pytest.raises(
        TrustLostError, match=r"self-signed certificate.*15 minutes.*importer resume"
    ) as caught:
        send(portal, rows, journal=journal)
    assert (caught.value.exit_code, caught.value.code) == (3, "certificate")
    assert {each.status for each in journal.outcomes.values()} <= {Status.CREATED}, "no row is burnt"
    assert 15 * MINUTE <= portal.turned_away[-1] - portal.turned_away[0] <= 17 * MINUTE
    assert len(portal.turned_away) < 150


def test_a_portal_that_goes_away_ends_nothing() -> None:
    portal = Portal(lambda now, _: MINUTE / 6 < now < 6 * MINUTE)
    journal = MemoryJournal()
    assert 6 * MINUTE < send(portal, 300, journal=journal) < 8 * MINUTE
    assert [each.status for each in journal.outcomes.values()] == [Status.CREATED] * 300


def test_a_token_that_cannot_be_renewed_behind_a_portal_is_an_outage_too() -> None:
    gone_at = 10.0

    def respond(_: Call) -> tuple[int, dict[str, str]] | None:
        late = asyncio.get_running_loop().time() > gone_at
        return (401, {"message": "Invalid JWT"}) if late else None

    portal = Portal(lambda _, __: False)
    portal._respond = respond
    tokens = Renewable(Portal(lambda now, _: now > gone_at))
    journal = MemoryJournal()
    with pytest.raises(TrustLostError, match="15 minutes"):
        send(portal, 300, journal=journal, tokens=tokens)
    assert {each.status for each in journal.outcomes.values()} == {Status.CREATED}
    assert tokens.asked < 400, "it is not asked for without a pause"
