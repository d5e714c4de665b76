# SPDX-License-Identifier: GPL-2.0-only
#
# $(ccache) before a compiler: what was compiled before is not compiled again, wherever
# the checkout is.  Empty where there is no ccache.  Wants top and KHO_CACHE.

ccache := $(shell command -v ccache)
export CCACHE_DIR := $(or $(KHO_CCACHE),$(KHO_CACHE)/ccache)
export CCACHE_BASEDIR := $(top)
export CCACHE_NOHASHDIR := 1
