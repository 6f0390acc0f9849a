#!/bin/sh
# core_purity.sh OBJECT|ARCHIVE... - the core needs nothing from outside but these symbols.
# A release build's objects are looked at; a symbol of the core itself may be undefined in one object.
set -eu
[ $# -gt 0 ] || { echo "usage: core_purity.sh OBJECT..." >&2; exit 2; }
defined=$(nm --defined-only "$@" | awk 'NF >= 3 {print $NF}' | sort -u)
wanted=$(nm -u "$@" | awk '$1 == "U" {print $2}' | sort -u)
allowed='memcpy memset memcmp memmove strlen strcmp hf_assert_fail _GLOBAL_OFFSET_TABLE_'
bad=0
for symbol in $wanted; do
    case " $allowed " in *" $symbol "*) continue ;; esac
    if ! printf '%s\n' "$defined" | grep -qx "$symbol"; then
        echo "the core uses $symbol"
        bad=$((bad + 1))
    fi
done
if [ "$bad" -eq 0 ]; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; exit 1; fi
