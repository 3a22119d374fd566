"""E-mail addresses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long, warn
from importer.mapping.values.lookalikes import lookalike

CODE: Final = "invalid_email"
# No apostrophe in front: it is the spreadsheet's mark for a text, and no part of the address.
_LOCAL: Final = re.compile(
    r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63})")
RESERVED_ENDINGS: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Where no mail can go, as the library has them."""
_BRACKETED: Final = re.compile(r"<\s*(?:mailto:)?([^<>]*@[^<>]*?)\s*>")
_SEPARATORS: Final = re.compile(r"[;,|\s]+|\s+(?:or|and|und|et|y|e|o|/)\s+|(?<=\w)/(?=\S+@)")
_REMARK: Final = re.compile(r"\([^()@]*\)|\[[^\[\]@]*\]")
_ENDING: Final = re.compile(r"\.[^.]{2,}$")
_STRAY: Final = " \t\n'\"`<>()[]{},;:\u200b\u200c\u200d\u2060\ufeff\xa0\u2018\u2019\u201c\u201d"

# Misspelt domains with what is most likely meant. They may exist, so they are warned of and never changed.
_TYPOS: Final[dict[str, str]] = {
    wrong: right
    for right, wrongs in {
        "gmail.com": "gmial.com gmal.com gmai.com gmil.com gamil.com gnail.com gmaill.com gmail.con gmail.co gmail.cm "
        "gmail.om gmail.cmo gmail.comm gmail.vom gmail.xom gmail.coom gmaul.com gmsil.com gmqil.com gimail.com "
        "ggmail.com gmaail.com g-mail.com gmail.cim gmail.ocm gmail.net gmail.org gmailc.om gmali.com gmeil.com",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com homail.com hotmail.con hotmail.co hotmail.cm "
        "hotmaill.com hotamil.com hotmsil.com hormail.com hitmail.com hptmail.com htomail.com hotmail.cmo hotmaol.com",
        "yahoo.com": "yaho.com yahooo.com yhoo.com yahoo.con yahoo.cm yahoo.cmo yaoo.com yahho.com yahoo.comm "
        "yhaoo.com yajoo.com yahoo.om ayhoo.com uahoo.com",
        "outlook.com": "outlok.com outloo.com outlook.con outlook.cm outllook.com oulook.com outlook.co outook.com "
        "outlool.com putlook.com",
        "icloud.com": "iclod.com icloud.con icoud.com iclould.com icloud.co icloud.cm icloud.om iclound.com",
        "aol.com": "aol.con aol.co aol.cm aoll.com",
        "web.de": "wed.de web.dee",
        "gmx.de": "gmx.dee gxm.de",
    }.items()
    for wrong in wrongs.split()
}
_TYPO_ENDINGS: Final = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "vom": "com",
    "comm": "com",
    "coml": "com",
    "nte": "net",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STAND_INS: Final = _words(
    "none no na n.a noemail no-email no_email no.email nomail no-mail unknown null nobody test asdf abc xyz x xx xxx aaa notprovided "
    "not-provided declined refused noreply no-reply example keine keinemail sinemail sincorreo notiene pasdemail aucun nessuna geen"
)
_STAND_IN_DOMAINS: Final = _words(
    "none.com no.com na.com noemail.com no-email.com nomail.com test.com email.com mail.com domain.com unknown.com null.com x.com "
    "xx.com xxx.com abc.com asdf.com noreply.com none.none"
)
"""Both together are what people type where an address is demanded of somebody who has none."""


def read_email(text: str, *, several: str = "first") -> ReadValue:
    """Read one address; ``several`` says what becomes of two in one cell."""
    local, _, domain = text.rpartition("@")
    if len(local) <= 64 and _LOCAL.fullmatch(local):
        known = _domain(domain)
        if known is not None and len(local) + 1 + len(known) <= 254:
            address = f"{local}@{known}"
            return _with_typo(address, known) if _may_be_wrong(known) else address
    return _read_odd(text, several)


@lru_cache(maxsize=20_000)
def _domain(domain: str) -> str | None:
    """Check a domain once; the usual ones are then a look-up. None: look at the whole address."""
    if is_plain_domain(domain):
        return domain
    address = _canonical(f"a@{domain}")
    return address and address[2:]


def is_plain_domain(domain: str) -> bool:
    """Tell a domain that the library takes as it is; whatever needs a closer look is left to the library."""
    if len(domain) > 253 or "--" in domain:
        return False
    found = _DOMAIN.fullmatch(domain)
    return found is not None and found[1] not in RESERVED_ENDINGS


@lru_cache(maxsize=20_000)
def _may_be_wrong(domain: str) -> bool:
    """Tell a domain that is misspelt, or one of those that people invent; asked once, since most share a few."""
    return domain in _STAND_IN_DOMAINS or domain in _TYPOS or domain.rpartition(".")[2] in _TYPO_ENDINGS


def _with_typo(address: str, domain: str) -> ReadValue:
    if domain in _STAND_IN_DOMAINS and address.partition("@")[0].lower() in _STAND_INS:
        sentence = f"{quoted(address)} is what people type who have no address: many may share it, and none of them reads it"
        return warn("suspicious_email", sentence, address)
    if (meant := meant_domain(domain)) is None:
        return address
    return warn(
        "suspicious_email", f"{quoted(address)} may be misspelt; {quoted(meant)} may be meant", address
    )


def meant_domain(domain: str) -> str | None:
    """Give the domain that a misspelt one stands for; None for any other."""
    if (meant := _TYPOS.get(domain)) is not None:
        return meant
    stem, _, ending = domain.rpartition(".")
    return f"{stem}.{_TYPO_ENDINGS[ending]}" if ending in _TYPO_ENDINGS else None


def _read_odd(text: str, several: str) -> ReadValue:
    """Read an address with something around it: a display name, mailto:, brackets, a second address."""
    if refused := too_long(text, 1_000, "an e-mail address", CODE):
        return refused
    found = _addresses(text)
    if not found:
        return _refuse(text)
    first = found[0]
    if len(found) == 1:
        return _with_typo(first, first.rpartition("@")[2])
    if several == "fail":
        return ValueFault("several_values", f"{quoted(text)} holds {len(found)} e-mail addresses")
    sentence = f"{quoted(text)} holds {len(found)} e-mail addresses; the first is used"
    return warn("several_values", sentence, first)


def _addresses(text: str) -> list[str]:
    """Find the distinct valid addresses in a text; none when any part that has an @ is no address."""
    parts = _BRACKETED.findall(text)
    if not parts:
        parts = [_bare(part) for part in _SEPARATORS.split(_REMARK.sub(" ", text))]
        if any(part and "@" not in part for part in parts):
            # Words beside a bare address may be the rest of it: "ann lee@x.com".
            return []
    found: dict[str, None] = {}
    for part in filter(None, parts):
        address = _canonical(_bare(re.sub(r"(?i)^\W*mailto:", "", part).split("?")[0]))
        if address is None:
            return []
        found.setdefault(address)
    return list(found)


def _bare(part: str) -> str:
    """Take off what stands around an address: a full stop behind it, and no other dot.

    One in front, or several behind, may be where a longer address was cut off: what is left would be somebody else's.
    """
    if "@" not in part:
        return part.strip(_STRAY + ".")
    return part.strip(_STRAY).removesuffix(".").strip(_STRAY)


def _canonical(address: str) -> str | None:
    if address.count("@") != 1 or address[-1] == "@":
        return None
    # here, not above: plain addresses need no library, and its patterns take their time to compile at each start
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    if not _ENDING.search(checked.ascii_domain) or lookalike(checked.domain):
        return None
    # The ASCII form of an international domain: every mail system takes it.
    return f"{checked.local_part}@{checked.ascii_domain}"


def _refuse(text: str) -> ValueFault:
    bare = _bare(re.sub(r"(?i)^mailto:", "", text))
    match text.count("@"):
        case 0:
            why = "has no @ and is no e-mail address"
        case 1 if re.search(r"\s", bare):
            why = "has a space in it and is no e-mail address"
        case 1:
            why = _library_reason(bare)
        case _:
            why = "is no e-mail address, nor several"
    return ValueFault(CODE, f"{quoted(text)} {why}")


def _library_reason(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if address.isascii() and len(address) <= 254 and len(local) <= 64 and _LOCAL.fullmatch(local):
        return _domain_reason(domain)
    return _look_for_reason(address)


@lru_cache(maxsize=20_000)
def _domain_reason(domain: str) -> str:
    """Say what is wrong with a domain once: behind a usual local part it is all that can be."""
    return _look_for_reason(f"a@{domain}")


def _look_for_reason(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    if sign := lookalike(address):
        return f"is no e-mail address: {sign} looks like a Latin letter and is another; type it anew"
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as refused:
        return f"is no e-mail address: {str(refused).rstrip('.')}"
    if sign := lookalike(checked.domain):
        return f"is no e-mail address: its domain has {sign}, which looks like a Latin letter and is another"
    return "is no e-mail address: its ending is no top-level domain"
