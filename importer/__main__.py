from __future__ import annotations

import sys

if __name__ == "__main__":
    # `python -m` puts the working folder first: a json.py beside the files to import would run in place of Python's.
    # The console script does not look there either.
    if not sys.flags.safe_path:
        del sys.path[0]
    from importer.cli import main

    main()
