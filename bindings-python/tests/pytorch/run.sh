#!/bin/sh
# Runs the tests that need torch in an environment of their own, which is deleted afterwards.
# Argument: the wheel of biaoshi, or a folder to install it from (bindings-python by default).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=${1:-$here/../..}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --no-cache-dir -r "$here/requirements.txt" "$package"
"$folder/bin/python" -m pytest -c /dev/null --rootdir "$here" -p no:cacheprovider "$here/pipelines.py" "$here/watermark.py"
"$folder/bin/pip" list | grep -iE '^(biaoshi|diffusers|numpy|pillow|torch|transformers) '
