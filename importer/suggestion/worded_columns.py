"""Headers that say a field in other words than its names: short, joined, double, asked for, misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Final

from importer.suggestion.evidence import Column
from importer.suggestion.fitting import allowed
from importer.suggestion.folding import headline, word_set, words
from importer.suggestion.headers import (
    ADDRESSES,
    LATER,
    LITTLE,
    NOISE,
    PERSONS,
    PLACES,
    Title,
    is_place,
    titles,
    unsqueezed,
)
from importer.suggestion.named_columns import LIKELY, POSSIBLE, Candidate, by_title, candidate, said
from importer.suggestion.postcodes import CODE_AND_TOWN
from importer.suggestion.synonyms import (
    HOUSE_NUMBERS,
    LOOKALIKES,
    NO_PHONE,
    PHONE_WORDS,
    all_phrases,
    fields_of,
    languages_of,
    squeezed_fields_of,
)


def in_other_words(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read a header by every way but the literal one; a misspelling last."""
    for look in (
        _numbered, _line_of_several, _compounded, _address_compound, _how_heard, _singular, _of_two_names, _of_one_meaning, _in_one_word, _of_phone_words, _abbreviated, _in_group, _contained,
    ):  # fmt: skip
        yield from look(column, spoken)
    yield from _misspelt(column, spoken)


_IN_A_QUESTION: Final = (
    "company",
    "organization",
    "business",
    "city",
    "country",
    "website",
    "first name",
    "last name",
    "full name",
)


_ABOUT_IT: Final = word_set(
    "size type kind many much budget industry revenue role number goal challenge how why when"
)
"""Words that make a question one about a company or city, not for its name."""


_EVEN_IN_A_HEADER: Final = ("email", "phone", "mobile", "birthday", "date of birth", "zip", "postcode")


_CLOSE: Final = 0.88


def _numbered(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read a street with its number: "straat en nr.", "Ulica i numer domu"."""
    for cut in range(len(column.words) - 1, 0, -1):
        name, number = column.words[:cut], tuple(part for part in column.words[cut:] if part not in _JOINTS)
        if not (set(number) <= _NUMBERS or " ".join(number) in HOUSE_NUMBERS):
            return
        streets = [one for one in by_title(column, _without_joint(name)) if one.field == "address1"]
        if streets:
            yield from streets
            return


def _without_joint(parts: tuple[str, ...]) -> tuple[str, ...]:
    while parts and parts[-1] in _JOINTS:
        parts = parts[:-1]
    return parts


_JOINTS: Final = LITTLE | {"i", "a", "ve", "\u03ba\u03b1\u03b9", "\u0438", "\u0442\u0430"}


_NUMBERS: Final = word_set(
    "nr no num number numero nummer numer n house hausnummer huisnummer domu civico h hnr"
)


def _line_of_several(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read "Adresse (ligne 1)": a line of an address by its number."""
    parts = tuple(part for part in column.words if part not in _LINES)
    if len(parts) < len(column.words) and any(part.isdigit() for part in parts):
        yield from (one for one in by_title(column, parts) if one.field in {"address1", "address2"})


_LINES: Final = word_set("line ligne linea linha riga zeile regel rad linje wiersz radek satir satiri")


def _compounded(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read Kundenname and Teilnehmertelefon: a word for the contact, grown together with a field's name."""
    *before, last = column.words or ("",)
    for head in _HEADS:
        stem = last.removesuffix(head)
        if stem != last and PERSONS & {
            stem,
            stem.removesuffix("s"),
            stem.removesuffix("n"),
            stem.removesuffix("en"),
            stem.removesuffix("er"),
        }:
            yield from by_title(column, (*before, head))
            return


_HEADS: Final = (
    "name",
    "naam",
    "navn",
    "namn",
    "email",
    "mail",
    "telefon",
    "telefoon",
    "adresse",
    "adres",
    "adress",
)


def _address_compound(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read Privatanschrift and Besøksadresse: an address of a place, grown together with it."""
    (word, *more) = column.words or ("",)
    if not more and is_place(word) and word.endswith(ADDRESSES) and word not in ADDRESSES:
        yield candidate("address1", column, Title((word,), place=word), LIKELY, "its header")


def _how_heard(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read "Comment avez-vous entendu parler de nous ?" and its like in any words."""
    spoken = set(column.words)
    if spoken & _HOW and spoken & _HEARD and len(column.words) > 3:
        yield candidate("source", column, Title(column.words), LIKELY, "its header")


_HOW: Final = word_set(
    "how where wie wo comment ou como donde onde come dove hoe waar hur var hvordan hvor jak skad"
)


_HEARD: Final = word_set(
    "hear heard find found learn discover erfahren aufmerksam gefunden gehort entendu connu decouvert trouve entero enteraste conocio conociste conocido "
    "supo supiste encontro encontraste conheceu soube encontrou ouviu conosciuto trovato sentito gehoord gevonden hittade horde horte fandt fant dowiedziales "
    "dowiedziala dowiedzial znalazles znalazla"
)


def _singular(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read "Address lines" and "Companies" as one of them."""
    *before, last = column.words or ("",)
    if len(last) > 3 and last.endswith("s"):
        yield from by_title(column, (*before, last.removesuffix("s")))
    if len(last) > 5 and last.endswith("sses"):
        yield from by_title(column, (*before, last.removesuffix("es")))
    if len(last) > 5 and last.endswith("ies"):
        yield from by_title(column, (*before, f"{last.removesuffix('ies')}y"))


def _of_two_names(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read ``Town / City`` and ``State/Prov.``: two names of one field, the other perhaps in short."""
    parts = [
        words(part)
        for part in re.split(
            r"[/|,]|\b(?:or|oder|ou|of|o|e|y|eller|lub|czy|nebo|veya|\u0438\u043b\u0438|\u0430\u0431\u043e)\b",
            column.header,
        )
    ]
    named = [tuple(by_title(column, part)) for part in parts]
    fields = [{one.field for one in found} for found in named if found]
    if len(parts) < 2 or not fields or not set.intersection(*fields):
        return
    shared = set.intersection(*fields)
    silent = [part for part, found in zip(parts, named, strict=True) if not found]
    if all(_is_short_for(part, field) for part in silent for field in shared):
        yield from (replace(one, strength=LIKELY) for one in next(filter(None, named)) if one.field in shared)


def of_code_and_town(column: Column) -> Iterator[Candidate]:
    """Read ``PLZ/Ort``: the names of two fields, above cells that begin with a postcode."""
    said = [part for part in column.words if part not in LITTLE]
    halves = ((" ".join(said[:cut]), " ".join(said[cut:])) for cut in range(1, len(said)))
    named = any(
        "postalCode" in dict(fields_of(code)) and "city" in dict(fields_of(town)) for code, town in halves
    )
    if named and column.share(CODE_AND_TOWN.match) >= 0.8:
        yield candidate("postalCity", column, Title(column.words), LIKELY, "its header and its values")


def _of_one_meaning(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read STATE_PROVINCE_REGION: words that are each a name of the same field."""
    fields = [{field for field, _ in fields_of(part)} for part in column.words]
    shared = set.intersection(*fields) if len(fields) > 1 else set()
    for field in sorted(shared):
        yield candidate(field, column, Title(column.words), LIKELY, "its header")


def _in_group(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read "Checkout form: Birthday" and fields.birthday by what stands behind the name of its group."""
    title = headline(column.header)
    if title != column.header:
        yield from (replace(one, strength=LIKELY) for one in by_title(column, words(title)))


def _is_short_for(part: tuple[str, ...], field: str) -> bool:
    """Tell "prov" from "number" behind a slash: it begins a word that the field is called by."""
    text = " ".join(part)
    return len(text) > 2 and any(
        phrase.startswith(text) and field in dict(fields_of(phrase)) for phrase in all_phrases()
    )


def _in_one_word(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read POSTALCODE and MAILINGCITY, and "Sur name" too."""
    plain = "".join(part for part in column.words if part not in PERSONS) or "".join(column.words)
    for word, place in unsqueezed(plain):
        for field, language in squeezed_fields_of(word):
            yield candidate(field, column, Title((word,), place=place), LIKELY, said(language, field))


def _of_phone_words(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read ``Mobil-Tel.-Nr.``: words for a phone, and no word that says anything else."""
    said = {part for part in column.words if not part.isdigit()}
    if said & PHONE_WORDS and said <= PHONE_WORDS | _NUMBER_WORDS | NOISE | PLACES:
        yield candidate("phone", column, Title(column.words), LIKELY, "its header")


_NUMBER_WORDS: Final = word_set(
    "nr no num number numero numeros nummer nummern n day evening night daytime zentrale durchwahl direktnr direktenr direktnummer direktenummer switchboard standard centralita centralino wireless hm wk wrk hp de di do du van der fixe fijo fixo fisso vast vaste direct main 1 2 3"
)


def _abbreviated(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read ``Cell.``, ``F. nac.`` and ``Indir.``: what ends in a full stop is the beginning of a word."""
    short = {words(dotted) for dotted in re.findall(r"[^\W\d_]+(?=\.)", column.header)}
    parts = tuple(part for part in column.words if part not in NOISE | LITTLE and not part.isdigit())
    if not parts or not any((part,) in short for part in parts) or max(map(len, parts)) < 3:
        return
    known = {
        field: phrase
        for phrase in all_phrases()
        for field, _ in fields_of(phrase)
        if languages_of(phrase) & spoken and _fits(phrase.split(), parts, short) and allowed(field, column)
    }
    if len(known) == 1 and column.filled:
        ((field, phrase),) = known.items()
        (title, *_) = titles(column.words)
        yield candidate(field, column, title, LIKELY, f"its header, short for {phrase!r}")


def _fits(phrase: list[str], parts: tuple[str, ...], short: set[tuple[str, ...]]) -> bool:
    """Compare word by word, leaving out little words: ``F. nac.`` is fecha de nacimiento."""
    whole = [word for word in phrase if word not in LITTLE]
    return len(whole) == len(parts) and all(
        word == part or ((part,) in short and word.startswith(_written_out(part)))
        for word, part in zip(whole, parts, strict=True)
    )


def _written_out(part: str) -> str:
    """Write "huisnr" and "hausnr" out, which are short in the middle and not at the end."""
    return f"{part[:-2]}nummer" if part.endswith("nr") and len(part) > 2 else part


def _contained(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Find a field's name inside a longer header, a form's question; the values have to agree."""
    if not column.filled:
        return
    if set(column.words) & PHONE_WORDS and not set(column.words) & NO_PHONE and column.phone_like >= 0.8:
        found = candidate("phone", column, Title(column.words), LIKELY, "its header and its values")
        yield replace(found, supposed=has_other_words(column))
        return
    text = f" {' '.join(column.words)} "
    for phrase in (*_EVEN_IN_A_HEADER, *(_IN_A_QUESTION if _is_question(column) else ())):
        if f" {phrase} " in text and not (phrase in {"phone", "mobile"} and set(column.words) & NO_PHONE):
            for field, _ in fields_of(phrase):
                found = candidate(field, column, Title(column.words), LIKELY, "its header and its values")
                yield replace(found, supposed=has_other_words(column))
            return


def _is_question(column: Column) -> bool:
    asked = "?" in column.header or (bool(column.words) and column.words[0] in {"what", "which", "where"})
    return asked and not set(column.words) & _ABOUT_IT and column.booleans < 0.5


def _misspelt(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    written = " ".join(column.words)
    if len(written) < 5 or fields_of(written) or set(column.words) & LOOKALIKES:
        return
    for phrase in (*_swapped(written), *_close(written)):
        # "account name id" is near "account name", and says else
        if len(phrase.split()) == len(column.words) and languages_of(phrase) & spoken:
            for field, _ in fields_of(phrase):
                yield candidate(
                    field, column, Title(column.words), POSSIBLE, f"its header, close to {phrase!r}"
                )
            return


def _swapped(written: str) -> Iterator[str]:
    """Find a phrase with two letters swapped: "compnay" has all the right ones."""
    for phrase in _of_length().get(len(written), ()):
        if phrase[0] == written[0] and sorted(phrase) == sorted(written):
            yield phrase


@lru_cache(maxsize=4096)
def _close(written: str) -> tuple[str, ...]:
    """Find phrases a letter away; a letter less at the end is another word. Comparing is dear, and lengths rule most out."""
    nearest = int(len(written) * (2 - _CLOSE) / _CLOSE) + 1
    lengths = range(int(len(written) * _CLOSE / (2 - _CLOSE)), nearest + 1)
    listed = [phrase for length in lengths for phrase in _of_length().get(length, ())]
    found = difflib.get_close_matches(written, listed, n=3, cutoff=_CLOSE)
    return tuple(one for one in found if not (one.startswith(written) or written.startswith(one)))


@cache
def _of_length() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for phrase in all_phrases():
        found.setdefault(len(phrase), []).append(phrase)
    return found


def has_other_words(column: Column) -> bool:
    """Tell words that are neither the field's, nor a place, a person or a number: "Concierge Email"."""
    return any(not part.isdigit() and part not in UNDERSTOOD for part in column.words)


UNDERSTOOD: Final = (
    PHONE_WORDS
    | _NUMBER_WORDS
    | NOISE
    | PLACES
    | LATER
    | LITTLE
    | word_set("email mail first courriel correo info infos details")
)
"""Words that leave no doubt whose address or number a column holds."""
