#!/bin/bash
# The floor: the gateway's server, database, group commit and transport, and nothing between them.
source "$FENGQIAO_PEERS/lib/common.sh"
[ "${FRESH:-0}" = 1 ] && rm -rf "$HERE/data"
mkdir -p "$HERE/data"
cd "$(dirname "$(readlink -f "$0")")/../../../.." || exit 1
bg serve "${FENGQIAO_PYTHON:-.venv/bin/python}" -m benchmarks.rivals.floor --port 9822 --file "$HERE/data/floor.db" --sink "$SINK"
wait_http http://127.0.0.1:9822/
