"""Our secrets are taken out of what others say, however many there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.highlevel.redaction import Redaction

TOKENS = [f"pit-{number * 7_919:08x}-77aa-4b1e-9c0d" for number in range(600)]
OTHERS = ["eyJhbGciOiJIUzI1NiJ9.e30.abc", "app-secret-0123456789", "sixsix"]


@pytest.fixture
def redaction() -> Redaction:
    redaction = Redaction()
    for secret in (*TOKENS, *OTHERS):
        redaction.learn(secret)
    return redaction


@pytest.mark.parametrize("secret", [TOKENS[0], TOKENS[-1], *OTHERS])
@pytest.mark.parametrize("written", [str, str.upper, lambda secret: secret.replace("e", "\\u0065")])
def test_each_of_many_secrets_is_taken_out(
    redaction: Redaction, secret: str, written: Callable[[str], str]
) -> None:
    assert redaction.clean(f'{{"message": "no {written(secret)}!"}}'.encode()) == b'{"message": "no ***!"}'


def test_one_that_is_learnt_later_is_taken_out_too(redaction: Redaction) -> None:
    assert redaction.clean_text(f"{TOKENS[3]} app-later-0123") == "*** app-later-0123"
    redaction.learn("app-later-0123")
    assert redaction.clean_text(f"{TOKENS[3]} app-later-0123") == "*** ***"


def test_what_only_begins_like_a_token_is_left_as_it_came(redaction: Redaction) -> None:
    body = b'{"email": "pit-stop@example.com", "city": "Orl\\u00e9ans", "mark": "\\u0041"}'
    assert redaction.clean(body) is body
