"""Change the pure modules one place at a time and count how many changes some test notices (mutmut does the changing).

python benchmarks/mutation.py [MODULE ...] [--sample N] [--least PERCENT] [--survivors]

MODULE is one of the keys of MODULES below, all by default. ``--sample N`` tries N changes of each module, drawn at
random (and printed with their seed) instead of all; ``--least`` ends with 1 below that share of noticed changes;
``--survivors`` prints each change that no test noticed, as a diff. A change that cannot be told from the original by
any input counts as unnoticed here: read the survivors before believing the score.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MODULES = {
    # name: (file, tests that are to notice)
    "retry": ("importer/sending/retry.py", ["tests/sending"]),
    "lanes": ("importer/sending/lanes.py", ["tests/sending/test_lanes.py"]),
    "evidence": ("importer/sending/row/evidence.py", ["tests/sending"]),
    "day": ("importer/sending/pace/day.py", ["tests/sending/test_day.py"]),
    "quota": ("importer/highlevel/quota.py", ["tests/highlevel/test_quota.py"]),
    "reply": ("importer/highlevel/reply.py", ["tests/highlevel/test_reply.py"]),
    "numbers": (
        "importer/mapping/values/numbers.py",
        [
            "tests/mapping/test_values_amounts.py",
            "tests/mapping/test_values_plain.py",
            "tests/mapping/test_decimal_signs.py",
        ],
    ),
}

NOTICED = {"killed", "timeout", "suspicious", "segfault", "caught by type check"}
UNNOTICED = {"survived", "no tests"}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # No choices: Python 3.11 checks an empty list of words against them, too, and refuses it.
    words.add_argument("modules", nargs="*", metavar="MODULE")
    words.add_argument("--sample", type=int)
    words.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    words.add_argument("--least", type=float, default=0.0)
    words.add_argument("--survivors", action="store_true")
    given = words.parse_args()
    if unknown := [name for name in given.modules if name not in MODULES]:
        words.error(f"unknown module {unknown[0]}; there are {', '.join(MODULES)}")
    if given.sample is not None:
        print(f"seed {given.seed}")
    print(f"{'module':<10} {'changes':>8} {'noticed':>8} {'share':>7}")
    whole: Counter[bool] = Counter()
    for module in given.modules or MODULES:
        noticed = judge(module, sample=given.sample, seed=given.seed, survivors=given.survivors)
        whole += noticed
        print_line(module, noticed)
    print_line("all", whole)
    return int(share(whole) < given.least)


def print_line(name: str, noticed: Counter[bool]) -> None:
    print(f"{name:<10} {noticed.total():>8,} {noticed[True]:>8,} {share(noticed):>6.1f}%", flush=True)


def share(noticed: Counter[bool]) -> float:
    return 100 * noticed[True] / max(1, noticed.total())


def judge(module: str, *, sample: int | None, seed: int, survivors: bool) -> Counter[bool]:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        copy_tree(work)
        configure(work, *MODULES[module])
        chosen: list[str] = []
        if sample is not None:
            mutmut(work, "run", "nothing.at.all", check=False)  # writes the changes down, runs none
            everything = list(results(work))
            chosen = random.Random(seed).sample(everything, min(sample, len(everything)))
        mutmut(work, "run", *chosen, check=False)
        found = results(work)
        judged = {name: status for name, status in found.items() if status in NOTICED | UNNOTICED}
        if not judged:
            sys.exit(f"mutmut judged no change of {module}: run `mutmut run` in a copy by hand and see why.")
        if survivors:
            for change in (name for name, status in judged.items() if status in UNNOTICED):
                print(mutmut(work, "show", change))
        return Counter(status in NOTICED for status in judged.values())


def copy_tree(work: Path) -> None:
    """Copy what git knows; the changes are made there and nowhere else."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (source := ROOT / name).is_file():
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def configure(work: Path, file: str, tests: list[str]) -> None:
    quoted = ", ".join(f'"{each}"' for each in ["-p", "no:cacheprovider", *tests])
    others = ", ".join(
        f'"{each.name}"' for each in work.iterdir() if each.name not in {"tests", ".git", "importer"}
    )
    with (work / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(
            f'\n[tool.mutmut]\nsource_paths = ["importer"]\nonly_mutate = ["{file}"]\n'
            f"pytest_add_cli_args_test_selection = [{quoted}]\nalso_copy = [{others}]\n"
        )


def results(work: Path) -> dict[str, str]:
    """Read ``name: status`` lines."""
    lines = mutmut(work, "results", "--all", "true").splitlines()
    pairs = (line.strip().rsplit(": ", 1) for line in lines if ": " in line)
    return dict(pairs)


def mutmut(work: Path, *words: str, check: bool = True) -> str:
    command = [sys.executable, "-m", "mutmut", *words]
    ended = subprocess.run(command, cwd=work, check=False, capture_output=True, text=True)
    if check and ended.returncode:
        sys.exit(
            f"mutmut {words[0]} ended with {ended.returncode}:\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
        )
    return ended.stdout


if __name__ == "__main__":
    sys.exit(main())
