#!/usr/bin/env bash
# The browser of the tests in tests/browser: Debian's own. Does nothing where one is installed, and
# says what to do where it may not install anything.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'no Chromium on this machine: the browser tests are skipped. On Debian: apt install chromium' >&2
  exit 0
fi
echo 'installing Chromium for the browser tests'
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
