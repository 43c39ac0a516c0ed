#!/usr/bin/env bash
# Runs the Spark adapter on a Spark of its own, on this machine. To be run before a release: Spark takes
# half a gigabyte and a minute.
#
#   run.sh [PYTHON]
#
# Needs Java 17 or newer, and a Python that has the package and tests/requirements-batch.txt.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$(command -v "${1:-python3}")
java -version 2>&1 | head -1
spark=$(mktemp -d)
trap 'rm -rf "$spark"' EXIT
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --target "$spark" \
  --requirement "$tests/spark/requirements.txt"
cd "$tests/.."
PYTHONPATH="$spark${PYTHONPATH:+:$PYTHONPATH}" PYSPARK_PYTHON="$python" PYSPARK_DRIVER_PYTHON="$python" \
  PYTHONDONTWRITEBYTECODE=1 SPARK_LOCAL_IP=127.0.0.1 \
  "$python" -m pytest --quiet -c pyproject.toml --rootdir . --durations=5 tests/spark/check_spark.py
