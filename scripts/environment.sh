#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The environment of every script, and its --help.  A user's settings for the shell, git,
# make, a compiler or a locale must not change what a script writes or prints.  Sourced
# before anything else; the caller has done set -eu.  The inputs of the scripts (KDIR,
# KHO_*, CI, CC, PATH, proxies) are left alone.

# Print the end of the script's header, from its usage line on.
print_usage() {
	awk 'NR > 1 && (!/^#/ || /^# shellcheck /) { exit }
		/^# usage:/ { inside = 1 }
		inside { sub(/^# ?/, ""); print }' "$0"
}

# For arguments that the script does not take
bad_usage() {
	print_usage >&2
	exit 1
}

# Names, matched as a whole: shells and utilities; git; make and kbuild; compilers and
# sanitizers; interpreters and compressors.
bending='CDPATH|ENV|BASH_ENV|BASH_COMPAT|BASH_XTRACEFD|GLOBIGNORE|EXECIGNORE|TMOUT|PS4'
bending="$bending|POSIXLY_CORRECT|POSIX_ME_HARDER|_POSIX2_VERSION|LANG|LANGUAGE|LC_.*"
bending="$bending|GREP_OPTIONS|GREP_COLORS?|TAR_OPTIONS|LS_COLORS|QUOTING_STYLE|TIME_STYLE"
bending="$bending|BLOCK_?SIZE|(DF|DU|LS)_BLOCK_SIZE|TABSIZE|COLUMNS|LINES|AWKPATH|AWKLIBPATH"
bending="$bending|SIMPLE_BACKUP_SUFFIX|VERSION_CONTROL|SHELLCHECK_OPTS|RSYNC_.*|GIT_.*"
bending="$bending|MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEFILES|MAKEOVERRIDES|GNUMAKEFLAGS|MAKE_TERM.*"
bending="$bending|ARCH|SUBARCH|CROSS_COMPILE.*|LLVM(_IAS)?|KBUILD_.*|KCONFIG_.*|K(C|CPP|A)FLAGS"
bending="$bending|HOST(CC|CFLAGS|LDFLAGS|LDLIBS)|LOCALVERSION|INSTALL_.*|O|V|W|C|M|MO|CHECK|CF"
bending="$bending|(C|CXX|CPP|LD|AS)FLAGS|LDLIBS|CPATH|(C|CPLUS)_INCLUDE_PATH|LIBRARY_PATH"
bending="$bending|GNUTERM|GNUPLOT_.*|COMPILER_PATH|GCC_.*|DEPENDENCIES_OUTPUT|SUNPRO_DEPENDENCIES"
bending="$bending|(A|L|M|T|UB)SAN_OPTIONS|PERL.*|PYTHON.*|GZIP|BZIP2?|XZ_.*|ZSTD_.*"

# list_set REGEX: variables of the environment with such names.  Not from env's output,
# where a value may have lines that look like variables.
list_set() {
	awk -v re="^($1)\$" 'BEGIN { for (name in ENVIRON) if (name ~ re) print name }'
}

# A shell cannot unset its own options, and an exported function replaces any command
# except exec: restart without them.
unset -f awk env sh
stubborn=$(list_set 'SHELLOPTS|BASHOPTS|BASH_FUNC_.*')
if [ -n "$stubborn" ]; then
	set -- sh "$0" "$@"
	for name in $stubborn; do
		set -- -u "$name" "$@"
	done
	exec env "$@"
fi

# shellcheck disable=SC2046	# names, which have no blanks
unset $(list_set "$bending") bending stubborn
export LC_ALL=C

if [ "${1-}" = --help ]; then
	print_usage
	exit
fi
# A usage line that ends with the name of the script has no arguments.
if [ $# -gt 0 ]; then
	case $(print_usage | head -n 1) in
	*"${0##*/}") bad_usage ;;
	esac
fi

# git without a configuration, and for a checkout of any owner
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
# Files that a script creates must be readable and removable for it.
umask u+rwx

# A relative path would change with each cd.
case ${TMPDIR:=/tmp} in
/*) ;;
*) TMPDIR=$PWD/$TMPDIR ;;
esac
export TMPDIR
if [ ! -d "$TMPDIR" ] || [ ! -w "$TMPDIR" ] || [ ! -x "$TMPDIR" ]; then
	printf '%s: error: %s is not a folder that can be written to: %s\n' "${0##*/}" \
		"TMPDIR=$TMPDIR" "set TMPDIR to one, or unset it" >&2
	exit 1
fi
