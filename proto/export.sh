#!/bin/sh
# Copies the contract and all that it imports, but for the well-known types, which
# every compiler brings itself, into one folder to generate clients from:
#
#	proto/export.sh DIR
set -eu
if [ $# -ne 1 ]; then
	echo 'usage: proto/export.sh DIR' >&2
	exit 2
fi
root=$(dirname "$0")/..
mkdir -p "$1"
cp -R "$root"/proto/genesyscloud "$root"/third_party/proto/* "$1"
