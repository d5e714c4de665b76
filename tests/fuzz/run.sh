#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The bounded run of the fuzzers: the corpus of each is what its generator writes and
# comes out as its names say, and then FUZZ_RUNS (200000) inputs made of it, always
# the same ones. KTAP. What breaks something is left in FOLDER as TARGET-crash-*.
# FUZZ_SEED=n makes other inputs; FUZZ_CORPUS= is a folder to begin with instead.
#
# usage: run.sh FOLDER TARGET...	where the programs are; exit status: 0 all
#					passed, 1 not
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"
[ $# -ge 2 ] || { print_usage >&2; exit 2; }

out=$(cd -- "$1" && pwd -P)
shift
: "${FUZZ_RUNS:=200000}" "${FUZZ_SEED:=1}" "${FUZZ_CORPUS:=$here/corpus}"
# Without it freed memory piles up, and looks like a leak.
export ASAN_OPTIONS="quarantine_size_mb=16"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Addresses are compared, and what is compared guides the fuzzer.
fixed="setarch $(uname -m) -R"
$fixed true 2>/dev/null || fixed=

# Each of these gets the target.
corpus_is_what_is_written() {
	mkdir "$work/corpus-$1"
	"$out/$1-corpus" "$work/corpus-$1"
	diff -r "$work/corpus-$1" "$here/corpus/$1" ||
		die "write it again: make -C tests/fuzz corpus"
}

replay() { "$out/$1-replay" "$here/corpus/$1"/*.golden; }

# No input may take 20 seconds, on a machine however busy, or 512 MiB in all.
fuzz() {
	mkdir "$work/found-$1"
	log=$out/$1-fuzz.log
	rc=0
	$fixed "$out/$1-fuzz" -reload=0 -seed="$FUZZ_SEED" -runs="$FUZZ_RUNS" -max_len=4096 \
		-timeout=20 -print_final_stats=1 -rss_limit_mb=512 -artifact_prefix="$out/$1-" \
		"$work/found-$1" "$FUZZ_CORPUS/$1" >"$log" 2>&1 || rc=$?
	[ "$rc" -ne 0 ] || grep -q "^Done $FUZZ_RUNS runs " "$log" || rc=1
	[ "$rc" -ne 0 ] || return 0
	grep -E '^(# |SUMMARY|==[0-9]+==|artifact_prefix|stat::number)|: runtime error' "$log" ||
		tail -n 5 "$log"
	die "exit status $rc; the whole log: $log"
}

ktap_begin $((3 * $#))
for target; do
	check "${target}_corpus_is_what_its_generator_writes" corpus_is_what_is_written "$target"
	check "${target}_corpus_is_taken_or_refused_as_its_names_say" replay "$target"
	check "${target}_nothing_found_in_a_bounded_run" fuzz "$target"
done
ktap_end
