"""The mapping: a checked YAML file that turns rows into records."""

from importer.mapping.language.schema import json_schema
from importer.mapping.loading import Mapping, load_mapping, parse_mapping
from importer.mapping.resolver import Resolver
from importer.mapping.survey import BoundMapping, Surveyor

__all__ = ["BoundMapping", "Mapping", "Resolver", "Surveyor", "json_schema", "load_mapping", "parse_mapping"]
