# Sourced by the start scripts of the embedded gateway: one SQLite file, every commit on disk before it is answered.
#   embedded PORT [OPTION …]    options of `fengqiao serve`
embedded() {
  local port=$1; shift
  [ "${FRESH:-0}" = 1 ] && rm -rf "$HERE/data" "$HERE/config"
  cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." || exit 1
  PYTHON=${FENGQIAO_PYTHON:-.venv/bin/python}
  export BENCH_SHARED_SECRET=measured-and-thrown-away FENGQIAO_DATA_DIR=$HERE/data FENGQIAO_CONFIG_DIR=$HERE/config
  "$PYTHON" -m benchmarks.rivals.stage "$HERE/config" --sink "$SINK" --concurrency "${CONCURRENCY:-32}"
  bg serve "$PYTHON" -m benchmarks.rivals.command serve --port "$port" "$@"
  wait_http "http://127.0.0.1:$port/readyz"
}
