"""Build what is published, twice, and say what it is made of: source archive, wheel, SBOM and hashes.

    python benchmarks/release.py --output dist

The second wheel is built from a copy with other times and rights; one differing byte is a failure. The SBOM (CycloneDX) lists the core
install as it resolves today, beside what is vendored.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VENDORED = ROOT / "importer" / "ui" / "pages" / "vendor" / "vendored.cdx.json"
PRODUCT = "highlevel-importer"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path("dist"))
    output = parser.parse_args().output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        archive, wheel = built(output)
        compare(wheel, built_again(archive, Path(scratch)))
        sbom = output / f"{PRODUCT}-{version_of(wheel)}.cdx.json"
        sbom.write_text(json.dumps(bill(wheel, Path(scratch)), indent=2) + "\n", encoding="utf-8")
    sums = "".join(f"{sha256(file)}  {file.name}\n" for file in (archive, wheel, sbom))
    (output / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(sums, end="")


def run(*words: str | Path, **environment: str) -> None:
    done = subprocess.run(
        words, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}")


def stamp() -> str:
    """Give the moment that the archives carry: what the environment says, else that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    if git := shutil.which("git"):
        words = [git, "-C", str(ROOT), "log", "-1", "--format=%ct"]
        if said := subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip():
            return said
    return "1580601600"  # no clone: what the builder takes where nothing is said


def built(output: Path) -> tuple[Path, Path]:
    """Build the source archive, and the wheel from that archive alone."""
    run(sys.executable, "-m", "build", "--outdir", output, ROOT, SOURCE_DATE_EPOCH=stamp())
    (archive,) = output.glob("*.tar.gz")
    (wheel,) = output.glob("*.whl")
    return archive, wheel


def built_again(archive: Path, scratch: Path) -> Path:
    """Build the wheel once more, where every file is younger and for its owner alone."""
    with tarfile.open(archive) as opened:
        opened.extractall(scratch / "sources", filter="data")
    (sources,) = (scratch / "sources").iterdir()
    for path in sources.rglob("*"):
        os.utime(path)
        path.chmod(0o700 if path.is_dir() else 0o600)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", scratch, sources, SOURCE_DATE_EPOCH=stamp())
    (wheel,) = scratch.glob("*.whl")
    return wheel


def compare(wheel: Path, again: Path) -> None:
    if again.read_bytes() != wheel.read_bytes():
        raise SystemExit(f"{wheel.name} is not reproducible: {sha256(wheel)}, then {sha256(again)}")


def bill(wheel: Path, scratch: Path) -> dict[str, Any]:
    """List what an empty environment has once the wheel is installed into it, and what the wheel brings itself."""
    place = scratch / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", place)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "-q", "--disable-pip-version-check", wheel
    )
    listed = scratch / "installed.json"
    cyclonedx = ("-m", "cyclonedx_py", "environment", "--output-reproducible")
    run(sys.executable, *cyclonedx, "-o", listed, python, SOURCE_DATE_EPOCH=stamp())
    found: dict[str, Any] = json.loads(listed.read_text(encoding="utf-8"))
    return with_vendored(found, json.loads(VENDORED.read_text(encoding="utf-8")))


def with_vendored(found: dict[str, Any], vendored: dict[str, Any]) -> dict[str, Any]:
    """Make the product the thing that is described, and what it vendors parts of it."""
    (product,) = [each for each in found["components"] if each["name"] == PRODUCT]
    product.pop("externalReferences", None)  # where the wheel lay on this machine
    others = [each for each in found["components"] if each is not product]
    used = [each for each in found["dependencies"] if each["ref"] == product["bom-ref"]]
    for each in used:
        each["dependsOn"] = sorted(
            [*each.get("dependsOn", ()), *(of["bom-ref"] for of in vendored["components"])]
        )
    bare = [{"ref": each["bom-ref"]} for each in vendored["components"]]
    return {
        **found,
        "metadata": {**found["metadata"], "component": {**product, "type": "application"}},
        "components": [*others, *vendored["components"]],
        "dependencies": [*found["dependencies"], *bare],
    }


def version_of(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
