#!/bin/sh
# Builds the image with ko: no daemon, no registry, the same bytes every time.
#
#   deploy/ko/build.sh               an OCI layout in dist/image, its SBOM in dist/sbom
#   deploy/ko/build.sh ARGUMENT...   `ko build` with these arguments, to push for example
#
# KO_DEFAULTPLATFORMS=linux/amd64 builds for that platform alone.
set -eu
cd "$(dirname "$0")/../.."

# ko finds its base image by digest in its cache, so the base goes there first.
mkdir -p dist/ko dist/sbom
rm -rf dist/ko/img
cp -R deploy/ko/base dist/ko/img

if [ $# -eq 0 ]; then
	rm -rf dist/image # ko would add to what is there
	set -- --push=false --oci-layout-path=dist/image --sbom-dir=dist/sbom
fi

# The time of the image is the time of its commit.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH KO_CONFIG_PATH=deploy/ko KOCACHE="$PWD/dist/ko"
exec go tool -modfile=tools/go.mod ko build "$@" ./cmd/server
