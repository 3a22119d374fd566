"""Check files of growing size, and print seconds, CPU and peak memory.

python benchmarks/check.py [ROWS ...]        (default: 100000 1000000)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.whole_run import ROOT, write_contacts


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]
    print(f"{'rows':>10}  {'seconds':>8}  {'CPU us/row':>10}  {'peak MB':>8}")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "contacts.csv"
            write_contacts(source, rows)
            began = time.perf_counter()
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "importer", "check", str(source), "-q",
                    "-m", str(ROOT / "mappings" / "sample.yaml"),
                ]
            )  # fmt: skip
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
        if status:
            raise SystemExit(f"check of {rows} rows ended with status {status}")
        peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
        cpu = (used.ru_utime + used.ru_stime) / rows * 1e6
        print(f"{rows:>10,}  {seconds:>8.1f}  {cpu:>10.0f}  {peak:>8.0f}")


if __name__ == "__main__":
    main()
