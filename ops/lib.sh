# Shared by the commands of this folder; sourced, not run. Sets `top` and moves there.

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Installs the Debian packages named in the given lists that are not there yet; says nothing and asks
# no server when all are.
install_packages() {
    local missing=() name sudo=()
    while read -r name; do
        [ -n "$name" ] || continue
        dpkg-query -W -f '${db:Status-Status} ${Provides}\n' "$name" 2>/dev/null | grep -q '^installed' ||
            dpkg-query -W -f '${db:Status-Status} ${Provides}\n' 2>/dev/null |
                grep -E "^installed .*\b$name\b" >/dev/null || missing+=("$name")
    done < <(sort -u "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "these Debian packages are missing and need root: ${missing[*]}"
        sudo=(sudo)
    fi
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    "${sudo[@]}" apt-get update -q
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# Lays the audited modules with which browsers encrypt ballots beside our own, as ops/modules/package-lock.json pins them
# by the hash of their content. They are not ours, so the repository does not hold them.
install_modules() {
    local laid=web/assets/noble name
    cmp -s ops/modules/package-lock.json "$laid/.lock" && return 0
    command -v npm >/dev/null || install_packages <(echo npm) || return 1
    say "Fetching the browser modules of the ballot"
    rm -rf build/modules "$laid"
    mkdir -p build/modules "$laid"/{hashes,ciphers} && cp ops/modules/package*.json build/modules/ || return 1
    (cd build/modules && npm ci --ignore-scripts --no-audit --no-fund) || return 1
    for name in hashes ciphers; do
        cp "build/modules/node_modules/@noble/$name/LICENSE" "$laid/$name/LICENSE.txt" || return 1
    done
    cp build/modules/node_modules/@noble/hashes/{_md,_u64,hmac,pbkdf2,sha2,utils}.js "$laid/hashes/" &&
        cp build/modules/node_modules/@noble/ciphers/{_polyval,aes,utils}.js "$laid/ciphers/" &&
        cp ops/modules/package-lock.json "$laid/.lock"
}

# Configures and builds a preset.
build_preset() {
    local words
    words=$(cmake --preset "$1" 2>&1) || { printf '%s\n' "$words"; die "cmake could not configure the preset $1"; }
    cmake --build --preset "$1" "${@:2}"
}

# True while the process whose id is in file $1 runs and is the program $2.
is_running() {
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] &&
        [ "$(readlink "/proc/$pid/exe" 2>/dev/null | sed 's/ (deleted)$//' | xargs -r basename)" = "$2" ]
}

# Ends the process whose id is in file $1 when it is the program $2, and waits for its end.
end_process() {
    local pid
    is_running "$1" "$2" || { rm -f "$1"; return 0; }
    pid=$(cat "$1")
    kill "$pid"
    for _ in $(seq 150); do
        [ -d "/proc/$pid" ] || break
        sleep 0.1
    done
    [ -d "/proc/$pid" ] && kill -KILL "$pid"
    rm -f "$1"
}
