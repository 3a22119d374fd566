"""Precision and recall of `importer suggest` over labelled exports: python benchmarks/suggestion.py [-v]"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

TESTS = Path(__file__).parent.parent / "tests"
FOLDERS = {
    "tuned": TESTS / "mappings" / "exports",
    "second": TESTS / "suggestion" / "second",  # held out for the first version, looked at since
    "held_out": TESTS / "suggestion" / "held_out",  # never looked at while the rules were written
}


@dataclass
class Score:
    """Counts over headers; a label of "?" counts nowhere, "a|b" takes either."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))

    def __iadd__(self, other: Score) -> Self:
        self.right += other.right
        self.wrong += other.wrong
        self.missed += other.missed
        return self


def labels() -> dict[str, dict[str, dict[str, str]]]:
    read: dict[str, dict[str, dict[str, str]]] = json.loads(
        (TESTS / "suggestion" / "labels.json").read_text(encoding="utf-8")
    )
    return read


def score(path: Path, expected: dict[str, str]) -> Score:
    from importer.reading import open_source
    from importer.suggestion import suggest

    chosen = suggest(open_source(path)).chosen()
    counted = Score()
    for header, label in expected.items():
        if label == "?":
            continue
        guess = chosen.get(header)
        if (guess or "") in label.split("|"):
            counted.right += guess is not None
            continue
        if guess is not None:
            counted.wrong.append(f"{path.stem}: {header!r} is {label or 'no field'}, guessed {guess}")
        if label:
            counted.missed.append(f"{path.stem}: {header!r} is {label}, guessed {guess or 'nothing'}")
    return counted


def score_set(name: str) -> Score:
    total = Score()
    for export, expected in labels()[name].items():
        total += score(FOLDERS[name] / f"{export}.csv", expected)
    return total


def main() -> None:
    for name, exports in labels().items():
        if sys.argv[1:2] == ["tuned"] and name != "tuned":
            continue
        total = score_set(name)
        headers = sum(len(expected) for expected in exports.values())
        print(
            f"{name:9} {len(exports):3} exports, {headers} headers: "
            f"precision {total.precision:.3f} ({total.right} of {total.right + len(total.wrong)} guesses right), "
            f"recall {total.recall:.3f} ({total.right} of {total.right + len(total.missed)} found)"
        )
        if "-v" in sys.argv:
            print("\n".join(f"    wrong:  {one}" for one in total.wrong))
            print("\n".join(f"    missed: {one}" for one in total.missed))


if __name__ == "__main__":
    main()
