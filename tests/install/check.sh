#!/usr/bin/env bash
# check.sh - install a build folder elsewhere; build a program against it with pkg-config; run it.
set -euo pipefail
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$build" --no-rebuild --quiet
prefix=$(dirname "$(dirname "$(find "$root" -name rowcast.h)")")
for file in bin/rowcast include/rowcast.h share/man/man1/rowcast.1 share/man/man5/rowcast-model.5 \
    share/bash-completion/completions/rowcast share/zsh/site-functions/_rowcast \
    share/fish/vendor_completions.d/rowcast.fish; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done
pc=$(dirname "$(find "$root" -name rowcast.pc)")
export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$root
# shellcheck disable=SC2046
${CC:-cc} -std=c17 -Wall -Werror "$here/outside.c" -o "$root/outside" $(pkg-config --cflags --libs rowcast)
# shellcheck disable=SC2046
${CC:-cc} -std=c17 $(pkg-config --cflags rowcast) "$here/outside.c" "$(dirname "$pc")/librowcast.a" \
    $(pkg-config --static --libs rowcast | sed 's/-lrowcast//') -o "$root/outside-static"
cd "$here/../.."
LD_LIBRARY_PATH=$(dirname "$pc") "$root/outside" testdata/wine/model.json testdata/wine/wine.csv "$root/out.csv"
"$root/outside-static" testdata/wine/model.json testdata/wine/wine.csv "$root/static.csv"
cmp "$root/out.csv" "$root/static.csv"
cmp "$root/out.csv" <("$prefix/bin/rowcast" score -m testdata/wine/model.json testdata/wine/wine.csv)
echo "installed files, header and library work from outside"
