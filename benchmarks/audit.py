"""Hold an SBOM against what is known of weaknesses; where that cannot be asked, say so aloud and fail nothing.

    python benchmarks/audit.py dist/highlevel-importer-0.2.0.cdx.json

Asked is pip-audit, for the packages of PyPI that the SBOM lists.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 180


def main() -> None:
    (sbom,) = sys.argv[1:]
    code, said = judged(asked(pins(json.loads(Path(sbom).read_text(encoding="utf-8")))))
    print(said)
    sys.exit(code)


def pins(sbom: Mapping[str, Any]) -> list[str]:
    """Name the packages of PyPI in it, each in its version."""
    return [
        f"{each['name']}=={each['version']}"
        for each in sbom["components"]
        if str(each.get("purl", "")).startswith("pkg:pypi/")
    ]


def asked(pinned: list[str]) -> Mapping[str, Any]:
    """Give pip-audit's report; empty where it had no answer."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted, report = Path(scratch) / "pins.txt", Path(scratch) / "report.json"
        wanted.write_text("\n".join(pinned), encoding="utf-8")
        words = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-o", str(report)]
        try:
            subprocess.run(
                [sys.executable, "-m", "pip_audit", "-r", str(wanted), *words],
                capture_output=True,
                check=False,
                timeout=PATIENCE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return {}
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return found


def judged(report: Mapping[str, Any]) -> tuple[int, str]:
    """Give the exit code and the sentence: 1 for a known weakness, and for nothing else."""
    packages = report.get("dependencies", [])
    weak = [
        f"{each['name']} {each['version']}: {', '.join(known['id'] for known in each['vulns'])}"
        for each in packages
        if each.get("vulns")
    ]
    if weak:
        return 1, "KNOWN WEAKNESSES\n" + "\n".join(weak)
    answered = [each for each in packages if "skip_reason" not in each]
    if not answered:
        return (
            0,
            "NOT AUDITED: what is known of weaknesses could not be asked from here. Run it where it can.",
        )
    left = "".join(f"; nothing is known of {each['name']}" for each in packages if "skip_reason" in each)
    return 0, f"Nothing is known against {len(answered)} packages{left}."


if __name__ == "__main__":
    main()
