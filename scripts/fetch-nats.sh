#!/usr/bin/env bash
# Fetches NATS server from Debian sid into .petrel/peers, for the tests against real peers: the version in
# Debian 12 is too old. The package is unpacked, not installed, and this system's own package sources stay as they are.
set -euo pipefail
cd "$(dirname "$0")/.."

peers=$PWD/.petrel/peers
[ -x "$peers/nats-server" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$peers" "$work/lists/partial"
: >"$work/status"

# The first stanza is Debian's archive itself, with the mirror and the key this machine already trusts.
sources=/etc/apt/sources.list.d/debian.sources
if [ -r "$sources" ]; then
  sed '/^$/q' "$sources" | sed -e 's/^Suites:.*/Suites: sid/' -e 's/^Components:.*/Components: main/'
else
  echo 'Types: deb'
  echo 'URIs: http://deb.debian.org/debian'
  echo 'Suites: sid'
  echo 'Components: main'
  echo 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
fi >"$work/sid.sources"

apt=(apt-get -q
  -o "Dir::Etc::sourcelist=$work/sid.sources" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status"
  -o "Dir::Cache=$work" -o APT::Sandbox::User=root)

"${apt[@]}" update >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
(cd "$work" && "${apt[@]}" download nats-server >>log 2>&1) || { cat "$work/log" >&2; exit 1; }
dpkg -x "$work"/nats-server_*.deb "$work/root"
install -m 755 "$(find "$work/root" -type f -name nats-server)" "$peers/nats-server"
"$peers/nats-server" --version
