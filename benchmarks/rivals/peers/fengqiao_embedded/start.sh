#!/bin/bash
# The gateway with a carrier: two processes over one SQLite file, every commit on disk before it is answered.
source "$FENGQIAO_PEERS/lib/common.sh"
[ "${FRESH:-0}" = 1 ] && rm -rf "$HERE/data" "$HERE/config"
cd "$(dirname "$(readlink -f "$0")")/../../../.." || exit 1
PYTHON=${FENGQIAO_PYTHON:-.venv/bin/python}
export BENCH_SHARED_SECRET=measured-and-thrown-away FENGQIAO_DATA_DIR=$HERE/data FENGQIAO_CONFIG_DIR=$HERE/config
"$PYTHON" -m benchmarks.rivals.stage "$HERE/config" --sink "$SINK" --concurrency "${CONCURRENCY:-32}"
bg serve "$PYTHON" -m benchmarks.rivals.command serve --port 9820 --carrier
wait_http http://127.0.0.1:9820/readyz
