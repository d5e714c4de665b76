#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Checks that names in the documentation exist.  Sourced by docs.sh, after lib.sh, with
# $base, the kernel source, and $out.
# shellcheck disable=SC2154	# base and out: the caller's

# find_names REGEX: "PAGE:LINE:MATCH" for each match in the documentation
find_names() {
	(cd "$top" && find README.md CONTRIBUTING.md tests/e2e/README.md Documentation -type f \
		\( -name '*.md' -o -name '*.rst' -o -name 'sysfs-*' \) \
		-exec grep -noE -- "$1" /dev/null {} +) | LC_ALL=C sort -t: -k1,1 -k2,2n
}

# in_list LIST: fails with those of "PAGE:LINE:NAME" on stdin that are not in LIST
in_list() {
	awk -F: -v list="$1" '
		BEGIN { while ((getline line <list) > 0) known[line] }
		!($3 in known) { print $1 ":" $2 ": there is no " $3; bad = 1 }
		END { if (!NR) print "no name was found"; exit bad || !NR }'
}

# File names, except in the example program of luolib.rst, agent.c
named_files_exist() {
	(cd "$top" && find . -type f ! -path './build/*' ! -path './.git/*') | sed 's,^\.,,' >"$out/files"
	find_names '[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.(c|h|sh|bt|rst|plan|case|config)\b' >"$out/named"
	[ -s "$out/named" ]
	while IFS=: read -r page line name; do
		case $name in /* | .* | agent.c) continue ;; esac
		grep -qE "/$(echo "$name" | sed 's/\./\\./g')\$" "$out/files" "$out/sources" ||
			[ -e "$base/$name" ] || [ -e "$base/include/$name" ] ||
			echo "$page:$line: there is no $name"
	done <"$out/named" >"$out/missing"
	cat "$out/missing"
	[ ! -s "$out/missing" ]
}

# Paths from the top of the repository or of the kernel, with or without a pattern
named_paths_exist() {
	find_names '(^|[^A-Za-z0-9_/.$-])(Documentation|bench|bpf|configs|include|kernel|mm|patches|scripts|tests|tools)/[A-Za-z0-9_./*-]*' |
		sed -e 's/^\([^:]*:[^:]*\):[^A-Za-z]/\1:/' -e 's/\.$//' >"$out/named"
	[ -s "$out/named" ]
	while IFS=: read -r page line name; do
		case $name in *NAME*) continue ;; esac
		# shellcheck disable=SC2086	# a pattern
		(cd "$top" && ls -d -- $name) >/dev/null 2>&1 || (cd "$base" && ls -d -- $name) >/dev/null 2>&1 ||
			echo "$page:$line: there is no $name"
	done <"$out/named" >"$out/missing"
	cat "$out/missing"
	[ ! -s "$out/missing" ]
}

# Functions, and all names with our prefixes
named_code_exists() {
	find_names '\b[a-z][a-z0-9_]*\(\)|\b(kho|luo)_[a-z0-9_]*[a-z0-9]\b(\.[a-z])?' |
		sed -e '/\.[a-z]$/d' -e 's/()$//' >"$out/named"
	(cd "$top" && grep -rhoE --include='*.[chS]' --include='*.sh' --include='*.bt' \
		--include='*.case' --include='*.plan' '\b[a-z][a-z0-9_]*' kernel mm include tools tests \
		bench bpf) | sort -u >"$out/words"
	cut -d: -f3 "$out/named" | sort -u | comm -23 - "$out/words" >"$out/stock"
	(cd "$base" && grep -rhowFf "$out/stock" init kernel mm lib include arch/x86/kernel) | sort -u >>"$out/words"
	in_list "$out/words" <"$out/named"
}

named_options_exist() {
	find_names 'CONFIG_KHO_[A-Z0-9_]+' >"$out/named"
	sed -n 's/^config /CONFIG_/p' "$top/kernel/kho_fast/Kconfig" >"$out/options"
	in_list "$out/options" <"$out/named"
}

# The constant beginning of kernel messages
quoted_messages_exist() {
	find_names '(`|^ +)(KHO|luo): [a-z][a-z ]+' |
		sed -E 's/^([^:]*:[0-9]*:).*(KHO|luo): /\1/; s/ *$//' >"$out/named"
	[ -s "$out/named" ]
	while IFS=: read -r page line words; do
		(cd "$top" && grep -rqF "\"$words" kernel mm) ||
			echo "$page:$line: there is no message '$words'"
	done <"$out/named" >"$out/missing"
	cat "$out/missing"
	[ ! -s "$out/missing" ]
}

# Parameters of the kernel, both ways
parameters_are_documented() {
	(cd "$top" && grep -rhoE '(early_param|__setup)\("[a-z_]+' kernel mm) | sed 's/.*"//' >"$out/parameters"
	find_names '\b(kho|liveupdate)[a-z_]*=' | sed 's/=$//' | in_list "$out/parameters"
	while read -r name; do
		grep -q "\`\`$name\b" "$top/Documentation/building.rst" ||
			{ echo "building.rst: $name is missing"; return 1; }
	done <"$out/parameters"
}

# Files in debugfs, both ways
debugfs_files_are_documented() {
	page=Documentation/core-api/kho/fast/debugfs.rst
	(cd "$top" && grep -rhoE '(debugfs_create_[a-z0-9]+\(|debugfs_blob\([a-z_]+, )"[a-z_.]+"' \
		kernel mm) | sed 's/.*("\|.*, "//; s/"$//' | sort -u >"$out/debugfs"
	find_names '(/sys/kernel/debug/(kho|liveupdate)|\bkho/(in|out))/[a-z_./]*' |
		sed -e 's,/sys/kernel/debug/,,' -e 's,/$,,' | awk -F: '{
			n = split($3, part, "/")
			for (i = 1; i <= n; i++)
				print $1 ":" $2 ":" part[i]
		}' >"$out/named"
	find_names '^``[a-z_.]+' | sed -n "s,^\($page:[0-9]*\):\`\`,\1:,p" >>"$out/named"
	in_list "$out/debugfs" <"$out/named"
	while read -r name; do
		grep -qE "(^\`\`|/)$name\b" "$top/$page" || { echo "$page: $name is missing"; return 1; }
	done <"$out/debugfs"
}

# Targets of make, in literals
named_targets_exist() {
	find_names '(`|^ +|[A-Z]+=[0-9]+ )make [a-z][a-z0-9-]*' | sed 's/:[^:]*make /:/' >"$out/named"
	make -s -C "$top" -pRrq help 2>/dev/null | sed -n 's/^\.PHONY: *//p' | tr ' ' '\n' >"$out/targets"
	in_list "$out/targets" <"$out/named"
}

named_cases_exist() {
	find_names '\brun\.sh( -[kx] [a-z-]+)*( [a-z][a-z0-9-]+)+' |
		sed -e 's/run\.sh//' -e 's/ -[kx] [a-z-]*//g' | awk -F: '{
			n = split($3, name, " ")
			for (i = 1; i <= n; i++)
				print $1 ":" $2 ":" name[i]
		}' >"$out/named"
	(cd "$top/tests/e2e/cases" && ls) | sed -n 's/\.case$//p' >"$out/cases"
	in_list "$out/cases" <"$out/named"
}

# Benchmarks of build/bench/native and commands of build/bench/report
named_benchmarks_exist() {
	find_names '(bench/native|bench/report(\.sh)?)( -[a-z] [0-9]+)*( [a-z]+)+' |
		sed -E 's, -[a-z] [0-9]+,,g; s,:bench/[a-z.]+,:,; s, build$,,' | awk -F: '{
			n = split($3, name, " ")
			for (i = 1; i <= n; i++)
				print $1 ":" $2 ":" name[i]
		}' >"$out/named"
	(cd "$top/bench" && grep -hoE '(\.name[[:space:]]*=|\{) "[a-z]+"(, "[A-Z])?' native/*.c \
		report/main.c) | sed 's/^[^"]*"\([a-z]*\)".*/\1/' >"$out/benchmarks"
	in_list "$out/benchmarks" <"$out/named"
}

# Each patch has a row in the table of hooks, and there are no other rows.
hooks_are_in_the_table() {
	page=$top/Documentation/core-api/kho/fast/design.rst
	for patch in "$top"/patches/*.patch; do
		number=${patch##*/}
		number=${number%%-*}
		file=$(sed -n 's,^+++ b/,,p' "$patch")
		grep -q "^$number  *\`\`$file\`\`  " "$page" ||
			{ echo "design.rst: no hook $number in $file"; return 1; }
	done
	[ "$(grep -cE '^0[0-9]{3} ' "$page")" -eq "$(find "$top/patches" -name '*.patch' | wc -l)" ] ||
		{ echo 'design.rst: a hook without a patch'; return 1; }
}
