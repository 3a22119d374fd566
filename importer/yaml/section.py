"""What every section of a YAML file has in common when pydantic checks it: the mapping's and the job file's alike."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema


class Section(BaseModel):
    """Keys with values; a key that the section does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


# Editors check such a file as YAML with types; to them 5 and true are no texts, to us they are.
TEXT_SCHEMA: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
TEXTS_SCHEMA: Final[dict[str, Any]] = {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}

Text = Annotated[str, WithJsonSchema(TEXT_SCHEMA)]
NonEmptyText = Annotated[str, StringConstraints(min_length=1), WithJsonSchema(TEXT_SCHEMA)]
Flag = Annotated[bool, WithJsonSchema({"type": "boolean"})]
