#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Calls of kbuild, with the same flags for all scripts: other flags would rebuild
# everything.  Sourced after lib.sh.

# The compiler's cache (KHO_CCACHE) may outlive this cache: its objects do not depend on
# the path of this one.
# shellcheck disable=SC2154	# cache: from lib.sh
export CCACHE_DIR="${KHO_CCACHE:-$cache/ccache}" CCACHE_MAXSIZE=2G CCACHE_DEPEND=1 \
	CCACHE_BASEDIR="$cache" CCACHE_NOHASHDIR=1
# Reproducible images: no user, host or time of the build
export KBUILD_BUILD_USER=kho KBUILD_BUILD_HOST=fast
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'

# In depend mode ccache ignores files of .incbin, so a kernel image could contain an old
# kernel of the same compressed size.  A wrapper named ccache sends assembly past it; the
# command lines, which kbuild compares, do not change.
front_ccache() {
	mkdir -p "$cache/bin"
	cat 2>/dev/null >"$cache/bin/ccache.$$" <<-EOF || die "cannot write to $cache/bin: is the disk full?"
		#!/bin/sh
		for arg; do
			case \$arg in *.S) exec "\$@" ;; esac
		done
		exec $(command -v ccache) "\$@"
	EOF
	chmod +x "$cache/bin/ccache.$$"
	mv "$cache/bin/ccache.$$" "$cache/bin/ccache"
	PATH=$cache/bin:$PATH
}
case :$PATH: in
*":$cache/bin:"*) ;;
*) front_ccache ;;
esac

# gcc gets relative paths from ccache, which kbuild does not strip from __FILE__.  Where
# variables are stored nobody reads: BTF has types only, and without it a kernel with debug
# information is compiled in 5/6 of the time.  The code is the same.
kernel_flags="-fmacro-prefix-map=../tree/= -fmacro-prefix-map=../linux/= -fno-var-tracking"

# kbuild TREE OUT NAME ARG...: make replaces the caller, a subshell or a background job,
# so that it receives the signals of the job.
kbuild() {
	_tree=$1 _out=$2 _name=$3
	shift 3
	exec make -C "$_tree" O="$_out" LOCALVERSION="-$_name" CC='ccache gcc' \
		KCFLAGS="$kernel_flags" -j "$(nproc)" "$@"
}

# A hooked file that no kernel for x86 has; tests/e2e/arm64/run.sh compiles it.
# shellcheck disable=SC2034	# where this is sourced
not_x86=drivers/firmware/efi/efi-init.c

has_object() { [ -f "$cache/$1/${2%/*}/.${2##*/}.cmd" ]; }

# compiler_of KERNEL OBJECT: the command that compiles an object, without its files.  One that
# the kernel does not have, since an option is off, is compiled like its neighbour, memfd.o of
# memfd/, and with that option.
compiler_of() {
	_dir=${2%/*} _name=${2##*/} _option=''
	if ! has_object "$1" "$2"; then
		_option=$(sed -nE "s,^.*\\$\\((CONFIG_[A-Z_]+)\\).*/$_name( .*|\\).*|)\$,-D\\1=1,p" "$top/kernel/kho_fast/Makefile")
		_name=${_dir##*/}.o
	fi
	_cmd=$(sed -n 's/^savedcmd_[^ ]* := //p' "$cache/$1/$_dir/.$_name.cmd")
	printf '%s\n' "${_cmd%% -c -o *} $_option"
}
