#!/usr/bin/env bash
# Everything that CI runs. The last line is `N passed, N failed`, added up over Rust's tests and the UI's; a check that
# has no tests of its own (formats, lints, builds) counts as one. Goes on after a failure, so that one run shows all.
#
#   SPANLOOM_CLIENTS           where tests/setup.sh installs real clients; target/clients by default
#   SPANLOOM_REQUIRE_CLIENTS   1: a test that lacks its client fails instead of skipping
#   SPANLOOM_CORPORA           test data of others; SPANLOOM_REQUIRE_CORPORA=1: must be there
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/test-logs"
target=$(cd "$target" && pwd)
logs=$target/test-logs
export SPANLOOM_CLIENTS=${SPANLOOM_CLIENTS:-$target/clients}
export CARGO_TERM_COLOR=never
passed=0
failed=0

say() { printf '\n== %s\n' "$*"; }

# Runs a check and keeps its output: run NAME COMMAND...; the exit status is the command's.
run() {
    local name=$1 begin=$SECONDS status=0
    shift
    say "$name: $*"
    "$@" 2>&1 | tee "$logs/$name.log"
    status=${PIPESTATUS[0]}
    say "$name: exit status $status after $((SECONDS - begin)) s"
    return "$status"
}

# A check that counts as one.
check() {
    if run "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# Adds up the numbers before a word in the lines of a log that match: sum FILE PATTERN WORD
sum() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E "$2" | grep -Eo "[0-9]+ $3" | awk '{ n += $1 } END { print n + 0 }'
}

# A command that runs tests: tests PATTERN NAME COMMAND...; one that fails without a failed test counts as one failure.
tests() {
    local pattern=$1 name=$2 status=0 good bad
    shift
    run "$@" || status=$?
    good=$(sum "$logs/$name.log" "$pattern" passed)
    bad=$(sum "$logs/$name.log" "$pattern" failed)
    [ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
}

# The UI first: its files are embedded in the binary that the end-to-end tests start.
check ui-install npm ci --prefix ui --no-audit --no-fund
check ui-build npm run build --prefix ui
check ui-lint npm run lint --prefix ui
check ui-types npm run typecheck --prefix ui
tests '^ *Tests ' ui-test npm test --prefix ui
# Says what it installs. What it cannot get is a failure where clients are required, and a skipped test elsewhere.
if ! run setup tests/setup.sh "$SPANLOOM_CLIENTS" && [ "${SPANLOOM_REQUIRE_CLIENTS:-0}" = 1 ]; then
    failed=$((failed + 1))
fi
check fmt cargo fmt --all --check
check clippy cargo clippy --workspace --all-targets --locked -- -D warnings
tests '^test result: ' cargo-test cargo test --workspace --locked --no-fail-fast

say "logs are in $logs"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
