#!/usr/bin/env bash
# Fuzzes the decoders and the languages: random inputs that follow what of the code they reach.
#
#   scripts/fuzz.sh [SECONDS] [TARGET...]      60 seconds of each target in fuzz/ by default
#
# Needs a C++ compiler, and cargo-fuzz, which it installs into the target directory. Without a sanitizer, which only nightly Rust
# has: what is looked for are panics, hangs, want of memory, and answers that contradict each other. Inputs that were found
# useful stay in fuzz/corpus, those that fail in fuzz/artifacts; neither is committed. The same properties, of generated
# inputs, are tests of the crates.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
shift || true
targets=("${@:-}")
[ -n "${targets[0]}" ] || mapfile -t targets < <(basename -s .rs -a fuzz/fuzz_targets/*.rs)
target=${CARGO_TARGET_DIR:-$PWD/target}
tools=$target/fuzz-tools
[ -x "$tools/bin/cargo-fuzz" ] || cargo install --quiet --locked --root "$tools" cargo-fuzz@0.13.2
export PATH=$tools/bin:$PATH

# Seeds: the texts that the tests have, and one request.
seeds() {
    mkdir -p "fuzz/corpus/$1"
    case $1 in
    traceql) grep -hE '^[^ #]' query/tests/cases/traceql/*.txt ;;
    promql) grep -rhoE '"(sum|rate|histogram|up|avg|topk|label|[a-z_]+\{)[^"]{0,200}"' query/src/promql/tests | tr -d '"' ;;
    decode)
        printf '\001\001\012\043\022\041\022\037\012\020AAAAAAAAAAAAAAAA\022\010BBBBBBBB\052\001a' >fuzz/corpus/decode/seed
        return 0
        ;;
    *) return 0 ;;
    esac | sort -u | split --lines 1 --suffix-length 5 - "fuzz/corpus/$1/seed-"
}

for name in "${targets[@]}"; do
    seeds "$name"
    cargo fuzz run --sanitizer none --dev --target-dir "$target/fuzz" "$name" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1
done
