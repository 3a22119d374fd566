"""What models of our YAML files are made of. Each scalar arrives as text (``importer.yaml.document``)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema

# Editors check a file as YAML with types; to them 5 and true are no texts, to us they are.
TEXT_SCHEMA: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
TEXTS_SCHEMA: Final[dict[str, Any]] = {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}

Text = Annotated[str, WithJsonSchema(TEXT_SCHEMA)]
FilledText = Annotated[str, StringConstraints(min_length=1), WithJsonSchema(TEXT_SCHEMA)]
Flag = Annotated[bool, WithJsonSchema({"type": "boolean"})]


class StrictModel(BaseModel):
    """A section of a file: a key that it does not know is a fault, and what was read stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
