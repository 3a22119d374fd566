"""Examples that a mapping carries: a row, and what has to become of it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from importer.codes import BY_NAME
from importer.mapping.language.scalars import Header, one_or_more
from importer.yaml.section import TEXT_SCHEMA, AfterValidator, NotEmpty, Section, Text, WithJsonSchema, key
from importer.yaml.sentences import did_you_mean


def _known_code(name: str) -> str:
    if name not in BY_NAME:
        raise ValueError(
            f"{name!r} is no code.{did_you_mean(name, BY_NAME)} `importer explain` lists what there is."
        )
    return name


CodeName = Annotated[str, AfterValidator(_known_code), WithJsonSchema(TEXT_SCHEMA)]
ExpectedValue: TypeAlias = Text | tuple[Text, ...]
Expected: TypeAlias = ExpectedValue | dict[Text, ExpectedValue]


class RowExample(Section):
    """A row, and what has to become of it: what it sends, or the code that it ends with."""

    name: Text | None = key(default=None, description="What the example shows, in words.")
    row: Annotated[dict[Header, Text], NotEmpty()] = key(
        description="Cells by their column; columns that are not named are blank."
    )
    sends: dict[Text, Expected] | None = key(
        default=None,
        description="Values by field, as they have to go out; `tags`, `custom_fields` and `location` stand beside the fields. "
        '"" means: is not sent. Fields that are not named may hold anything.',
    )
    code: CodeName | None = key(
        default=None, description="The code that the row fails or is skipped with, in place of `sends`."
    )
    warns: one_or_more(CodeName) = key(  # type: ignore[valid-type]
        default=(), description="Codes of warnings that the row has to carry."
    )

    def _check(self) -> None:
        if (self.sends is None) == (self.code is None):
            raise ValueError("An example says what the row sends, or the code that it ends with.")
