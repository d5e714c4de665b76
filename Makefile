# SPDX-License-Identifier: GPL-2.0-only
#
# Each target is a script that can be run by itself and does nothing twice.
# KDIR=/path/to/linux-7.3.y builds on that tree instead of Debian's source package.

help:
	@echo 'make blackout          measure a live update, stock and accelerated (QUICK=1: a subset, 3 minutes)'
	@echo 'make where             where the time of the last make blackout went, the largest part marked'
	@echo 'make bench             the same kernel code in userspace, of stock and of ours (7 minutes)'
	@echo 'make compare           the last two runs of make bench side by side (A=FILE B=FILE: those)'
	@echo 'make luo               sessions, files and memfds through the orchestrator, stock and ours'
	@echo 'make scaling           more CPUs, more nodes: how fast are sections finished, folios preserved?'
	@echo 'make check             all tests, what CI runs'
	@echo 'make check-unit          tree, busy map and scratch arithmetic in userspace'
	@echo 'make check-mutants       four ways to break the code: a test fails (all: make -C tests/unit mutants)'
	@echo 'make check-fuzz          a bounded run of the fuzzers of what is handed over'
	@echo 'make check-native        the native benchmarks: they run, and no order is slower than it may be'
	@echo 'make check-report        the report over the blackout samples'
	@echo 'make check-khoctl        tools/khoctl and the reader of timelines'
	@echo 'make check-compare       bench/compare and the charts of make bench'
	@echo 'make check-bpf           the BPF tools: they build, options, errors'
	@echo 'make check-apply         scripts/apply.sh'
	@echo 'make check-environment   settings of a user that must change nothing'
	@echo 'make check-docs          Documentation/ renders without a warning, and names what is there'
	@echo 'make check-alone         each of these finds what it needs, on its own'
	@echo 'make check-identical     with CONFIG_KHO_FAST off the objects are the stock ones'
	@echo 'make check-budget        instructions of each operation, against bench/budgets'
	@echo 'make check-targets       each target of make help runs, in its smallest form'
	@echo 'make check-e2e           live updates in QEMU'
	@echo 'make lint                checkpatch, sparse, shellcheck, kernel-doc and our own rules'
	@echo 'make docs              the pages of Documentation/ as HTML, in build/docs/html'
	@echo 'make fuzz              run a fuzzer until it finds something (TARGET=memfd: the other one)'
	@echo 'make kernels           build the kernels: stock, fast and three for tests (incremental)'
	@echo 'make tools             build the programs that look at a live update, in build/'
	@echo 'make setup             install what is missing'
	@echo 'make clean             remove build/'
	@echo 'make distclean         and everything in the cache: sources, kernels'
	@echo
	@echo 'KDIR=/path/to/linux-7.3.y   use that kernel source; default: fetched from Debian'
	@echo 'SMOKE=1                     blackout, where, bench, luo, scaling, fuzz: do they work?'

setup:
	@scripts/need.sh packages

kernels:
	@scripts/need.sh kernels

blackout:
	@scripts/need.sh both
	@bench/blackout.sh

where: setup
	@bench/where.sh

bench:
	@scripts/need.sh source
	@bench/native.sh

compare: setup
	@bench/compare $(if $(A)$(B),"$(A)" "$(B)")

luo:
	@scripts/need.sh both
	@bench/luo.sh

scaling:
	@scripts/need.sh both
	@bench/scaling.sh
	@bench/preserve-scaling.sh

tools:
	@scripts/need.sh headers
	@for p in khosnoop kholat khoblackout khoheat khoctl; do \
		tests/e2e/prepare.sh program $$p || exit 1; done

docs:
	@scripts/need.sh source
	@scripts/docs.sh

fuzz:
	@scripts/need.sh source
	@tests/fuzz/fuzz.sh

# Which parts, and what each needs: scripts/parts. DRY=1 says it and does nothing.
check:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n)

checks := unit mutants fuzz native report khoctl compare bpf apply docs environment alone identical budget targets e2e

$(checks:%=check-%): check-%:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n) $*

lint:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n) lint

clean:
	rm -rf build

distclean: clean
	@scripts/distclean.sh

.PHONY: help setup kernels blackout where bench compare luo scaling tools docs fuzz check lint clean distclean \
	$(checks:%=check-%)
