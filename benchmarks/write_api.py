"""Write docs/api.md again, the library's whole face from its signatures and docstrings; a test says when that is due."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import importer
from importer.api import options

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
INTRODUCTION = """\
# Library reference

Everything that `import importer` gives. [From Python](library.md) shows how it is used, by programs that run; this page is written from the signatures and docstrings,
and `help(importer.run)` shows the same. Whatever is not listed here may change with any version.

`Reference` stands for a path or a text, `Sources` for one of them or several, `Json` for what JSON can say.

<!-- written by `python benchmarks/write_api.py` -->
"""
ONLY = {
    "Mapping": ("name", "text", "fingerprint", "headers", "row_object", "mode", "tag_mode", "fixed_location"),
    "Source": ("name", "header", "detected", "__iter__"),
}
"""Of nouns that the engine works with as well, what a program may rely on."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    faces = {name: getattr(importer, name) for name in importer.__all__ if name != "__version__"}
    errors = {name: face for name, face in faces.items() if name.endswith("Error")}
    nouns = {name: face for name, face in faces.items() if inspect.isclass(face) and name not in errors}
    functions = {name: face for name, face in faces.items() if name not in {*nouns, *errors}}
    written = [
        INTRODUCTION,
        *contents(functions, nouns, errors),
        "## Functions\n",
        *(
            line
            for name in functions
            if not name.endswith("_async")
            for line in function_lines(name, functions)
        ),
        "## Options\n",
        *option_lines(),
        "## Nouns\n",
        *(line for name, noun in nouns.items() for line in noun_lines(name, noun)),
        "## Errors\n",
        *error_lines(errors),
    ]
    return "\n".join(written)


def contents(*groups: dict[str, Any]) -> Iterator[str]:
    for title, names in zip(("Functions", "Nouns", "Errors"), groups, strict=True):
        links = (f"[`{name}`](#{name.lower()})" for name in names if not name.endswith("_async"))
        yield f"- {title}: {' · '.join(links)}"
    yield ""


def function_lines(name: str, functions: dict[str, Any]) -> Iterator[str]:
    """Write a function, with its form for code within an event loop, and the options that both take."""
    yield f"### {name}\n"
    forms = [definition_of(functions[form]) for form in (f"{name}_async", name) if form in functions]
    for form in reversed(forms):
        yield from fenced(signature(form, of=f"importer.{name if form is forms[-1] else f'{name}_async'}"))
    for form in forms:
        yield from prose(ast.get_docstring(form))
    if taken := options_taken(forms[-1]):
        yield f"[Options](#options): {', '.join(f'`{option}`' for option in get_type_hints(taken))}.\n"


def option_lines() -> Iterator[str]:
    yield "Each is a keyword; one that is left out, or None, is as on the command line.\n"
    yield "| option | type | |"
    yield "|---|---|---|"
    for name, (kind, means) in documented_options().items():
        yield f"| `{name}` | `{cell(kind.removesuffix(' | None'))}` | {cell(means)} |"
    yield ""


def noun_lines(name: str, noun: type) -> Iterator[str]:
    yield f"### {name}\n"
    definition = definition_of(noun)
    assert isinstance(definition, ast.ClassDef)
    yield from prose(ast.get_docstring(definition))
    wanted = ONLY.get(name)
    attributes = [each for each in attributes_of(definition) if wanted is None or each[0] in wanted]
    if attributes:
        yield "| attribute | type | |"
        yield "|---|---|---|"
        yield from (
            f"| `{each}` | {f'`{cell(kind)}`' if kind else ''} | {cell(means)} |"
            for each, kind, means in attributes
        )
        yield ""
    for method in methods_of(definition):
        if wanted is None or method.name in wanted:
            shown = (
                f"iter({name.lower()})"
                if method.name == "__iter__"
                else signature(method, of=f".{method.name}")
            )
            yield from fenced(shown)
            yield from prose(ast.get_docstring(method))


def error_lines(errors: dict[str, type[importer.ImporterError]]) -> Iterator[str]:
    from importer import errors as tree

    told = inspect.cleandoc(tree.__doc__ or "").split("\n\n")
    yield from prose(told[0])
    yield from fenced(textwrap.dedent(told[1]), language="text")
    yield from prose(told[2].partition("\n")[0])
    yield "| error | `.code` | |"
    yield "|---|---|---|"
    for name, error in errors.items():
        means = ast.get_docstring(definition_of(error)) or ""
        yield f'| <a id="{name.lower()}"></a>`{name}` | `{error.code}` | {cell(means)} |'
    yield ""


def definition_of(face: Any) -> Any:
    """Parse what a function or class was written as, decorators laid aside."""
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(face)))).body[0]


def signature(function: Function, *, of: str) -> str:
    arguments = re.sub(r"^self(, )?", "", ast.unparse(function.args))
    arguments = re.sub(r"\*\*options: .*$", "**options", arguments)
    gives = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    awaited = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    return f"{awaited}{of}({arguments}){gives}"


def options_taken(function: Function) -> type | None:
    """Give the options that a function unpacks, where it takes any."""
    taken = function.args.kwarg
    if taken is None or not isinstance(taken.annotation, ast.Subscript):
        return None
    found: type = getattr(options, ast.unparse(taken.annotation.slice))
    return found


@cache
def documented_options() -> dict[str, tuple[str, str]]:
    """Give each option's type, as it is written, and what it means."""
    found = {}
    for node in ast.walk(ast.parse(inspect.getsource(options))):
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(slice=ast.Tuple(elts=[kind, ast.Constant(value=str(means))])),
            ):
                found[name] = (ast.unparse(kind), means)
    return found


def attributes_of(definition: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Yield what an object has: fields with what is said below each, attributes that are explained, properties."""
    yield from assigned_in(definition.body)
    for function in functions_in(definition):
        if function.name == "__init__":
            yield from (each for each in assigned_in(function.body) if each[2])
        elif is_property(function) and not function.name.startswith("_"):
            gives = ast.unparse(function.returns) if function.returns else ""
            yield function.name, gives, ast.get_docstring(function) or ""


def assigned_in(body: list[ast.stmt]) -> Iterator[tuple[str, str, str]]:
    for statement, below in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.AnnAssign(target=target, annotation=annotation):
                kind = ast.unparse(annotation)
            case ast.Assign(targets=[target], value=value):
                kind = repr(value.value) if isinstance(value, ast.Constant) else ""
            case _:
                continue
        name = ast.unparse(target).removeprefix("self.")
        if not name.startswith("_") and not kind.startswith("ClassVar"):
            yield name, kind, text_of(below)


def text_of(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return inspect.cleandoc(text)
        case _:
            return ""


def methods_of(definition: ast.ClassDef) -> Iterator[Function]:
    """Yield methods that are explained; what is not is no part of the face."""
    for function in functions_in(definition):
        named = not function.name.startswith("_") or function.name == "__iter__"
        if named and not is_property(function) and ast.get_docstring(function):
            yield function


def functions_in(definition: ast.ClassDef) -> Iterable[Function]:
    return (each for each in definition.body if isinstance(each, Function))


def is_property(function: Function) -> bool:
    return any(ast.unparse(each) in {"property", "cached_property"} for each in function.decorator_list)


def fenced(text: str, *, language: str = "py") -> Iterator[str]:
    # Not "python": blocks of that name are programs, which the tests run.
    yield f"```{language}\n{text}\n```\n"


def prose(docstring: str | None) -> Iterator[str]:
    """Write a docstring's paragraphs, each on one line and its code between single backticks."""
    for paragraph in filter(None, (docstring or "").split("\n\n")):
        yield f"{sentence(paragraph)}\n"


def sentence(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip()


def cell(text: str) -> str:
    """Put a text on one line, with nothing in it that would end a cell of a table."""
    return sentence(text).replace("|", "\\|")


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
