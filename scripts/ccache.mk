# SPDX-License-Identifier: GPL-2.0-only
#
# $(ccache) before a compiler: what was compiled before is not compiled again, wherever
# the checkout is.  Empty where there is no ccache.  Wants top and KHO_CACHE.
#
# The first to use an empty cache marks it, as lib.sh does: that takes no folder without
# the mark.  Nor does this.

ccache_mark := $(KHO_CACHE)/.kho-fast
ccache_is_ours = $(shell { [ -e '$(ccache_mark)' ] || [ -z "$$(ls -A '$(KHO_CACHE)' 2>/dev/null)" ]; } && \
	mkdir -p '$(KHO_CACHE)' && : 2>/dev/null >>'$(ccache_mark)' && echo yes)
ccache := $(if $(or $(KHO_CCACHE),$(ccache_is_ours)),$(shell command -v ccache))
export CCACHE_DIR := $(or $(KHO_CCACHE),$(KHO_CACHE)/ccache)
export CCACHE_BASEDIR := $(top)
export CCACHE_NOHASHDIR := 1
