"""Write docs/codes.md again, the catalogue of codes; a test says when that is due."""

from __future__ import annotations

from pathlib import Path

from importer.codes import catalogue_markdown

PAGE = Path(__file__).parents[1] / "docs" / "codes.md"
INTRODUCTION = """\
# Codes

Every row that failed, was skipped or carries a warning names a code; codes are stable. `import_error_code` and `import_warnings` of the
[results](guide.md#results) hold them, `errors_by_code` of the summary counts them. The remedy of a failed row says what helps:

- `fix_row`: correct the row in `failed.xlsx` and import that file;
- `run_again`: `importer retry` sends it again;
- `none`: nothing has to be done.

`importer explain CODE` says it in the shell, for the reasons why a run stopped (`reason_code`) as well.

<!-- written by `python benchmarks/write_catalogue.py` -->
"""


def page() -> str:
    return f"{INTRODUCTION}{catalogue_markdown()}"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
