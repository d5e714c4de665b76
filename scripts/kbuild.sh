#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How kbuild is called.  One set of flags for all scripts: kbuild rebuilds whatever
# was built with others.  Sourced after lib.sh.

# The compiler's cache may be elsewhere than ours, in KHO_CCACHE, and outlive it: what it
# knows does not depend on where ours is.
# shellcheck disable=SC2154	# cache: from lib.sh
export CCACHE_DIR="${KHO_CCACHE:-$cache/ccache}" CCACHE_MAXSIZE=2G CCACHE_DEPEND=1 \
	CCACHE_BASEDIR="$cache" CCACHE_NOHASHDIR=1
# Nothing of the machine goes into the image: equal inputs give equal kernels.
export KBUILD_BUILD_USER=kho KBUILD_BUILD_HOST=fast
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'

# ccache in depend mode does not see what .incbin includes: it would give a kernel image
# an old kernel whenever the compressed size is the same.  So assembly goes past it, by
# a ccache of ours in front of it: the commands, which kbuild compares, stay as they are.
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

# ccache gives gcc relative paths, which kbuild does not cut from __FILE__ by itself.
short_paths="-fmacro-prefix-map=../tree/= -fmacro-prefix-map=../linux/="

# kbuild TREE OUT NAME ARG...: make takes the place of the caller, who is a subshell or
# a background job, so that a signal for the job reaches it.
kbuild() {
	_tree=$1 _out=$2 _name=$3
	shift 3
	exec make -C "$_tree" O="$_out" LOCALVERSION="-$_name" CC='ccache gcc' \
		KCFLAGS="$short_paths" -j "$(nproc)" "$@"
}
