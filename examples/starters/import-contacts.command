#!/bin/bash
# Double-click it (macOS; on Linux: run it). The first time it makes a place of its own for the program, which takes a minute or two;
# then it opens the import in your browser. Nothing else on this computer is changed; to remove it, delete the folder that it names.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

case "$(uname)" in
    Darwin) home="$HOME/Library/Application Support/highlevel-importer" ;;
    *) home="${XDG_DATA_HOME:-$HOME/.local/share}/highlevel-importer" ;;
esac
program="$home/program"

say_and_wait() {
    printf '\n%s\n' "$1"
    if [ -t 0 ]; then read -r -p "Press Enter to close this window. " _; fi
    exit 1
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
}

# What is installed: a wheel that lies beside this file, else the clone that this file is in, else the published package.
wheel="$(find "$here" -maxdepth 1 -name 'highlevel_importer-*.whl' | sort | tail -n 1)"
if [ -n "$wheel" ]; then source="$wheel"
elif [ -f "$here/../../pyproject.toml" ]; then source="$(cd "$here/../.." && pwd)"
else source="highlevel-importer"; fi

if [ ! -x "$program/bin/importer" ] || [ "$(cat "$program/installed-from" 2>/dev/null)" != "$source" ]; then
    python="$(find_python)"
    [ -n "$python" ] || say_and_wait "Python 3.11 or newer is needed. Get it at https://www.python.org/downloads/ and double-click this file again."
    echo "Making a place for the program in $home ..."
    rm -rf "$program"
    mkdir -p "$home"
    "$python" -m venv "$program" || say_and_wait "That did not work: see the lines above."
    "$program/bin/python" -m pip install --quiet --disable-pip-version-check "$source" \
        || { rm -rf "$program"; say_and_wait "The program could not be installed: see the lines above. Is this computer online?"; }
    printf '%s' "$source" >"$program/installed-from"
fi

cd "$HOME"
echo "The import opens in your browser. Leave this window open while you work with it; imports that run go on without it."
"$program/bin/importer" ui "$@" || say_and_wait "The screen ended: see the lines above."
