"""Who a row is, as a mapping says it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from importer.mapping.language.scalars import FieldName, Header, Region, one_or_more
from importer.records import MatchKey
from importer.yaml.section import NonEmptyText, Section, key


class SharedKeyPolicy(StrEnum):
    """What becomes of a key that somebody else had before."""

    LEAVE_OUT = "leave_out"
    SEND = "send"
    FAIL = "fail"


class MatchBy(Section):
    """What finds the contact of a row, before its e-mail and phone."""

    custom_field: NonEmptyText = key(
        description="The custom field, as its rule under `custom_fields` is called; that rule gives each row its value."
    )


class Match(Section):
    """Who a row is."""

    by: MatchBy | None = key(
        default=None,
        description="Find contacts by a custom field's value first, such as the number of another system: "
        "`{custom_field: ERP Id}`. Each row needs the value. A contact that has none yet is found by e-mail or phone, and gets "
        "it. Rows are compared with the location's contacts first, as `--compare` does.",
    )

    require: one_or_more(FieldName) | None = key(  # type: ignore[valid-type]
        default=None,
        description="A row needs any of these; else it fails. Unless said: email, phone or id, since the vendor "
        "refuses a contact without; with `by`, that value alone.",
    )
    in_file_duplicates: Literal["in_order", "first", "last", "merge", "fail"] = key(
        default="in_order",
        description="Rows of one person, by e-mail or phone: sent one after the other (in_order); only the first; "
        "only the last; merged into one (later non-blank values win, tags are united); or all of them fail. "
        "An opt-out (do not disturb) of any of them wins over what the others say. Each file is "
        "looked at by itself: rows of one person in two files are sent in the order of the files.",
    )
    ambiguous: Literal["skip", "send"] = key(
        default="skip",
        description="Rows that could be several people, where the location's contacts were read before: fail and are "
        "not sent, or are left to HighLevel's own matching.",
    )
    shared_key: SharedKeyPolicy = key(
        default=SharedKeyPolicy.LEAVE_OUT,
        description="Different people with one phone or e-mail, who would become one contact: the first that is sent keeps "
        "it and later ones go without, with a warning, or fail where they have nothing else to be matched by (leave_out); "
        "all of them are sent with it (send); later ones fail (fail). Rows that share a phone are different people when "
        "their names differ and they have not the same e-mail; rows that share an e-mail, when their names and their phones "
        "differ. Decided before in_file_duplicates, and remembered for later files into the same location.",
    )


class Suppress(Section):
    """People who are sent nothing."""

    file: NonEmptyText = key(
        description="The list: any file that could be imported, by its path from the mapping's own folder, or a URL. Where it "
        "is missing or cannot be read, nothing is sent."
    )
    on: one_or_more(MatchKey) = key(  # type: ignore[valid-type]
        default=(MatchKey.EMAIL, MatchKey.PHONE),
        description="What people are known by there: email, phone. Unless said, whichever of the two the list has.",
    )
    columns: dict[MatchKey, one_or_more(Header)] = key(  # type: ignore[valid-type]
        default={},
        description="The list's columns of e-mails and phones; all that are named count. Unless said, those whose header or "
        "cells tell it.",
    )
    region: Region | None = key(
        default=None,
        description="The country of the list's phone numbers that do not name theirs. Unless said, that of the mapping.",
    )
