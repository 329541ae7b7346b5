#!/usr/bin/env bash
# check.sh - install a build folder elsewhere; build programs against it with pkg-config; run them.
set -euo pipefail
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$build" --no-rebuild --quiet
prefix=$(dirname "$(dirname "$(find "$root" -name rowcast.h)")")
for file in bin/rowcast include/rowcast.h share/man/man1/rowcast.1 share/man/man3/rowcast.3 \
    share/man/man5/rowcast-model.5 share/bash-completion/completions/rowcast \
    share/zsh/site-functions/_rowcast share/fish/vendor_completions.d/rowcast.fish; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done
pc=$(dirname "$(find "$root" -name rowcast.pc)")
export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$root LD_LIBRARY_PATH=$(dirname "$pc")
read -ra cflags < <(pkg-config --cflags rowcast)
read -ra libs < <(pkg-config --libs rowcast)
c=("${CC:-cc}" -std=c17 -Wall -Wextra -Werror)

# Against the shared library and against the static one.
"${c[@]}" "$here/outside.c" -o "$root/outside" "${cflags[@]}" "${libs[@]}"
# shellcheck disable=SC2046
"${c[@]}" "${cflags[@]}" "$here/outside.c" "$(dirname "$pc")/librowcast.a" \
    $(pkg-config --static --libs rowcast | sed 's/-lrowcast//') -o "$root/outside-static"
cd "$here/../.."
"$root/outside" testdata/wine/model.json testdata/wine/wine.csv "$root/out.csv"
"$root/outside-static" testdata/wine/model.json testdata/wine/wine.csv "$root/static.csv"
cmp "$root/out.csv" "$root/static.csv"
cmp "$root/out.csv" <("$prefix/bin/rowcast" score -m testdata/wine/model.json testdata/wine/wine.csv)

# HDF5: the library is not linked with libhdf5, and starts a rowcast: the one that is named ...
if { pkg-config --static --libs rowcast; ldd "$root/outside" "$root/outside-static"; } | grep hdf5; then
    echo "the library needs libhdf5" >&2
    exit 1
fi
h5=(testdata/h5/model.json testdata/h5/named.h5)
"$prefix/bin/rowcast" score -m "${h5[@]}" >"$root/h5.csv"
for program in outside outside-static; do
    "$root/$program" "${h5[@]}" "$root/$program.csv" "$prefix/bin/rowcast"
    cmp "$root/$program.csv" "$root/h5.csv"
done
# ... else the installed one, which stands where it will stand without DESTDIR.
bin=${prefix#"$root"}/bin
if [ ! -e "$bin/rowcast" ]; then
    status=0
    "$root/outside" "${h5[@]}" "$root/none.csv" 2>"$root/none.txt" || status=$?
    [ "$status" = 6 ]
    [ ! -e "$root/none.csv" ]
    grep -qF "start of the reader '$bin/rowcast': No such file" "$root/none.txt"
fi
if [ -d "$bin" ] && unshare -rm true 2>/dev/null; then
    # shellcheck disable=SC2016
    unshare -rm sh -ec 'mount --bind "$1" "$2"; shift 2; exec "$@"' sh \
        "$prefix/bin" "$bin" "$root/outside" "${h5[@]}" "$root/own.csv"
    cmp "$root/own.csv" "$root/h5.csv"
else
    echo "note: no folder $bin or no namespaces, the default reader is not tried"
fi

# A program that has the rows itself: its scores and metrics are the tool's.
"${c[@]}" "$here/score_rows.c" -o "$root/score_rows" "${cflags[@]}" "${libs[@]}" -pthread
same() { # MODEL TABLE TRUTH
    "$root/score_rows" "$@" >"$root/rows.txt"
    "$prefix/bin/rowcast" score -m "$1" "$2" --truth "$3" --report "$root/report.json" \
        -o "$root/scores.csv"
    printf '%s: ' "$1"
    python3 "$here/same.py" "$root/rows.txt" "$root/scores.csv" "$root/report.json"
}
same testdata/breast-cancer/model.json testdata/breast-cancer/breast-cancer.csv diagnosis
same testdata/breast-cancer/model.f32.json testdata/breast-cancer/breast-cancer.csv diagnosis
same testdata/breast-cancer/model.svc.json testdata/breast-cancer/breast-cancer.csv diagnosis
same testdata/digits/model.json testdata/digits/digits.csv digit
same testdata/digits/model.f32.json testdata/digits/digits.csv digit
same testdata/diabetes/model.json testdata/diabetes/diabetes.csv progression
same tests/install/people.json tests/install/people.csv churned

# The program in the header's first comment, and the header as C++.
{
    printf '#include <rowcast.h>\n#include <stdio.h>\nint main(void)\n{\n'
    sed -n '/^ \* The inside of a program/,/^ \* Rules/s/^ \*     //p' "$prefix/include/rowcast.h"
    printf 'printf("%%.3f %%.3f\\n", probability[0][0], probability[1][0]);\nreturn err.code;\n}\n'
} >"$root/first.c"
"${c[@]}" "$root/first.c" -o "$root/first" "${cflags[@]}" "${libs[@]}"
cat >"$root/iris.json" <<'END'
{"format": "rowcast-model", "version": 1, "dtype": "float64",
 "inputs": [{"name": "a", "type": "number"}, {"name": "b", "type": "number"},
            {"name": "c", "type": "number"}, {"name": "d", "type": "number"}],
 "steps": [{"op": "dense", "out": "z",
            "weights": [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]}],
 "output": {"task": "multiclass", "from": "z", "link": "softmax", "classes": ["x", "y", "z"]}}
END
[ "$(cd "$root" && ./first)" = "0.333 0.333" ]
cat >"$root/header.cpp" <<'END'
#include <rowcast.h>
int main()
{
    rc_scorer *scorer;
    rc_error err;
    return rc_scorer_open(&scorer, "absent", nullptr, &err) == RC_E_MODEL && !scorer ? 0 : 1;
}
END
if command -v c++ >/dev/null; then
    c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror "$root/header.cpp" -o "$root/header" \
        "${cflags[@]}" "${libs[@]}"
    "$root/header"
else
    echo "note: no C++ compiler, the header is not tried as C++"
fi
echo "installed files, header and library work from outside"
