from __future__ import annotations

import pytest

from importer.highlevel.refusals import refusal_sentence
from importer.highlevel.reply import ReplyKind


@pytest.mark.parametrize(
    ("kind", "said", "advice"),
    [
        (ReplyKind.TOKEN_REFUSED, "Token's user type mismatch!", "The token is the agency's. Make a private"),
        (ReplyKind.SCOPE_MISSING, "This authClass type is not allowed to access this scope.", "The token is the agency's."),
        (ReplyKind.SCOPE_MISSING, "The token is not authorized for this scope.", "inside the sub-account"),
        (ReplyKind.TOKEN_REFUSED, "version header is invalid", "The token is not at fault"),
        (ReplyKind.REFUSED, "Invalid API version segment 'x' at position 0", "The token is not at fault"),
        (ReplyKind.TOKEN_REFUSED, "Invalid JWT", "Put a valid token into HIGHLEVEL_TOKEN"),
    ],
)  # fmt: skip
def test_each_refusal_comes_with_the_advice_that_helps(kind: ReplyKind, said: str, advice: str) -> None:
    assert advice in refusal_sentence("loc1", kind, said)


def test_a_block_by_law_is_neither_the_tokens_nor_the_locations_fault() -> None:
    told = refusal_sentence("loc1", ReplyKind.EDGE_REFUSED, "“Blocked” (451)", status=451)
    assert told.startswith(
        "HighLevel cannot be reached for legal reasons: “Blocked” (451). Neither token nor location"
    )
    assert "loc1" not in told
