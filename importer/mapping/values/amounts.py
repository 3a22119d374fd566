"""What stands around the digits of an amount: its sign, its currency, its scale."""

from __future__ import annotations

import re
from typing import Final

from importer.records import value_type
from importer.runtime.regex import regex

_SYMBOLS: Final = frozenset("$€£¥₹₽₺₩₪฿₫₴₦₱₡₲₵₸₼₾₮៛₭﷼")
_ISO_4217: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF "
    "CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL"
)
_CODES: Final = frozenset(_ISO_4217.split())
"""In capitals only: all, top, pen and cup are words."""
_WRITTEN: Final = (
    "usd eur gbp aud cad chf inr jpy nzd sek nok dkk pln czk huf zar brl mxn sgd hkd aed sar rub uah thb php idr myr krw "
    "rs rs. rupee rupees inr. kr kr. kronor kroner krone kč kč. lei zł zł. zl fr fr. sfr sfr. rp rp. rm nt nis dhs dhs. dh tl "
    "euro euros dollar dollars bucks pound pounds sterling yen yuan rmb peso pesos real reais franc francs franken us "
    "руб руб. грн грн. 円 元 원 ksh ksh. tsh tsh. bs bs. s/ s/. €."  # noqa: RUF001  (roubles and hryvnias)
)
_NAMES: Final = frozenset(_WRITTEN.split())
_FORINT: Final = frozenset({"Ft", "Ft."})
"""500 ft is a length."""
_BEFORE: Final = frozenset("RPLQKNZ")
"""Letters that are a currency where they stand before the number: R 500."""
_DOLLARS: Final = "US U.S AU CA C A S NZ HK SG MX BZ J NT TT EC RD R N"
_COUNTRIES: Final = frozenset(_DOLLARS.split())
"""What stands before a dollar sign."""
_SCALES: Final[dict[str, int]] = {
    word: int(10**power)
    for power, words in (
        (2, "hundred"),
        (3, "k thousand thousands thsd thsd. tsd tsd. t€ teur tausend mille milhar tys tys. tis tis. тыс тыс. thou"),
        (5, "lakh lakhs lac lacs lkh"),
        (6, ("m mm mn mn. mln mln. mio mio. mill. million millions millionen millones millón milhão milhões milione "
            "milioni miljoen miljoner millioner milion milionów млн млн. meur m€")),
        (7, "crore crores"),
        (9, ("b bn bn. bln bln. billion billions mrd mrd. mia mia. milliarde milliarden milliard milliards miliardo miliardi "
            "miljard miljarder milliarder mld mld. млрд млрд.")),
        (12, "tn trn trillion trillions"),
    )
    for word in words.split(" ")
}  # fmt: skip
# Thousand in one language, million in another; credit or ten millions.
_TWO_MEANINGS: Final = {
    "mil": "may be in thousands or in millions",
    "mil.": "may be in thousands or in millions",
    "mill": "may be in thousands or in millions",
    "cr": "may be a credit or in crores",
    "cr.": "may be a credit or in crores",
    "dr": "may be a debit",
    "dr.": "may be a debit",
    "billón": "has a scale that is not the same in all languages",
    "billones": "has a scale that is not the same in all languages",
    "billionen": "has a scale that is not the same in all languages",
}
_DIGITS: Final = regex(r"\d(?:[\d.,\s\u00a0\u202f\u2009'\u2019_]*\d)?|\d")
_WORD: Final = regex(rf"[sS]/\.?|[{''.join(_SYMBOLS)}]|[^\W\d_](?:[^\W\d_]|[./](?=[^\W\d_]))*[€.]?|\S")
_SIGNS_BEFORE: Final = frozenset("(+-\u2212\u2013")
_SIGNS_BEHIND: Final = frozenset(")-\u2212\u2013")
_PLAIN: Final = re.compile(r"[$€£]?(\d[\d.,]*\d|\d)€?")
_MINUS: Final = frozenset("-\u2212\u2013")
_NO_CENTS: Final = regex(r"[.,]\s?[-\u2013\u2014]{1,2}|[.,]$|/[-=]|:-")
"""``12.-``, ``12,--`` and ``12/-`` say that there are no cents; a dash right behind the digits is a minus."""


@value_type(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount taken apart: digits with their separators, as written."""

    digits: str
    negative: bool = False
    scale: int = 1


def parse_amount(text: str) -> Amount | str:
    """Take an amount apart; else say why it is none, in words that go on behind the text."""
    found = _DIGITS.search(text)
    if found is None:
        return "is no amount of money"
    before, behind = text[: found.start()], text[found.end() :]
    digits = found[0]
    if before[-1:] in {".", ","} and not before[-2:-1].isalpha():
        before, digits = before[:-1], before[-1] + digits
    no_cents = _NO_CENTS.match(behind)
    if no_cents is not None:
        behind = behind[no_cents.end() :]
    if behind.strip() == "m" and behind != "m" and not before.strip():
        return "may be in metres or in millions; write the number in full"
    return _judge(digits, _WORD.findall(before), _WORD.findall(behind))


def _judge(digits: str, before: list[str], behind: list[str]) -> Amount | str:
    """Account for each word and sign around the digits; one that is unknown makes it something else."""
    dashes = sum(sign in _MINUS for sign in (*before, *behind))
    brackets = before.count("("), behind.count(")")
    if brackets not in {(0, 0), (1, 1)} or dashes + brackets[0] > 1:
        return "is no amount of money"
    words = [word for word in before if word not in _SIGNS_BEFORE]
    if wrong := next(
        (word for place, word in enumerate(words) if not _is_currency_before(words, place)), None
    ):
        return f"is no amount of money: {wrong!r} is no currency"
    scale = 1
    for word in (word for word in behind if word not in _SIGNS_BEHIND):
        found = _scale_of(word)
        if isinstance(found, str):
            return found
        scale *= found
    return Amount(digits=digits, negative=bool(dashes or brackets[0]), scale=scale)


def _is_currency_before(words: list[str], place: int) -> bool:
    word = words[place]
    if word.removesuffix(".") in _COUNTRIES and words[place + 1 : place + 2] == ["$"]:
        return True
    return word in _BEFORE or _is_currency(word)


def _scale_of(word: str) -> int | str:
    """Give what a word behind the number multiplies it by, 1 for a currency; else say why it cannot be told."""
    folded = word.casefold()
    if folded in _TWO_MEANINGS:
        return f"{_TWO_MEANINGS[folded]}; write the number in full"
    scale = _SCALES.get(folded) or _SCALES.get(folded.removesuffix("€"))
    if scale is not None:
        return scale
    return 1 if _is_currency(word) else f"is no amount of money: {word!r} is no currency"


def _is_currency(word: str) -> bool:
    word = word.removesuffix(".") if word.removesuffix(".") in _CODES else word
    return word in _SYMBOLS or word in _CODES or word in _FORINT or word.casefold() in _NAMES


def bare(text: str) -> str:
    """Give the digits of what may be an amount; the text itself where it is none."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return plain[1]
    amount = parse_amount(text)
    return text if isinstance(amount, str) else amount.digits
