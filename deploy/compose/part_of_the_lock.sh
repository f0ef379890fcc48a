#!/bin/sh
# part_of_the_lock.sh <pyproject.toml> [package left out ...]
#
# Writes part.lock: what one member of the workspace needs, with the versions and hashes of requirements.lock
# and no others. Used when an image is built; the lock itself is made by `make lock`.
set -eu
member=$1
shift
for name in chalkline-contracts chalkline-backbone \
            $(sed -n 's/^name = "\(.*\)"/\1/p' services/*/pyproject.toml) "$@"; do
    left_out="${left_out:-} --no-emit-package $name"
done
# As the file to be written it is asked for hashes first; as constraints it allows no other version.
cp requirements.lock part.lock
# shellcheck disable=SC2086 # a list of words
uv pip compile -q --generate-hashes --no-header --no-annotate -c requirements.lock -o part.lock $left_out "$member"
grep -o 'sha256:[0-9a-f]*' requirements.lock > known.hashes
if grep -o 'sha256:[0-9a-f]*' part.lock | grep -vxFf known.hashes; then
    echo "requirements.lock does not know these hashes; it is older than $member: make lock" >&2
    exit 1
fi
