#!/bin/bash
# completions.sh BASH_FILE ZSH_FILE FISH_FILE - the shells can read them, and bash completes.
failed=0

fail()
{
  echo "$1"
  failed=1
}

# Completes the words given, the last of which is being typed, and compares.
completes()
{
  local expected=$1
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _rowcast
  [[ "${COMPREPLY[*]}" == "$expected" ]] || fail "$*: '${COMPREPLY[*]}', expected '$expected'"
}

bash -n "$1" || fail "bash cannot read it"
if command -v zsh >/dev/null; then zsh -n "$2" || fail "zsh cannot read it"; fi
if command -v fish >/dev/null; then fish -n "$3" || fail "fish cannot read it"; fi

source "$1"
completes 'score' rowcast sc
completes 'inspect' rowcast in
completes '--json' rowcast inspect --j
completes '--version' rowcast --v
completes '--verbose --version' rowcast score --ver
completes 'avx2 avx512' rowcast score --cpu av
completes 'avx2 avx512' rowcast score --cpu = av
completes 'csv tsv hdf5' rowcast score --input-format =
completes '' rowcast score --threads ''
completes 'score' rowcast help s
cd / || exit 1
completes 'usr' rowcast score us
completes 'usr' rowcast score -m us
exit $failed
