"""Which fields a column may be: what its header says, checked against what its values say."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from importer.mapping.values.states import state_code
from importer.suggestion.cards import CardName, card_name
from importer.suggestion.evidence import Column, is_phone
from importer.suggestion.fitting import allowed
from importer.suggestion.folding import headline, word_set, words
from importer.suggestion.headers import (
    LATER,
    LITTLE,
    NOISE,
    PERSONS,
    PLACES,
    SITES,
    Title,
    titles,
    unsqueezed,
)
from importer.suggestion.people import PERSONAL, is_somebody_else
from importer.suggestion.postcodes import CODE_AND_TOWN
from importer.suggestion.synonyms import (
    HOUSE_NUMBERS,
    LANGUAGES,
    LOOKALIKES,
    NO_NAME,
    NO_PHONE,
    ONLY_SPOKEN,
    PART_OR_WHOLE,
    PHONE_WORDS,
    SECOND_LINES,
    SURNAME_PREFIXES,
    all_phrases,
    fields_of,
    languages_of,
    squeezed_fields_of,
)

SURE: Final = 1.0
LIKELY: Final = 0.8
POSSIBLE: Final = 0.6

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
_NO_PLACE: Final = frozenset({"tags", "source", "gender", "dateOfBirth", "id"})
"""Fields that a place word turns into something else: an address's label is no tag."""


_REACHED: Final = frozenset({"email", "phone"})
_OF_A_SITE: Final = frozenset({"address1", "address2", "city", "state", "postalCode", "country"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One reading of a column: the field, how sure, which of several it is, and why."""

    field: str
    column: Column
    strength: float
    reason: str
    place: str = ""
    number: int = 1
    word: str = ""
    supposed: bool = False
    """The header has words beside the field's name that are not understood: it may be anybody's."""

    @property
    def header(self) -> str:
        return self.column.header


def candidates(column: Column, spoken: frozenset[str] = frozenset({"en"})) -> tuple[Candidate, ...]:
    """Give every reading of the column that header and values allow together, the surest first.

    ``spoken`` are the languages of the file's other headers: Department is no misspelt département in English.
    """
    if not column.header.strip():
        return ()
    found = [
        one
        for one in (*_by_header(column, spoken), *_by_values(column))
        if allowed(one.field, column)
        and not (one.field in PERSONAL and is_somebody_else(column))
        and not (one.field in _REACHED and SITES & set(column.words))
    ]
    best: dict[str, Candidate] = {}
    for one in sorted(found, key=lambda one: -one.strength):
        best.setdefault(one.field, one)
    return tuple(best.values())


def _by_header(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    phrase = " ".join(column.words)
    if phrase in NO_NAME or ONLY_SPOKEN.get(phrase, "en") not in spoken:
        return
    card = card_name(column.header)
    # A column FN of one word each is somebody's short for first name.
    if card is not None and not (card.field == "name" and column.spaced < 0.5):
        yield from _of_a_card(column, card)
        return
    found = tuple(by_title(column, column.words)) or tuple(_of_code_and_town(column))
    if found:
        yield from found
        return
    for look in (
        _numbered, _line_of_several, _compounded, _how_heard, _singular, _of_two_names, _of_one_meaning, _in_one_word, _of_phone_words, _abbreviated, _in_group, _contained,
    ):  # fmt: skip
        yield from look(column, spoken)
    yield from _misspelt(column, spoken)


def _of_a_card(column: Column, card: CardName) -> Iterator[Candidate]:
    if card.field:
        title = Title(column.words, place=card.place, number=card.number)
        yield _candidate(card.field, column, title, SURE, "its name in the vCard standard")


def by_title(column: Column, parts: tuple[str, ...]) -> Iterator[Candidate]:
    """Read the words of a header by the first of its titles that is a field's name."""
    for steps, title in enumerate(titles(parts)):
        found = tuple(_named(column, title, SURE - 0.02 * steps))
        if found:
            yield from found
            return


def _named(column: Column, title: Title, strength: float) -> Iterator[Candidate]:
    phrase = " ".join(title.name)
    if phrase in PART_OR_WHOLE and not _is_of_a_site(title):
        yield _candidate("name?", column, title, strength, "its header", word=phrase)
        return
    if phrase == "line" and title.placed:
        yield _candidate("address1" if title.number == 1 else "address2", column, title, LIKELY, "its header")
    for field, language in fields_of(phrase):
        if field == "address1" and title.numbered_last and title.number > 1:
            field = "address2"  # noqa: PLW2901  (a second line, not a second address)
        if not (title.placed and field in _NO_PLACE) and (field in _OF_A_SITE or not _is_of_a_site(title)):
            yield _candidate(field, column, title, strength, _said(language, field))
    if set(title.name) <= PERSONS | {column.role} and column.spaced >= 0.5:
        yield _candidate("name", column, title, LIKELY, "its header and its values, of several words each")
    if phrase in SECOND_LINES:
        yield _candidate("address2", column, title, strength, "its header")
    if phrase in SURNAME_PREFIXES:
        yield _candidate("surnamePrefix", column, title, strength, "its header")


def _is_of_a_site(title: Title) -> bool:
    return bool(SITES & set(title.place.split()))


def _candidate(
    field: str, column: Column, title: Title, strength: float, reason: str, *, word: str = ""
) -> Candidate:
    return Candidate(
        field=field,
        column=column,
        strength=strength,
        reason=reason,
        place=title.place,
        number=title.number,
        word=word,
    )


def _said(language: str, field: str) -> str:
    return "its header" if language == "en" else f"its header, {LANGUAGES[language]} for {field}"


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


def _how_heard(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read "Comment avez-vous entendu parler de nous ?" and its like in any words."""
    spoken = set(column.words)
    if spoken & _HOW and spoken & _HEARD and len(column.words) > 3:
        yield _candidate("source", column, Title(column.words), LIKELY, "its header")


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
    if len(last) > 4 and last.endswith("s"):
        yield from by_title(column, (*before, last.removesuffix("s")))
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


def _of_code_and_town(column: Column) -> Iterator[Candidate]:
    """Read ``PLZ/Ort``: the names of two fields, above cells that begin with a postcode."""
    said = [part for part in column.words if part not in LITTLE]
    halves = ((" ".join(said[:cut]), " ".join(said[cut:])) for cut in range(1, len(said)))
    named = any(
        "postalCode" in dict(fields_of(code)) and "city" in dict(fields_of(town)) for code, town in halves
    )
    if named and column.share(CODE_AND_TOWN.match) >= 0.8:
        yield _candidate("postalCity", column, Title(column.words), LIKELY, "its header and its values")


def _of_one_meaning(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read STATE_PROVINCE_REGION: words that are each a name of the same field."""
    fields = [{field for field, _ in fields_of(part)} for part in column.words]
    shared = set.intersection(*fields) if len(fields) > 1 else set()
    for field in sorted(shared):
        yield _candidate(field, column, Title(column.words), LIKELY, "its header")


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
    for word, place in unsqueezed("".join(column.words)):
        for field, language in squeezed_fields_of(word):
            yield _candidate(field, column, Title((word,), place=place), LIKELY, _said(language, field))


def _of_phone_words(column: Column, _spoken: frozenset[str]) -> Iterator[Candidate]:
    """Read ``Mobil-Tel.-Nr.``: words for a phone, and no word that says anything else."""
    said = {part for part in column.words if not part.isdigit()}
    if said & PHONE_WORDS and said <= PHONE_WORDS | _NUMBER_WORDS | NOISE | PLACES:
        yield _candidate("phone", column, Title(column.words), LIKELY, "its header")


_NUMBER_WORDS: Final = word_set(
    "nr no num number numero numeros nummer nummern n wireless hm wk wrk hp de di do du van der fixe fijo fixo fisso vast direct main 1 2 3"
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
        yield _candidate(field, column, title, LIKELY, f"its header, short for {phrase!r}")


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
        found = _candidate("phone", column, Title(column.words), LIKELY, "its header and its values")
        yield replace(found, supposed=_has_other_words(column))
        return
    text = f" {' '.join(column.words)} "
    for phrase in (*_EVEN_IN_A_HEADER, *(_IN_A_QUESTION if _is_question(column) else ())):
        if f" {phrase} " in text and not (phrase in {"phone", "mobile"} and set(column.words) & NO_PHONE):
            for field, _ in fields_of(phrase):
                found = _candidate(field, column, Title(column.words), LIKELY, "its header and its values")
                yield replace(found, supposed=_has_other_words(column))
            return


def _is_question(column: Column) -> bool:
    asked = "?" in column.header or (bool(column.words) and column.words[0] in {"what", "which", "where"})
    return asked and not set(column.words) & _ABOUT_IT and column.booleans < 0.5


def _misspelt(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    written = " ".join(column.words)
    if len(written) < 5 or fields_of(written) or set(column.words) & LOOKALIKES:
        return
    for phrase in (*_swapped(written), *_close(written, spoken)):
        if len(phrase.split()) == len(
            column.words
        ):  # "account name id" is near "account name", and says else
            for field, _ in fields_of(phrase):
                yield _candidate(
                    field, column, Title(column.words), POSSIBLE, f"its header, close to {phrase!r}"
                )
            return


def _swapped(written: str) -> Iterator[str]:
    """Find a phrase with two letters swapped: "compnay" has all the right ones."""
    for phrase in all_phrases():
        if len(phrase) == len(written) and phrase[0] == written[0] and sorted(phrase) == sorted(written):
            yield phrase


def _close(written: str, spoken: frozenset[str]) -> Iterator[str]:
    """Find a phrase a letter away, in a language that the file speaks; a letter less at the end is another word."""
    for phrase in difflib.get_close_matches(written, all_phrases(), n=3, cutoff=_CLOSE):
        if languages_of(phrase) & spoken and not (phrase.startswith(written) or written.startswith(phrase)):
            yield phrase


def _by_values(column: Column) -> Iterator[Candidate]:
    """Know e-mail addresses and phone numbers by what they are, whatever the header says; states below a bare code."""
    unnumbered = Title(column.words)
    if column.emails >= 0.6 and _one_each(column):
        yield replace(
            _candidate("email", column, unnumbered, LIKELY, "its values"), supposed=_has_other_words(column)
        )
    if len("".join(column.words)) < 4 and column.share(state_code) >= 0.8:
        yield _candidate("state", column, unnumbered, POSSIBLE, "its values")
    if (
        column.words
        and set(column.words) <= _WHEN_OR_WHERE
        and column.phone_like >= 0.8
        and column.dates < 0.5
    ):
        yield _candidate(
            "phone", column, Title(column.words), POSSIBLE, "its values, below where or when to call"
        )
    if column.phone_like >= 0.8 and _one_each(column) and _written_for_people(column):
        yield replace(
            _candidate("phone", column, unnumbered, POSSIBLE, "its values"), supposed=_has_other_words(column)
        )


_WHEN_OR_WHERE: Final = word_set(
    "home work day night evening daytime office business private main primary other privat dienstlich geschaftlich buro domicile bureau travail "
    "fixe casa trabajo oficina trabalho ufficio lavoro thuis werk hem arbete hjem arbejde dom praca"
)
"""Headers that say of a number when or where it rings, and nothing else."""


def _has_other_words(column: Column) -> bool:
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


def _one_each(column: Column) -> bool:
    """Contacts have an address each; a few addresses on many rows are their owners'."""
    return column.filled < 10 or column.distinct_share >= 0.5


def _written_for_people(column: Column) -> bool:
    """Only numbers that name their country, or stand in brackets, are sure to be dialled: digits may be anything."""
    if set(column.words) & NO_PHONE or column.dates >= 0.5:
        return False
    return column.share(lambda value: is_phone(value, "US" if value.startswith("(") else None)) >= 0.6
