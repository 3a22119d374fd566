"""What a suggestion is not sure of, as values: a code for programs, a sentence for people."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Final

from importer.records import value_type


class DoubtCode(StrEnum):
    """Kinds of doubt; the names are stable."""

    CONSENT_UNCLEAR = "consent_unclear"
    """A column looks like consent, and its values are not understood: who refused is not known."""
    CONSENT_BESIDE = "consent_beside"
    """A column says who refused, on a channel that another column has already."""
    CONSENT_PARTLY = "consent_partly"
    """Some texts of a consent column are not understood, and rows with them fail."""
    CONSENT_OTHERS = "consent_others"
    """Cells of a consent column set nothing, and may be of people who refused."""
    DECEASED = "deceased"
    """A column says who has died, and no rule looks at it."""
    SOMEBODY_ELSE = "somebody_else"
    """The column is about somebody other than the contact."""
    IDENTIFIES_NOBODY = "identifies_nobody"
    """The same address, number or name in every row."""
    OTHER_ADDRESS = "other_address"
    """The column is part of an address that was not taken."""
    INVALID_VALUES = "invalid_values"
    MARKS_FOR_NOTHING = "marks_for_nothing"
    """Cells say NULL or the like."""
    SEPARATORS = "separators"
    """Cells separate their tags by another sign than most do."""
    NAME_ORDER = "name_order"
    """The last name stands first, or where the first name ends is not always shown."""
    LAYOUT_CONTRADICTED = "layout_contradicted"
    """The header states a layout of dates that the dates do not follow."""
    DATE_ORDER = "date_order"
    """No date of the column shows which of day and month stands first."""
    SHEETS_LEFT = "sheets_left"
    FALLBACK_SHARED = "fallback_shared"
    """An address or number that stands in for a blank one may be a company's, or a parcel's receiver's."""
    VALUES_REFUSED = "values_refused"
    """The header says e-mail or phone to the letter, and the values are none."""
    PHONE_REGION = "phone_region"
    """Phone numbers without a country code fit several countries, or hardly any."""


_LOUD: Final = frozenset(
    {
        DoubtCode.CONSENT_UNCLEAR,
        DoubtCode.CONSENT_BESIDE,
        DoubtCode.CONSENT_OTHERS,
        DoubtCode.DECEASED,
        DoubtCode.SEPARATORS,
        DoubtCode.SHEETS_LEFT,
        DoubtCode.PHONE_REGION,
        DoubtCode.VALUES_REFUSED,
        DoubtCode.FALLBACK_SHARED,
    }
)


_REFUSALS: Final = frozenset(
    {
        DoubtCode.CONSENT_UNCLEAR,
        DoubtCode.CONSENT_BESIDE,
        DoubtCode.CONSENT_PARTLY,
        DoubtCode.CONSENT_OTHERS,
        DoubtCode.DECEASED,
    }
)


@value_type(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One doubt; the sentence goes on from the name of the column, and quotes nobody's values."""

    code: DoubtCode
    sentence: str = field(compare=False)

    @property
    def alone(self) -> str:
        """The sentence as it stands by itself."""
        return f"{self.sentence[:1].upper()}{self.sentence[1:]}."

    def about(self, header: str) -> str:
        """Say it of a column that no rule uses."""
        return f"Column {header!r} {self.sentence}."

    @property
    def loud(self) -> bool:
        """Whether it is said where the mapping is made too: whoever overlooks it writes to people who refused."""
        return self.code in _LOUD

    @property
    def about_refusals(self) -> bool:
        """Whether the column may say who is not to be written to."""
        return self.code in _REFUSALS
