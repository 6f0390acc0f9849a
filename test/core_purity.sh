#!/bin/sh
# The core is pure: its objects want nothing from outside but these (docs/ARCHITECTURE.md).
set -eu
cd "$(dirname "$0")/.."
build=${HOLDFAST_BUILD:-build}
[ -f "$build/src/libholdfast-core.a" ] || { echo "no $build/src/libholdfast-core.a: make build" >&2; exit 1; }
# What the core defines itself is not wanted from outside.
objects=$(find "$build/src/libholdfast-core.a.p" -name 'core_*.o')
[ -n "$objects" ] || { echo "no objects of the core in $build" >&2; exit 1; }
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
# shellcheck disable=SC2086
nm --defined-only $objects | awk 'NF == 3 { print $3 }' | sort -u >"$defined"
# shellcheck disable=SC2086
wanted=$(nm -u $objects | awk '$1 == "U" { print $2 }' | sort -u | comm -23 - "$defined" |
    grep -vxE 'memcpy|memset|memcmp|memmove|strlen|strcmp|hf_assert_fail|_GLOBAL_OFFSET_TABLE_' || true)
if [ -n "$wanted" ]; then
    echo "the core wants from outside:" $wanted
    exit 1
fi
echo "pure: $(echo "$objects" | wc -l) objects"
