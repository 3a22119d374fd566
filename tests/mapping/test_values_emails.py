from __future__ import annotations

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st

from importer.mapping.values.emails import RESERVED_ENDINGS, is_plain_domain, read_email
from importer.mapping.values.fault import ValueFault
from importer.mapping.values.texts import unmarked


def read(text: str) -> tuple[object, str | None]:
    reading = read_email(text)
    return (reading.value, reading.code) if isinstance(reading, ValueFault) else (reading, None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee+tag@Example.COM", "Ann.Lee+tag@example.com"),
        ("Ann Lee <Ann@Acme.com>", "Ann@acme.com"),
        ("Lee, Ann <ann@acme.com>", "ann@acme.com"),
        ('"Lee, Ann" <mailto:ann@acme.com>', "ann@acme.com"),
        ("mailto:ann@acme.com?subject=hi", "ann@acme.com"),
        ("<ann@acme.com>", "ann@acme.com"),
        ("ann@acme.com.", "ann@acme.com"),
        ("ann@acme.com,", "ann@acme.com"),
        ("(ann@acme.com.)", "ann@acme.com"),
        ("ann@acme.com ...", "ann@acme.com"),
        ("'ann@acme.com'", "ann@acme.com"),
        ("ann@acme.com (work)", "ann@acme.com"),
        ("ann@acme.com ann@acme.com", "ann@acme.com"),
        ("info@müller.de", "info@xn--mller-kva.de"),
        ("o'brien@acme.com", "o'brien@acme.com"),
    ],
)
def test_an_address_is_found_in_what_stands_around_it(text: str, address: str) -> None:
    assert read(text) == (address, None)


@pytest.mark.parametrize(
    "text",
    ["nobody", "a@", "@b.com", "a@b", "a@b.c", "a b@c.com", "ann @c.com", "a@@b.com", "a@b..com", "a.@b.com", "a@b,com",
     "a(at)b.com", "a@localhost", "josé@x.com", "a@b.com c@d", "a@[1.2.3.4]", "x@" + "y" * 70 + ".com",
     ".ann@acme.com", "...ann@acme.com", "ann@acme.co...", "Ann <ann@acme.co..>", "b@c.com ..ann@acme.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    reading = read_email(text)
    assert isinstance(reading, ValueFault)
    assert (reading.code, reading.fails) == ("invalid_email", True)
    assert reading.sentence.startswith("'")


@pytest.mark.parametrize(
    "text", ["a@b.com; c@d.com", "a@b.com, c@d.com", "a@b.com c@d.com", "a@b.com/c@d.com", "a@b.com|c@d.com"]
)
def test_the_first_of_two_addresses_is_taken_with_a_warning(text: str) -> None:
    assert read(text) == ("a@b.com", "several_values")
    refused = read_email(text, several="fail")
    assert isinstance(refused, ValueFault)
    assert refused.fails


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a@gmial.com", "gmail.com"),
        ("a@gmail.con", "gmail.com"),
        ("a@hotmial.com", "hotmail.com"),
        ("a@acme.con", "acme.com"),
        ("Ann <a@yahooo.com>", "yahoo.com"),
    ],
)
def test_a_misspelt_domain_is_warned_of_and_never_changed(text: str, meant: str) -> None:
    reading = read_email(text)
    assert isinstance(reading, ValueFault)
    assert (reading.code, reading.fails) == ("suspicious_email", False)
    assert f"'{meant}' may be meant" in reading.sentence
    assert isinstance(reading.value, str)
    assert reading.value in text


@given(st.emails().filter(lambda text: unmarked(text) == text))
def test_a_plain_address_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert read(text)[1] == "invalid_email"
        return
    local = checked.local_part.lstrip("'")
    assert read(text)[0] in {f"{local}@{checked.ascii_domain}", None}


@given(st.text(max_size=80))
def test_no_text_makes_reading_an_address_raise(text: str) -> None:
    read_email(text)


@pytest.mark.parametrize("text", ["'ann@acme.com", "\u2019ann@acme.com", "'ann@acme.com'"])
def test_the_spreadsheets_mark_in_front_is_no_part_of_the_address(text: str) -> None:
    assert read(text) == ("ann@acme.com", None)


def test_a_local_part_has_64_characters_at_most() -> None:
    assert read("b" * 64 + "@example.com") == ("b" * 64 + "@example.com", None)
    for text in (
        "a" * 65 + "@example.com",
        "Ann <" + "a" * 65 + "@example.com>",
        "'" + "a" * 65 + "@example.com",
    ):
        assert read(text) == (None, "invalid_email")


@pytest.mark.parametrize(
    "text",
    ["ann@gm\u0430il.com", "ann@\u0430\u0440\u0440\u04cf\u0435.com", "ann@xn--gmil-63d.com", "\u0430nn@gmail.com", "ann@g\u03bfogle.com",
     "Ann <ann@gm\u0430il.com>", "ann@mail.\u0435xample.com"],
)  # fmt: skip
def test_a_letter_that_looks_latin_and_is_not_is_refused(text: str) -> None:
    found = read_email(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails) == ("invalid_email", True)


@pytest.mark.parametrize("text", ["ann@gm\u0430il.com", "ann@xn--gmil-63d.com"])
def test_the_letter_is_named(text: str) -> None:
    found = read_email(text)
    assert isinstance(found, ValueFault)
    assert "Cyrillic small letter a" in found.sentence


@pytest.mark.parametrize(
    ("text", "domain"),
    [("ann@пример.рф", "xn--e1afmkfd.xn--p1ai"), ("ann@παράδειγμα.gr", "xn--hxajbheg2az3al.gr"), ("ann@münchen.de", "xn--mnchen-3ya.de"),
     ("ann@\u043e\u0441\u0430.\u0440\u0444", "xn--80a1aj.xn--p1ai")],
)  # fmt: skip
def test_domains_of_other_alphabets_are_what_they_are(text: str, domain: str) -> None:
    assert read(text) == (f"ann@{domain}", None)


DOMAINS = st.one_of(
    st.text("ab.-_,;:/\\()[]!0", max_size=12),
    st.sampled_from(["", ".", "-", "a..b", "localhost", "x.test", "b,com", "y" * 70 + ".com", "1.2.3.4"]),
)
LONG_DOMAIN = ("a" * 47 + ".") * 5 + "org"


@given(st.text("abc+0", min_size=1, max_size=66), DOMAINS)
@example("a" * 30, LONG_DOMAIN)
@example("a" * 65, "b,com")
@example("a" * 42, ("a" * 40 + ".") * 5 + "\u00fc.org")
def test_what_is_wrong_with_a_domain_is_told_in_the_librarys_words_for_that_very_address(
    local: str, domain: str
) -> None:
    address = f"{local}@{domain}"
    assume(address.strip(" .,;:()[]") == address)
    if refusal := library_refusal(address):
        reading = read_email(address)
        assert isinstance(reading, ValueFault)
        assert reading.sentence.endswith(f"is no e-mail address: {refusal.rstrip('.')}")


def library_refusal(address: str) -> str | None:
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("text", ["none@none.com", "NoEmail@noemail.com", "test@test.com", "na@na.com"])
def test_what_people_type_who_have_no_address_is_warned_of(text: str) -> None:
    reading = read_email(text)
    assert isinstance(reading, ValueFault)
    assert (reading.code, reading.fails) == ("suspicious_email", False)
    assert "who have no address" in reading.sentence


@pytest.mark.parametrize("text", ["none@acme.com", "ann@none.com", "test@example.com", "naomi@na.com"])
def test_an_address_that_only_looks_so_in_part_is_none_of_these(text: str) -> None:
    assert read_email(text) == text


_LABELS = st.text(alphabet="abcxn0189-A_ü", min_size=0, max_size=7) | st.sampled_from(["a" * 63, "a" * 64])
_ENDINGS = st.sampled_from(["com", "test", "local", "onion", "c0m", "x", "123", "xn--p1ai", "", "co.uk"])


@given(st.lists(_LABELS, max_size=5), _ENDINGS)
@example(["a" * 63] * 4, "com")
@example(["ab--c"], "com")
def test_a_domain_that_is_plain_is_one_that_the_library_takes_as_it_is(
    labels: list[str], ending: str
) -> None:
    domain = ".".join([*labels, ending])
    if is_plain_domain(domain):
        checked = validate_email(f"a@{domain}", check_deliverability=False, allow_smtputf8=False, strict=True)
        assert (checked.ascii_domain, checked.domain) == (domain, domain)


@pytest.mark.parametrize("domain", ["example.com", "mail.x-y.co.uk", "1and1.de", "a.museum"])
def test_usual_domains_are_plain(domain: str) -> None:
    assert is_plain_domain(domain)


def test_no_mail_goes_where_the_library_sends_none() -> None:
    assert frozenset(SPECIAL_USE_DOMAIN_NAMES) <= RESERVED_ENDINGS
