"""From readings of single columns to one consistent mapping: which column goes where, and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from importer.suggestion.addresses import (
    ADDRESS,
    CODE_AND_TOWN_STEPS,
    PLACE_RANK,
    UNRANKED,
    AddressGroup,
    address_groups,
    chosen_parts,
    lines_decided,
    others_in_words,
)
from importer.suggestion.alternatives import with_alternatives
from importer.suggestion.candidates import candidates
from importer.suggestion.cards import card_name
from importer.suggestion.consent.rules import consents_left, requests_left, switch_guesses
from importer.suggestion.consent.strangers import consents
from importer.suggestion.date_orders import with_layout
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column, gender
from importer.suggestion.fallbacks import fallback_doubts, fallbacks, is_companion
from importer.suggestion.folding import word_set
from importer.suggestion.guesses import Guess, Guesses
from importer.suggestion.leaving import deaths_left, left_of, other_addresses
from importer.suggestion.name_halves import names_decided
from importer.suggestion.named_columns import Candidate
from importer.suggestion.names import NameOrder, name_order
from importer.suggestion.own_readings import of_the_contact
from importer.suggestion.roles import with_role
from importer.suggestion.street_lines import further_lines
from importer.suggestion.synonyms import (
    ONLY_SPOKEN,
    languages_by_field,
    languages_of,
)

_ORDER: Final = (
    "firstName",
    "lastName",
    "name",
    "email",
    "phone",
    "companyName",
    *ADDRESS,
    "website",
    "timezone",
    "gender",
    "dateOfBirth",
    "source",
)
_MOBILE: Final = word_set(
    "mobile mob cell cellphone handy mobil mobiltelefon mobilfunk mobilfunknummer mobilnummer handynummer portable movil celular telemovel "
    "cellulare mobiel gsm sms natel"
)
_SEPARATORS: Final = (" ::: ", ";", "|", ",", "\n")


@dataclass(slots=True)
class _Choice:
    """The readings still open, by field; a column that is used leaves all of them."""

    readings: list[Candidate]
    used: set[int] = field(default_factory=set)

    def of(self, name: str) -> list[Candidate]:
        found = [one for one in self.readings if one.field == name and one.column.place not in self.used]
        return sorted(
            found, key=lambda one: (one.number, -one.strength, -one.column.filled, one.column.place)
        )

    def use(self, chosen: Iterable[Candidate]) -> tuple[Column, ...]:
        taken = tuple(one.column for one in chosen)
        self.used.update(column.place for column in taken)
        return taken


def guess(columns: Sequence[Column]) -> Guesses:
    """Choose a field for every column that shows one; two columns never share a place that has room for one."""
    usable = with_role([column for column in columns if column.header.strip()])
    answers = consents(usable)
    switches = switch_guesses(answers)
    asked = {answer.column.place for answer in answers}
    readings = _readings([column for column in usable if column.place not in asked], _languages(usable))
    choice = _Choice(lines_decided(names_decided(of_the_contact(readings, usable))))
    groups = address_groups(choice.readings)
    chosen = [*_people(choice), *_reached(choice), *_addresses(choice, groups), *_others(choice)]
    tags = _tags(choice)
    explained = (
        requests_left(columns)
        | consents_left(answers, switches)
        | other_addresses(groups, choice.used)
        | deaths_left(columns)
    )
    used = choice.used | {column.place for one in switches for column in one.columns}
    left = (column for column in columns if column.place not in used)
    return with_alternatives(
        Guesses(
            fields=tuple(sorted(chosen, key=lambda one: _ORDER.index(one.field))) + switches,
            tags=tags,
            left=tuple(explained.get(column.place) or left_of(column, readings) for column in left),
        ),
        names_decided(readings),
    )


def _readings(columns: Sequence[Column], spoken: frozenset[str]) -> list[Candidate]:
    main = _main_languages(columns)
    found = (one for column in columns for one in candidates(column, spoken))
    return [one for one in found if not _is_of_another_language(one, main)]


def _main_languages(columns: Iterable[Column]) -> frozenset[str]:
    """Give the languages in which the most headers name one field and no other."""
    named = (languages_by_field(" ".join(column.words)) for column in columns)
    spoken = Counter(
        language for one in named if len(one) == 1 for (found,) in (one.values(),) for language in found
    )
    most = max(spoken.values(), default=0)
    return frozenset(language for language, count in spoken.items() if count == most)


def _is_of_another_language(one: Candidate, main: frozenset[str]) -> bool:
    """Tell the Slovak region and the Slovenian town from the country that ``Kraj`` is in a Polish file."""
    named = languages_by_field(" ".join(one.column.words))
    own = {name for name, languages in named.items() if languages & main}
    return one.field in named and bool(own) and one.field not in own


def _languages(columns: Iterable[Column]) -> frozenset[str]:
    """Give the languages of the headers that are a field's name to the letter; English is everywhere."""
    phrases = {" ".join(column.words) for column in columns} - set(ONLY_SPOKEN)
    return frozenset({"en"}).union(*map(languages_of, phrases))


def _people(choice: _Choice) -> Iterator[Guess]:
    halves = [name for name in ("firstName", "lastName") if choice.of(name)]
    if _is_filled(choice, "name") and not any(_is_filled(choice, name) for name in halves):
        halves = []  # a booking tool has columns for the halves that nobody fills
    for name in halves:
        half = _single(choice, name)
        yield _with_surname_prefix(choice, half) if name == "lastName" else half
    if choice.of("name") and not halves:
        yield from _whole_names(choice)
    elif choice.of("name") and len(halves) < 2:
        yield _single(choice, "name")
    if choice.of("companyName"):
        listed = [one for one in choice.of("companyName") if one.number == 1][:2] or choice.of("companyName")[
            :1
        ]
        more = "; the first cell that is not blank counts" if len(listed) > 1 else ""
        yield Guess(
            field="companyName",
            columns=choice.use(listed),
            reason=listed[0].reason + more,
            strength=listed[0].strength,
        )


def _with_surname_prefix(choice: _Choice, surname: Guess) -> Guess:
    """Join van der, de or von to the last name that it is a part of."""
    found = [one for one in choice.of("surnamePrefix") if one.column.filled][:1]
    if not found or any(sign in header for header in (*surname.headers, found[0].header) for sign in "{}"):
        return surname
    prefix = choice.use(found)
    return replace(
        surname,
        columns=prefix + surname.columns,
        template=f"{{{found[0].header}}} {{{surname.headers[0]}}}",
        reason=f"{surname.reason}; what stands before it joined to it",
    )


def _is_filled(choice: _Choice, name: str) -> bool:
    return any(one.column.filled for one in choice.of(name))


def _whole_names(choice: _Choice) -> Iterator[Guess]:
    """Split or turn whole names where the values show their order; all others are sent as they stand."""
    companies = frozenset(value for one in choice.of("companyName") for value in one.column.values)
    whole = _single(choice, "name")
    order = name_order(whole.columns[0], companies)
    match order:
        case NameOrder.AS_SPOKEN:
            yield whole
        case NameOrder.SPLITTABLE:
            reason = f"{whole.reason}; its values are written last name first, with a comma"
            for name, step in (("firstName", "first_name"), ("lastName", "last_name")):
                yield replace(whole, field=name, transforms=(step,), reason=reason)
        case NameOrder.TURNABLE:
            some = "some of its values are written last name first, with a comma, and are turned round"
            yield replace(whole, transforms=("full_name",), doubts=(_name_doubt(some),))
        case NameOrder.BEHIND_A_COMPANY:
            said = "some of its values begin with a company and a comma: sent as they stand"
            yield replace(whole, doubts=(_name_doubt(said),))
        case NameOrder.SAID_TO_BE_TURNED:
            said = "its header says that the last name comes first, and no comma shows where it ends: sent as it stands"
            yield replace(whole, doubts=(_name_doubt(said),))


def _name_doubt(sentence: str) -> Doubt:
    return Doubt(code=DoubtCode.NAME_ORDER, sentence=sentence)


def _single(choice: _Choice, name: str) -> Guess:
    best = choice.of(name)[0]
    return Guess(field=name, columns=choice.use([best]), reason=best.reason, strength=best.strength)


def _reached(choice: _Choice) -> Iterator[Guess]:
    for name, rank in (("email", _email_rank), ("phone", _phone_rank)):
        if found := sorted(choice.of(name), key=rank):
            taken = choice.use(fallbacks(found, choice.readings))
            yield Guess(
                field=name,
                columns=taken,
                reason=found[0].reason,
                strength=found[0].strength,
                doubts=tuple(fallback_doubts(name, taken)),
            )


def _email_rank(one: Candidate) -> tuple[int, ...]:
    return is_companion(one), one.number, PLACE_RANK.get(one.place, UNRANKED), one.column.place


def _phone_rank(one: Candidate) -> tuple[int, ...]:
    """Mobile numbers first: they can be texted; before them the one that a card says to take."""
    mobile = not one.number or bool(set(one.column.words) & _MOBILE)
    return is_companion(one), not mobile, one.number, PLACE_RANK.get(one.place, UNRANKED), one.column.place


def _addresses(choice: _Choice, groups: Sequence[AddressGroup]) -> Iterator[Guess]:
    parts = chosen_parts(groups)
    beside = others_in_words(groups)
    for name in ADDRESS:
        best = parts.get(name)
        if best is None or best.column.place in choice.used:
            continue
        reason = f"{best.reason}; {beside}" if beside and best.place == groups[0].place else best.reason
        found = Guess(field=name, columns=choice.use([best]), reason=reason, strength=best.strength)
        yield _with_second_line(choice, found, best.place) if name == "address1" else found
    yield from _code_and_town(choice, [name for name in CODE_AND_TOWN_STEPS if name not in parts])


def _code_and_town(choice: _Choice, lacking: Sequence[str]) -> Iterator[Guess]:
    """Cut postcode and town out of one column, where they have none of their own."""
    if not lacking or not choice.of("postalCity"):
        return
    both = _single(choice, "postalCity")
    for name in lacking:
        reason = f"{both.reason}; {both.headers[0]} holds postcode and town"
        yield replace(both, field=name, transforms=(CODE_AND_TOWN_STEPS[name],), reason=reason)


def _with_second_line(choice: _Choice, street: Guess, place: str) -> Guess:
    """Join the other lines to the street: of the same place, or of none where no group has one."""
    seconds = [one for one in choice.of("address2") if one.place == place or not one.place]
    more = further_lines(street.headers[0], seconds)
    if more is None:
        return street
    return replace(
        street,
        columns=street.columns + choice.use(more.lines),
        template=more.template,
        reason=f"{street.reason}; the {more.what} joined to it",
    )


def _others(choice: _Choice) -> Iterator[Guess]:
    for name in ("website", "timezone", "source"):
        if choice.of(name):
            yield _single(choice, name)
    if choice.of("dateOfBirth"):
        born = with_layout(_single(choice, "dateOfBirth"))
        # In an address book a birthday without its year is no mistake, and may stand below the rows looked at.
        yield replace(born, drop_invalid=card_name(born.headers[0]) is not None)
    if genders := choice.of("gender"):
        spelt = {
            value: said
            for value in genders[0].column.few
            if (said := gender(value)) and value.lower() != said
        }
        yield replace(_single(choice, "gender"), map=spelt or None, keep_unmapped=True)


def _tags(choice: _Choice) -> Guess | None:
    found = [one for one in choice.of("tags") if one.column.filled] or choice.of("tags")[:1]
    if not found:
        return None
    taken = choice.use(found)
    split = separator(taken)
    return Guess(
        field="tags",
        columns=taken,
        reason=found[0].reason,
        split=split,
        map=_starred(taken, split),
        doubts=tuple(_separators_doubt(taken, split)),
    )


def _separators_doubt(columns: Sequence[Column], split: str) -> Iterator[Doubt]:
    """Say that some cells separate otherwise: two tags would become one that nobody made."""
    others = [
        sign
        for sign in ";|"
        if sign not in split and any(sign in value for one in columns for value in one.values)
    ]
    if others:
        said = f"tags are split at {split.strip() or split!r}, and some cells have {' and '.join(others)} between words: write them alike"
        yield Doubt(code=DoubtCode.SEPARATORS, sentence=said)


def _starred(columns: Sequence[Column], split: str) -> Mapping[str, str] | None:
    """Take Google's own groups out of their stars; the one that holds everybody says nothing."""
    tags = {tag.strip() for column in columns for value in column.few for tag in value.split(split)}
    starred = sorted(tag for tag in tags if tag.startswith("* "))
    return {tag: "" if tag == "* myContacts" else tag[2:] for tag in starred} or None


def separator(columns: Sequence[Column]) -> str:
    """Find what stands between several values of a cell: the sign that splits the most cells, else the comma."""
    hits = {sign: sum(sign in value for column in columns for value in column.values) for sign in _SEPARATORS}
    best = max(hits, key=lambda sign: hits[sign])
    return best if hits[best] else ","
