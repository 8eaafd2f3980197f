#!/bin/bash
# The gateway with PostgreSQL (fsync and synchronous_commit on, its defaults) and RQ on Redis: a door, WORKERS workers, a clock.
source "$FENGQIAO_PEERS/lib/common.sh"
[ "${FRESH:-0}" = 1 ] && rm -rf "$HERE/data" "$HERE/config" "$HERE/redis" "$HERE/pg"
mkdir -p "$HERE/data" "$HERE/redis"
"$FENGQIAO_PEERS/lib/pg.sh" start "$HERE/pg" 9833 "$RUN" fengqiao
bg redis redis-server --port 6393 --bind 127.0.0.1 --dir "$HERE/redis" --appendonly yes --appendfsync everysec --save ""
wait_port 6393
cd "$(dirname "$(readlink -f "$0")")/../../../.." || exit 1
PYTHON=${FENGQIAO_PYTHON:-.venv/bin/python}
export PYTHONUNBUFFERED=1 BENCH_SHARED_SECRET=measured-and-thrown-away FENGQIAO_DATA_DIR=$HERE/data FENGQIAO_CONFIG_DIR=$HERE/config
export FENGQIAO_DATABASE_URL=postgresql://postgres@127.0.0.1:9833/fengqiao FENGQIAO_REDIS_URL=redis://127.0.0.1:6393/0
"$PYTHON" -m benchmarks.rivals.stage "$HERE/config" --sink "$SINK" --concurrency "${CONCURRENCY:-32}" --workers "${WORKERS:-1}"
"$PYTHON" -m benchmarks.rivals.command migrate >"$RUN/migrate.log" 2>&1
bg serve "$PYTHON" -m benchmarks.rivals.command serve --port 9821
wait_http http://127.0.0.1:9821/readyz
for i in $(seq 1 "${WORKERS:-1}"); do bg worker$i "$PYTHON" -m benchmarks.rivals.command worker --json; done
bg clock "$PYTHON" -m benchmarks.rivals.command clock --json
for each in "$RUN"/worker*.log "$RUN/clock.log"; do  # each says so when it works
  for i in $(seq 1 480); do grep -q '"role"' "$each" && break; sleep .25; done
done
