#!/usr/bin/env bash
# CPU seconds of the server per million spans: starts an optimised server on a directory of its own, sends, prints. Then the same by
# every way to send, on a fresh server each (five minutes; BENCH_INGEST has arguments, or `none`). Then what PromQL
# costs, and what metrics cost (half an hour; BENCH_METRICS has arguments that make it shorter, or `none`), both beside a Prometheus
# where there is one. Then what questions about traces cost, of 20 million spans (BENCH_TRACES, as above). Then how fast the UI is
# beside its bars, where its packages and a browser are installed.
# Arguments go to the load generator; see `spanloom-bench --help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
profile=${BENCH_PROFILE:-release}
cargo build --profile "$profile" --locked --package spanloom --package spanloom-bench
data=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$data"' EXIT
cat >"$data/spanloom.yaml" <<YAML
data_dir: $data/data
listen: { otlp_grpc: "127.0.0.1:0", otlp_http: "127.0.0.1:0", zipkin: "127.0.0.1:0", api: "127.0.0.1:0" }
log: { level: warn }
YAML
"$target/$profile/spanloom" serve --config "$data/spanloom.yaml" &
server=$!
for _ in $(seq 600); do
    [ ! -s "$data/data/endpoints.json" ] || break
    kill -0 "$server"
    sleep 0.1
done
"$target/$profile/spanloom-bench" --endpoints "$data/data/endpoints.json" "$@"
# The next ones start servers of their own, one after the other, beside which nothing may run.
kill "$server"
wait "$server"
server=
if [ "${BENCH_INGEST:-}" != none ]; then
    # shellcheck disable=SC2086 # several arguments
    "$target/$profile/spanloom-bench-ingest" --spanloom "$target/$profile/spanloom" ${BENCH_INGEST:-}
fi
"$target/$profile/spanloom-bench-promql"
if [ "${BENCH_METRICS:-}" != none ]; then
    # shellcheck disable=SC2086 # several arguments
    "$target/$profile/spanloom-bench-metrics" --spanloom "$target/$profile/spanloom" ${BENCH_METRICS:-}
fi
if [ "${BENCH_TRACES:-}" != none ]; then
    # shellcheck disable=SC2086 # several arguments
    "$target/$profile/spanloom-bench-traces" --spanloom "$target/$profile/spanloom" ${BENCH_TRACES:-}
fi
[ -d ui/node_modules ] || { echo "the UI is not measured: npm ci --prefix ui"; exit 0; }
npm run bench --prefix ui
