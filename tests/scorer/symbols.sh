#!/bin/sh
# symbols.sh WORKER: the interpreter inside the worker was linked without the gems that reach out. A list of
# names that must be there shows that the names could be read at all.
set -eu
symbols=$(nm "$1")
for wanted in GENERATED_TMP_mrb_mruby_sprintf_gem_init mrb_open_allocf; do
    echo "$symbols" | grep -q " $wanted\$" || { echo "$wanted is not in $1" >&2; exit 1; }
done
if echo "$symbols" | grep -E ' (GENERATED_TMP_mrb_mruby_(io|socket|dir|process|eval|sleep|time|random|objectspace|fiber|enumerator|metaprog|print|bin_.*)_gem_init|execve|execvp|popen|system|fork|socket|connect)(@.*)?$'; then
    echo "the worker must not be able to do this" >&2
    exit 1
fi
