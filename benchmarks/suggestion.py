"""How right `importer suggest` is over labelled exports: python benchmarks/suggestion.py [SET] [-v]"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.suggestion.scoring import LABELS, Score, score_set


def main() -> None:
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    for kind in wanted or LABELS:
        show(kind, score_set(kind), verbose="-v" in sys.argv)


def show(kind: str, total: Score, *, verbose: bool) -> None:
    headers = sum(len(expected) for expected in LABELS[kind].values())
    print(
        f"{kind:9} {len(LABELS[kind]):3} exports, {headers} headers: "
        f"precision {total.precision:.3f} ({total.right} of {total.right + len(total.wrong)} guesses right), "
        f"recall {total.recall:.3f} ({total.right} of {total.right + len(total.missed)} found); "
        f"identifiers wrong {len(total.wrong_identifiers)} of {total.identifiers}, "
        f"consent columns wrong {len(total.wrong_consents)} of {total.consents}"
    )
    if verbose:
        for title, found in (
            ("wrong", total.wrong),
            ("missed", total.missed),
            ("identifier", total.wrong_identifiers),
            ("consent", total.wrong_consents),
        ):
            print("".join(f"    {title}: {one}\n" for one in found), end="")


if __name__ == "__main__":
    main()
