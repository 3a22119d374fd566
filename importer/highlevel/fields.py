"""The vendor's contact fields: their names, what kind of value each takes, and which of them may be cleared."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from importer.records import RowObject, value_type


class FieldKind(StrEnum):
    """What a value has to be before the vendor takes it."""

    TEXT = "text"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    PHONES = "list of phones"
    DATE_OF_BIRTH = "birthday"
    DUE_DATE = "due date"
    AMOUNT = "amount of money"
    DEAL_STATUS = "status of a deal"
    CUSTOM = "custom field"
    PIPELINE = "pipeline"
    STAGE = "stage of a pipeline"
    BOOLEAN = "boolean"
    COUNTRY = "country"
    STATE = "state"
    POSTAL_CODE = "postal code"
    TIMEZONE = "timezone"
    WEBSITE = "website"
    USER = "user"
    DND = "do-not-disturb status"
    DND_ALL = "yes or no, or channels"
    INBOUND_DND = "do-not-disturb status (inbound)"
    CONTACT_ID = "contact id"


class FieldGroup(StrEnum):
    """What a field is about, for lists that people choose from."""

    PERSON = "person"
    REACH = "reach"
    """How somebody is reached."""
    ADDRESS = "address"
    CONSENT = "consent"
    """Who may not be written to."""
    ORIGIN = "origin"
    """Where the contact came from, and whose it is."""
    IDENTITY = "identity"
    """Which contact of the vendor's a row means."""


class Nullable(StrEnum):
    """Where null is taken for a field that no blank cell clears."""

    NOWHERE = "nowhere"
    ANYWHERE = "anywhere"
    BY_ID = "by id"
    """Only in the update of a contact that is named by its id."""


@value_type(frozen=True, slots=True, kw_only=True)
class FieldFacts:
    """One field of the upsert; ``clearable``: the published schema allows null.

    A blank cell clears what is clearable; ``nullable`` says of the others whether a cell may ask for it in words.
    """

    name: str
    label: str
    """What people call the field."""
    group: FieldGroup
    kind: FieldKind
    says: str
    clearable: bool = False
    nullable: Nullable = Nullable.NOWHERE

    @property
    def can_be_emptied(self) -> bool:
        """Whether a cell that asks for it can empty the field."""
        return self.clearable or self.nullable is not Nullable.NOWHERE


CHANNELS: Final = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
"""In the vendor's spelling; case matters to it."""

_PLAIN: Final = (
    FieldFacts(
        name="firstName",
        label="First name",
        group=FieldGroup.PERSON,
        kind=FieldKind.NAME,
        clearable=True,
        says="First name.",
    ),
    FieldFacts(
        name="lastName",
        label="Last name",
        group=FieldGroup.PERSON,
        kind=FieldKind.NAME,
        clearable=True,
        says="Last name.",
    ),
    FieldFacts(
        name="name",
        label="Full name",
        group=FieldGroup.PERSON,
        kind=FieldKind.NAME,
        clearable=True,
        says="Full name; sent unsplit.",
    ),
    FieldFacts(
        name="email",
        label="E-mail",
        group=FieldGroup.REACH,
        kind=FieldKind.EMAIL,
        nullable=Nullable.ANYWHERE,
        says="E-mail address; contacts are matched by it, so a blank clears none.",
    ),
    FieldFacts(
        name="phone",
        label="Phone",
        group=FieldGroup.REACH,
        kind=FieldKind.PHONE,
        nullable=Nullable.ANYWHERE,
        says="Phone, sent as E.164; contacts are matched by it, so a blank clears none.",
    ),
    FieldFacts(
        name="additionalPhones",
        label="Further phones",
        group=FieldGroup.REACH,
        kind=FieldKind.PHONES,
        says="Further phones, several in a cell; the vendor may put them in the place of those it has.",
    ),
    FieldFacts(
        name="address1",
        label="Street",
        group=FieldGroup.ADDRESS,
        kind=FieldKind.TEXT,
        clearable=True,
        says="Street and number.",
    ),
    FieldFacts(
        name="city", label="City", group=FieldGroup.ADDRESS, kind=FieldKind.TEXT, clearable=True, says="City."
    ),
    FieldFacts(
        name="state",
        label="State",
        group=FieldGroup.ADDRESS,
        kind=FieldKind.STATE,
        clearable=True,
        says="State or province; `codes: true` makes US and CA codes.",
    ),
    FieldFacts(
        name="postalCode",
        label="Postal code",
        group=FieldGroup.ADDRESS,
        kind=FieldKind.POSTAL_CODE,
        says="Postal code, zeros kept.",
    ),
    FieldFacts(
        name="country",
        label="Country",
        group=FieldGroup.ADDRESS,
        kind=FieldKind.COUNTRY,
        says="Country: any common name or code, sent as the vendor's code.",
    ),
    FieldFacts(
        name="website",
        label="Website",
        group=FieldGroup.REACH,
        kind=FieldKind.WEBSITE,
        clearable=True,
        says="Website; https:// is put before it if need be.",
    ),
    FieldFacts(
        name="timezone",
        label="Time zone",
        group=FieldGroup.REACH,
        kind=FieldKind.TIMEZONE,
        clearable=True,
        says="Time zone, also by its Windows name.",
    ),
    FieldFacts(
        name="type",
        label="Type",
        group=FieldGroup.ORIGIN,
        kind=FieldKind.TEXT,
        says="Type, as `lead` or `customer`; the vendor takes it for a contact that is named by `id` only.",
    ),
    FieldFacts(
        name="companyName",
        label="Company",
        group=FieldGroup.PERSON,
        kind=FieldKind.TEXT,
        clearable=True,
        says="Company.",
    ),
    FieldFacts(
        name="gender",
        label="Gender",
        group=FieldGroup.PERSON,
        kind=FieldKind.TEXT,
        says="Gender; the vendor stores it when it creates a contact only.",
    ),
    FieldFacts(
        name="source",
        label="Source",
        group=FieldGroup.ORIGIN,
        kind=FieldKind.TEXT,
        nullable=Nullable.BY_ID,
        says="Where the contact came from.",
    ),
    FieldFacts(
        name="assignedTo",
        label="Owner",
        group=FieldGroup.ORIGIN,
        kind=FieldKind.USER,
        nullable=Nullable.BY_ID,
        says="Owner: a user's id, e-mail or full name.",
    ),
    FieldFacts(
        name="dateOfBirth",
        label="Birthday",
        group=FieldGroup.PERSON,
        kind=FieldKind.DATE_OF_BIRTH,
        clearable=True,
        says="Birthday, sent as YYYY-MM-DD.",
    ),
    FieldFacts(
        name="dnd",
        label="Do not disturb",
        group=FieldGroup.CONSENT,
        kind=FieldKind.DND_ALL,
        says="Do not disturb, on all channels; a cell that lists channels (`Email, SMS`) means those alone.",
    ),
    FieldFacts(
        name="createNewIfDuplicateAllowed",
        label="Allow a second contact",
        group=FieldGroup.IDENTITY,
        kind=FieldKind.BOOLEAN,
        says="True makes a second contact where the location allows duplicates; such rows are never repeated blindly.",
    ),
    FieldFacts(
        name="id",
        label="Contact id",
        group=FieldGroup.IDENTITY,
        kind=FieldKind.CONTACT_ID,
        says="The contact's own id: the row then means that contact.",
    ),
)


def _switch(path: str, what: str, kind: FieldKind) -> tuple[FieldFacts, ...]:
    return (
        FieldFacts(
            name=path,
            label=what,
            group=FieldGroup.CONSENT,
            kind=kind,
            says=f"{what}: yes is `active` (no messages), no is `inactive`.",
        ),
        _reason(f"{path}.message", what, "text"),
    )


def _reason(path: str, what: str, form: str) -> FieldFacts:
    return FieldFacts(
        name=path,
        label=f"{what}: reason, as a {form}",
        group=FieldGroup.CONSENT,
        kind=FieldKind.TEXT,
        says=f"{what}: the reason, as a {form}.",
    )


def _channel(name: str) -> tuple[FieldFacts, ...]:
    path, what = f"dndSettings.{name}", f"Do not disturb on {name}"
    return (*_switch(path, what, FieldKind.DND), _reason(f"{path}.code", what, "code"))


_DND: Final = tuple(facts for channel in CHANNELS for facts in _channel(channel))
_INBOUND: Final = _switch("inboundDndSettings.all", "Do not disturb, inbound", FieldKind.INBOUND_DND)

FIELDS: Final[dict[str, FieldFacts]] = {facts.name: facts for facts in (*_PLAIN, *_DND, *_INBOUND)}

COMPANY_FIELDS: Final[dict[str, FieldFacts]] = {
    facts.name: facts
    for facts in (
        FieldFacts(name="name", label="Name", group=FieldGroup.IDENTITY, kind=FieldKind.TEXT, says="What the company is called; it is known again by it."),
        FieldFacts(name="phone", label="Phone", group=FieldGroup.REACH, kind=FieldKind.PHONE, says="Phone, sent as E.164."),
        FieldFacts(name="email", label="E-mail", group=FieldGroup.REACH, kind=FieldKind.EMAIL, says="E-mail address."),
        FieldFacts(name="website", label="Website", group=FieldGroup.REACH, kind=FieldKind.WEBSITE, says="Website; https:// is put before it if need be."),
        FieldFacts(name="address", label="Street", group=FieldGroup.ADDRESS, kind=FieldKind.TEXT, says="Street and number."),
        FieldFacts(name="city", label="City", group=FieldGroup.ADDRESS, kind=FieldKind.TEXT, says="City."),
        FieldFacts(name="state", label="State", group=FieldGroup.ADDRESS, kind=FieldKind.STATE, says="State or province; `codes: true` makes US and CA codes."),
        FieldFacts(name="postalCode", label="Postal code", group=FieldGroup.ADDRESS, kind=FieldKind.POSTAL_CODE, says="Postal code, zeros kept."),
        FieldFacts(name="country", label="Country", group=FieldGroup.ADDRESS, kind=FieldKind.COUNTRY, says="Country: any common name or code, sent as a code."),
        FieldFacts(name="description", label="Description", group=FieldGroup.IDENTITY, kind=FieldKind.TEXT, says="What there is to say about it."),
    )
}  # fmt: skip
"""A company's own fields (`object: company`); nothing of it is emptied by a cell."""
FINDING: Final = ("email", "phone", "id")
"""The fields by which a contact is found that a row writes nothing of."""


def facts_of(row_object: RowObject) -> dict[str, FieldFacts]:
    """Give the fields that a mapping may name, by what its rows become."""
    return COMPANY_FIELDS if row_object is RowObject.COMPANY else FIELDS


NOT_WRITABLE: Final[dict[str, str]] = {
    "additionalEmails": "the API refuses it everywhere; only one e-mail can be written, as `email`",
    "attributionSource": "the API refuses it on contacts",
    "businessId": "the API refuses it here; companyName sets the company's name",
    "dateAdded": "the vendor sets it",
    "dateUpdated": "the vendor sets it",
    "tags": "tags have their own section, `tags:`",
    "customFields": "custom fields have their own section, `custom_fields:`",
    "locationId": "the location has its own key, `location:`",
}
"""Names people try, and why they are no fields; all of them would be answered 422 for the whole row."""
