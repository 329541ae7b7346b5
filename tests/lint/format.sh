#!/bin/sh
# format.sh ROOT - the formatting is what .clang-format says.
command -v clang-format >/dev/null || { echo "no clang-format"; exit 77; }
cd "$1" || exit 1
find include src tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
