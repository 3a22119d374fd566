"""What people read while a run goes on and at its end says what is, and of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.sandbox import Fault, Sandbox, SandboxSettings
from tests.flow.conftest import open_vendor

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

TAGS = "/contacts/bulk/tags/update/add"


def test_a_retry_of_one_row_of_many_names_the_requests_it_may_need(desk: Desk, vendor: Sandbox) -> None:
    bad = "".join(f"N{n},nobody{n},,vip\n" for n in range(40))
    desk.write("a.csv", f"First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\n{bad}")
    vendor.script([Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path=TAGS)])
    desk.run("a.csv", "-m", "mapping.yaml")
    again = desk.importer("retry")

    assert "1 row, up to 2 requests: about" in again.err


def test_the_estimate_knows_how_slowly_the_vendor_answers(desk: Desk) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\n" + "".join(f"N{n},n{n}@example.com,,\n" for n in range(20)))
    with open_vendor(SandboxSettings(burst=0, latency_ms=(200, 200))):
        ended = desk.run("a.csv", "-m", "mapping.yaml", "--concurrency", "2")

    assert "up to 21 requests: about 2." in ended.err, "eleven turns of 0.2 s, two at once"
