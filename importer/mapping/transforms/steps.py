"""Named transforms: the steps a cell's text goes through on its way to a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

from importer.mapping.transforms import patterns
from importer.mapping.values import booleans, names, numbers, places
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dateformats import check_format
from importer.mapping.values.dates import DateRules, is_no_date, read_date
from importer.mapping.values.days import DateReader
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.records import value_type
from importer.runtime.regex import regex
from importer.yaml.section import BeforeValidator, WithJsonSchema
from importer.yaml.sentences import did_you_mean

StepFunction: TypeAlias = Callable[[str], ReadValue]
_OWN: Final = regex(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@value_type(frozen=True, slots=True)
class TransformStep:
    """One transform as the mapping names it; ``arguments`` are as written, and checked."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def own(self) -> bool:
        """A function of the user's, which runs only when the command line allows it."""
        return ":" in self.name


@value_type(frozen=True, slots=True)
class StepKind:
    """What a named transform does, for the key reference, and how it is made."""

    says: str
    make: Callable[[Mapping[str, str], Conventions], StepFunction]
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    short: str | None = None
    """The argument that a plain text stands for: ``{split: ","}``."""
    pairs: bool = False
    """The arguments are pairs of the user's own, as for replace."""


def _plain(function: Callable[[str], ReadValue]) -> Callable[[Mapping[str, str], Conventions], StepFunction]:
    return lambda _arguments, _written: function


def _trim(text: str) -> str:
    # A text that needs none stays the very same: behind a workbook's cell stands its value.
    trimmed = text.strip()
    return text if trimmed == text else trimmed


def strip_html(text: str) -> str:
    """Take tags out; breaks and paragraphs become line breaks, entities their characters."""
    import html  # two thousand names of signs, which few files need

    for tag in ("script", "style"):
        # Only where one is closed: looking for an end that is not there takes the square of the text's length.
        if f"</{tag}" in text.lower():
            text = re.sub(rf"(?is)<{tag}\b[^<]*(?:<(?!/{tag})[^<]*)*</{tag}\s*>", "", text)
    text = re.sub(r"(?i)<br\s*/?>|</(?:p|div|li|tr|h\d)\s*>", "\n", text)
    text = html.unescape(re.sub(r"<[^<>]*>", "", text))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _title(text: str) -> str:
    # str.title() makes "O'Brien'S" and "Mcdonald's"-like damage after each apostrophe.
    return re.sub(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", lambda match: _title_word(match[0]), text)


def _title_word(word: str) -> str:
    # O'Brien has two capitals, don't has one: what tells them apart is the single letter in front.
    parts = re.split(r"((?<=^[^\W\d_])['\u2019])", word, maxsplit=1)
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


def _first(text: str, by: str | None) -> str:
    return next(iter(_parts(text, by)), "")


def _last(text: str, by: str | None) -> str:
    return next(reversed(_parts(text, by)), "")


def _parts(text: str, by: str | None) -> list[str]:
    return [part.strip() for part in text.split(by) if part.strip()]


def _split(text: str, by: str, part: int) -> str:
    parts = text.split(by)
    index = part - 1 if part > 0 else part
    return parts[index].strip() if -len(parts) <= index < len(parts) else ""


def _replace(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _make_date(arguments: Mapping[str, str], written: Conventions) -> StepFunction:
    rules = written.dates
    own = DateRules(
        today=rules.today,
        order=arguments.get("order", rules.order),
        stated=rules.stated or "order" in arguments,
        formats=(arguments["format"],) if "format" in arguments else rules.formats,
    )
    return DateReader(own)


def _make_dated(arguments: Mapping[str, str], written: Conventions) -> StepFunction:
    # The order does not matter: what counts is that there is a date.
    rules = replace(written.dates, formats=(), birthday=False)
    return partial(_dated, meant=arguments.get("text", "yes"), rules=rules)


def _dated(text: str, meant: str, rules: DateRules) -> ReadValue:
    if is_no_date(text):
        return ""
    return text if isinstance(read_date(text, rules), ValueFault) else meant


def dates_after(steps: Iterable[TransformStep], rules: DateRules) -> DateRules:
    """Give the rules for what the steps leave: a date that one of them made is no longer in the cell's format."""
    return replace(rules, formats=()) if any(step.name == "date" for step in steps) else rules


def _make_number(arguments: Mapping[str, str], written: Conventions) -> StepFunction:
    return partial(numbers.read_number, decimal=arguments.get("decimal", written.decimal))


def _make_money(arguments: Mapping[str, str], written: Conventions) -> StepFunction:
    return partial(numbers.read_money, decimal=arguments.get("decimal", written.stated_decimal))


def _make_percent(arguments: Mapping[str, str], written: Conventions) -> StepFunction:
    return partial(numbers.read_percent, decimal=arguments.get("decimal", written.decimal))


KINDS: Final[dict[str, StepKind]] = {
    "trim": StepKind("White space at both ends goes (it always does).", _plain(_trim)),
    "collapse": StepKind("Runs of white space become one space.", _plain(lambda text: " ".join(text.split()))),
    "lower": StepKind("Lower case.", _plain(str.lower)),
    "upper": StepKind("Upper case.", _plain(str.upper)),
    "title": StepKind("The First Letter Of Each Word In Upper Case.", _plain(_title)),
    "digits": StepKind("Only the digits stay.", _plain(lambda text: re.sub(r"\D", "", text))),
    "strip_html": StepKind("HTML tags go, entities become characters.", _plain(strip_html)),
    "first": StepKind(
        "The first word; with `by`, the first part.",
        lambda arguments, _: partial(_first, by=arguments.get("by")), known=("by",), short="by",
    ),
    "last": StepKind(
        "The last word; with `by`, the last part.",
        lambda arguments, _: partial(_last, by=arguments.get("by")), known=("by",), short="by",
    ),
    "split": StepKind(
        "The text is cut at `by`, and part number `part` stays (1 is the first, -1 the last).",
        lambda arguments, _: partial(_split, by=arguments["by"], part=int(arguments.get("part", "1"))),
        required=("by",), known=("by", "part"), short="by",
    ),
    "regex": StepKind(
        "What `pattern` finds, or its first group; with `replace`, every find is replaced (\\1 is a group). "
        "Nothing found gives a blank; `replace` then leaves the text. Texts over 1,000 characters fail, and those that take more than two seconds.",
        lambda arguments, _: patterns.compile_step(arguments["pattern"], arguments.get("replace")),
        required=("pattern",), known=("pattern", "replace"), short="pattern",
    ),
    "replace": StepKind(
        "Each key of the step is replaced by its value, wherever it stands in the text.",
        lambda arguments, _: partial(_replace, pairs=tuple(arguments.items())), pairs=True,
    ),
    "prefix": StepKind(
        "Put a text before a value that is not blank.",
        lambda arguments, _: lambda text: arguments["text"] + text if text else text,
        required=("text",), known=("text",), short="text",
    ),
    "suffix": StepKind(
        "Put a text behind a value that is not blank.",
        lambda arguments, _: lambda text: text + arguments["text"] if text else text,
        required=("text",), known=("text",), short="text",
    ),
    "date": StepKind(
        "A date, as YYYY-MM-DD.", _make_date, known=("format", "order"), short="format",
    ),
    "dated": StepKind(
        "A date becomes `text` (yes, unless said), as in a column `unsubscribed at`: whoever has a date there is meant. "
        "0000-00-00 is blank; other texts stay.",
        _make_dated, known=("text",), short="text",
    ),
    "first_name": StepKind(
        "The first name of a whole one: Ann of `Lee, Ann` and of `Ann Lee`. A text that does not show where the first name "
        "ends (three words without a comma, one word, a company) stays whole, with a warning.",
        _plain(names.read_first_name),
    ),
    "last_name": StepKind(
        "The last name of a whole one: Lee of `Lee, Ann` and of `Ann Lee`; blank where `first_name` keeps the text whole.",
        _plain(names.read_last_name),
    ),
    "full_name": StepKind(
        "`Lee, Ann` becomes Ann Lee; texts without a comma, companies (`Acme, Inc.`) and suffixes (`Lee, Jr.`) stay.",
        _plain(names.read_full_name),
    ),
    "number": StepKind(
        "A number; `decimal` says whether , or . is its decimal sign, where it can be read two ways.",
        _make_number, known=("decimal",), short="decimal",
    ),
    "money": StepKind(
        "An amount, without its currency.",
        _make_money, known=("decimal",), short="decimal",
    ),
    "percent": StepKind(
        "A share: 12 % is 12.",
        _make_percent, known=("decimal",), short="decimal",
    ),
    "boolean": StepKind("true or false.", _plain(booleans.read_boolean)),
    "only_yes": StepKind(
        "What means no becomes blank, other texts stay: for do-not-disturb, so that a no lifts no block that the contact has.",
        _plain(booleans.without_no),
    ),
    "country": StepKind("A country's code.", _plain(places.read_country)),
    "state": StepKind("The code of a US or Canadian state; other texts stay.", _plain(places.read_state)),
}  # fmt: skip


NUMBER_STEPS: Final = frozenset({"number", "money", "percent"})


def parse_step(value: Any) -> Any:
    """Read one step: a name, or a name with its arguments. ValueError says what is wrong."""
    if isinstance(value, str):
        return _named(value, {})
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(
            'A step is a name (lower) or one name with its arguments ({split: {by: ",", part: 2}}).'
        )
    [(name, given)] = value.items()
    kind = KINDS.get(name)
    if isinstance(given, str) and kind is not None and kind.short is not None:
        given = {kind.short: given}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise ValueError(f"The arguments of {name!r} are keys with texts.")
    return _named(name, given)


def _named(name: str, arguments: dict[str, str]) -> TransformStep:
    if _OWN.fullmatch(name) and not arguments:
        return TransformStep(name)
    kind = KINDS.get(name)
    if kind is None:
        hint = (
            did_you_mean(name, KINDS)
            or f" Known: {', '.join(KINDS)}, or a function as package.module:function."
        )
        raise ValueError(f"{name!r} is no transform.{hint}")
    for key in arguments:
        if not kind.pairs and key not in kind.known:
            known = did_you_mean(key, kind.known) or f" It takes {', '.join(kind.known) or 'nothing'}."
            raise ValueError(f"{name!r} takes no {key!r}.{known}")
    if missing := [key for key in kind.required if not arguments.get(key)]:
        raise ValueError(f"{name!r} needs {' and '.join(missing)}.")
    _check(name, arguments)
    return TransformStep(name, tuple(arguments.items()))


def _check(name: str, arguments: dict[str, str]) -> None:
    match name:
        case "regex":
            patterns.check_pattern(arguments["pattern"], arguments.get("replace"))
        case "date" if "format" in arguments:
            check_format(arguments["format"])
        case "date" if arguments.get("order", "DMY") not in {"DMY", "MDY", "YMD"}:
            raise ValueError(f"{arguments['order']!r} is none of DMY, MDY, YMD.")
        case "split" if not re.fullmatch(r"-?[1-9]\d*", arguments.get("part", "1")):
            raise ValueError(f"'part' is a number such as 1, 2 or -1, not {arguments['part']!r}.")
        case "replace" if not arguments or "" in arguments:
            raise ValueError("'replace' needs pairs: {replace: {old: new}}.")
        case "number" | "money" | "percent" if arguments.get("decimal", ".") not in {".", ","}:
            raise ValueError(f"'decimal' is . or , and not {arguments['decimal']!r}.")
        case _:
            pass


def _schema() -> dict[str, Any]:
    named = {"enum": sorted(name for name, kind in KINDS.items() if not kind.required and not kind.pairs)}
    own = {"type": "string", "pattern": f"^{_OWN.pattern}$"}
    with_arguments = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            name: _arguments_schema(kind) for name, kind in KINDS.items() if kind.known or kind.pairs
        },
    }
    return {"anyOf": [named, own, with_arguments]}


def _arguments_schema(kind: StepKind) -> dict[str, Any]:
    text: dict[str, Any] = {"type": ["string", "number", "boolean"]}
    table: dict[str, Any] = {"type": "object", "description": kind.says}
    if kind.pairs:
        return {**table, "additionalProperties": text, "minProperties": 1}
    table |= {"properties": dict.fromkeys(kind.known, text), "additionalProperties": False}
    if kind.required:
        table["required"] = list(kind.required)
    return {"anyOf": [text, table], "description": kind.says} if kind.short else table


StepSpec: TypeAlias = Annotated[TransformStep, BeforeValidator(parse_step), WithJsonSchema(_schema())]


def make_step(step: TransformStep, written: Conventions) -> StepFunction:
    """Make a named step's function; a user's own comes from ``OwnSteps``."""
    return KINDS[step.name].make(dict(step.arguments), written)


def chain(functions: tuple[StepFunction, ...]) -> StepFunction:
    """Run steps one after the other; the first failing finding or blank ends the chain, a warning ends it too."""
    return functions[0] if len(functions) == 1 else Chain(functions)


class Chain:
    """Several steps as one."""

    def __init__(self, functions: tuple[StepFunction, ...]) -> None:
        self._functions = functions
        timed = [place for place, each in enumerate(functions) if isinstance(each, patterns.TimedPattern)]
        self._last_timed = max(timed, default=-1)

    def __call__(self, text: str) -> ReadValue:
        result: ReadValue = text
        for function in self._functions:
            result = function(result if isinstance(result, str) else as_text(result))
            if _ends(result):
                return result
        return result

    def prepare(self, texts: Iterable[str]) -> None:
        """Go ahead of the texts as far as the last pattern that wants them together."""
        for function in self._functions[: self._last_timed + 1]:
            prepare(function, texts)
            results = [function(text) for text in dict.fromkeys(texts) if text]
            texts = [each if isinstance(each, str) else as_text(each) for each in results if not _ends(each)]


def _ends(result: ReadValue) -> bool:
    return isinstance(result, ValueFault) or result == ""


def prepare(step: StepFunction | None, texts: Iterable[str]) -> None:
    """Show a step the texts of a block before they come one by one, where together they cost it less."""
    if isinstance(step, Chain | patterns.TimedPattern):
        step.prepare(texts)


def as_text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case _:
            return str(value)
