"""Print the figures of the package's build: rooms, arrows, floors, circles, sizes of modules and of functions.

python benchmarks/house.py [--against CHECKOUT]        (the second column is then that other checkout)

A room is a file or folder at the top of importer/ (its two doors, __init__ and __main__, are none). An arrow is an import
from one room into another, counted once for each pair; imports for type checking alone are no arrows. The floor of a room
is one more than the highest floor it imports. A circle is a set of modules that import each other, however far round. The
length of a function runs from its `def` to its last line, docstring included.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "importer"
DOORS = {"__init__", "__main__"}
LARGEST = 5
SHORT_LINES = 25


@dataclass(frozen=True, kw_only=True)
class House:
    """A checkout's package, as imports and as syntax."""

    rooms: frozenset[str]
    arrows: frozenset[tuple[str, str]]
    up: frozenset[str]
    """Rooms that import the package's face, which stands above them all."""
    circles: frozenset[frozenset[str]]
    module_lines: dict[str, int]
    function_lines: tuple[int, ...]

    @property
    def floors(self) -> int:
        below = {room: {target for source, target in self.arrows if source == room} for room in self.rooms}

        @cache
        def floor(room: str) -> int:
            return 1 + max(map(floor, below[room]), default=0)

        return max(map(floor, self.rooms))


def survey(checkout: Path) -> House:
    """Read one checkout; nothing of it is imported, so two can be read in one process."""
    graph = imports_of(checkout)
    arrows = {
        (room_of(module), room_of(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    paths = sorted((checkout / PACKAGE).rglob("*.py"))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    return House(
        rooms=frozenset(filter(None, map(room_of, graph.modules))),
        arrows=frozenset(
            (source, target) for source, target in arrows if source and target and source != target
        ),
        up=frozenset(room for room, target in arrows if room and not target),
        circles=frozenset(circles_of(graph)),
        module_lines={
            str(path.relative_to(checkout / PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
            for path in paths
        },
        function_lines=tuple(sorted(length for tree in trees.values() for length in function_lines(tree))),
    )


def imports_of(checkout: Path) -> grimp.ImportGraph:
    sys.path.insert(0, str(checkout))
    try:
        return grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    finally:
        sys.path.pop(0)


def room_of(module: str) -> str:
    """Name the room of a module; a door has none."""
    name = module.removeprefix(PACKAGE).lstrip(".").partition(".")[0]
    return "" if name in DOORS else name


def circles_of(graph: grimp.ImportGraph) -> Iterator[frozenset[str]]:
    for module in graph.modules:
        both_ways = graph.find_upstream_modules(module) & graph.find_downstream_modules(module)
        if both_ways:
            yield frozenset(both_ways | {module})


def function_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def figures(house: House) -> dict[str, str]:
    lengths = house.function_lines
    short = sum(length < SHORT_LINES for length in lengths) / len(lengths)
    return {
        "rooms": f"{len(house.rooms)}",
        "modules at the root": f"{sum('/' not in name and Path(name).stem not in DOORS for name in house.module_lines)}",
        "floors": "-" if any(rooms_of(circle) for circle in house.circles) else f"{house.floors}",
        "arrows between rooms": f"{len(house.arrows)}",
        "arrows up to the face": f"{len(house.up)}",
        "circles": f"{len(house.circles)}",
        "modules": f"{len(house.module_lines)}",
        "lines": f"{sum(house.module_lines.values()):,}",
        "functions": f"{len(lengths):,}",
        **{f"lines of a function, p{share}": f"{quantile(lengths, share)}" for share in (50, 90, 99)},
        "lines of a function, longest": f"{lengths[-1]}",
        f"functions under {SHORT_LINES} lines": f"{short:.1%}",
    }


def rooms_of(circle: frozenset[str]) -> bool:
    """Say whether a circle runs through more than one room, so that no room stands above the other."""
    return len({room_of(module) for module in circle} - {""}) > 1


def quantile(ordered: tuple[int, ...], percent: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def render(houses: dict[str, House]) -> Iterator[str]:
    columns = [figures(house) for house in houses.values()]
    yield " " * 32 + "".join(f"{name:>16}" for name in houses)
    for name in columns[0]:
        yield f"{name:<32}" + "".join(f"{column[name]:>16}" for column in columns)
    for name, house in houses.items():
        largest = sorted(house.module_lines.items(), key=lambda pair: -pair[1])[:LARGEST]
        yield f"\nlargest modules ({name}): " + ", ".join(f"{module} {lines}" for module, lines in largest)
        yield from (f"circle ({name}): {', '.join(sorted(circle))}" for circle in house.circles)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", type=Path, help="another checkout, to print beside this one")
    against = parser.parse_args().against
    houses = (
        {"before": survey(against.resolve()), "after": survey(ROOT)} if against else {"today": survey(ROOT)}
    )
    print("\n".join(render(houses)))


if __name__ == "__main__":
    main()
