#!/usr/bin/env bash
# Installs the real clients of the end-to-end tests: OpenTelemetry SDKs for Python and Node, an Envoy, and readers of
# the lake; and a Prometheus to compare with.
#
#   tests/setup.sh [DIRECTORY]     default: $SPANLOOM_CLIENTS, else target/clients
#
# Says what it will install before it does. Nothing to do is said too, and takes no time. It writes into DIRECTORY only,
# but for a browser: where no Chromium is found and this runs as root on Debian, that one comes from apt. It never uses
# sudo.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clients=${1:-${SPANLOOM_CLIENTS:-$here/../target/clients}}
mkdir -p "$clients"
clients=$(cd "$clients" && pwd)
python=${PYTHON:-python3}
missing=0

say() { printf 'setup: %s\n' "$*"; }

# Tells whether a step was done for exactly these inputs: current STAMP FILE...
current() { [ -f "$clients/$1" ] && [ "$(cat "$clients/$1")" = "$(fingerprint "${@:2}")" ]; }
stamp() { fingerprint "${@:2}" >"$clients/$1"; }
fingerprint() { cat "$@" | cksum; }

python_clients() {
    if current python.stamp "$here/clients/requirements.txt"; then
        say "python clients: already in $clients/python"
        return
    fi
    local packages
    packages=$(grep -v '^#' "$here/clients/requirements.txt" | tr '\n' ' ')
    say "python clients: will install into $clients/python: $packages"
    "$python" -m venv --clear "$clients/python"
    "$clients/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/clients/requirements.txt"
    stamp python.stamp "$here/clients/requirements.txt"
}

node_clients() {
    if current node.stamp "$here/clients/package.json" "$here/clients/package-lock.json"; then
        say "node clients: already in $clients/node"
        return
    fi
    local packages
    packages=$(sed -n 's/^ *"\(@[^"]*\)": "\(.*\)".*/\1@\2/p' "$here/clients/package.json" | tr '\n' ' ')
    say "node clients: will install into $clients/node: $packages"
    mkdir -p "$clients/node"
    cp "$here/clients/package.json" "$here/clients/package-lock.json" "$clients/node/"
    (cd "$clients/node" && npm ci --silent --no-audit --no-fund)
    stamp node.stamp "$here/clients/package.json" "$here/clients/package-lock.json"
}

browser() {
    local found
    if found=$(command -v chromium || command -v chromium-browser || command -v google-chrome); then
        say "browser: already at $found"
        return
    fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "browser: could not get one; install Chromium (on Debian: sudo apt-get install chromium)"
        missing=1
        return
    fi
    say "browser: will install chromium through apt"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium >/dev/null
}

# The reference of PromQL. Only its program is taken: the package would start a service.
prometheus() {
    if [ -x "$clients/prometheus/usr/bin/prometheus" ]; then
        say "prometheus: already in $clients/prometheus"
        return
    fi
    say "prometheus: will unpack Debian's package into $clients/prometheus"
    local package
    package=$(mktemp -d)
    chmod 755 "$package" # apt fetches as a user of its own
    # A fresh machine knows no packages yet.
    (cd "$package" && apt-get download -qq prometheus 2>/dev/null) || {
        apt-get update -qq
        (cd "$package" && apt-get download -qq prometheus)
    }
    dpkg-deb --extract "$package"/prometheus_*.deb "$clients/prometheus"
    rm -r "$package"
}

# Runs a step and goes on when it fails, so that one package index out of reach does not cost the other clients.
attempt() {
    if ! command -v "$2" >/dev/null; then
        say "$1: could not be installed, $2 is not here"
        missing=1
        return
    fi
    local status=0
    set +e # not `if (..)` or `(..) ||`: there bash ignores -e inside the step too
    (set -e; "$3")
    status=$?
    set -e
    if [ "$status" != 0 ]; then
        say "$1: could not be installed, see above"
        missing=1
    fi
}

attempt "python clients" "$python" python_clients
attempt "node clients" npm node_clients
attempt prometheus apt-get prometheus
browser
[ "$missing" = 0 ] || say "the tests that need what is missing skip, or fail under SPANLOOM_REQUIRE_CLIENTS=1"
exit "$missing"
