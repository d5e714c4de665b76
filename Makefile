# SPDX-License-Identifier: GPL-2.0-only
#
# Each target is a script that can be run by itself and does nothing twice.
# KDIR=/path/to/linux-7.3.y builds on that tree instead of Debian's source package.

help:
	@echo 'make blackout          measure a live update, stock and accelerated (QUICK=1: a subset, 3 minutes)'
	@echo 'make where             where the time of the last make blackout went, the largest part marked'
	@echo 'make bench             the same kernel code in userspace, of stock and of ours (5 minutes)'
	@echo 'make luo               sessions, files and memfds through the orchestrator, stock and ours'
	@echo 'make scaling           more CPUs, more nodes: how fast are sections finished, folios preserved?'
	@echo 'make check             all tests, what CI runs'
	@echo 'make check-unit          tree, busy map and scratch arithmetic in userspace'
	@echo 'make check-fuzz          a bounded run of the fuzzers of what is handed over'
	@echo 'make check-report        the report over the blackout samples'
	@echo 'make check-khoctl        tools/khoctl and the reader of timelines'
	@echo 'make check-compare       bench/compare and the charts of make bench'
	@echo 'make check-bpf           the BPF tools: they build, options, errors'
	@echo 'make check-apply         scripts/apply.sh'
	@echo 'make check-identical     with CONFIG_KHO_FAST off the objects are the stock ones'
	@echo 'make check-budget        instructions of each operation, against bench/budgets'
	@echo 'make check-e2e           live updates in QEMU'
	@echo 'make lint                checkpatch, sparse, shellcheck, kernel-doc and our own rules'
	@echo 'make fuzz              run a fuzzer until it finds something (TARGET=memfd: the other one)'
	@echo 'make kernels           build the kernels: stock, fast and three for tests (incremental)'
	@echo 'make tools             build the programs that look at a live update, in build/'
	@echo 'make setup             install what is missing'
	@echo 'make clean             remove build/'
	@echo 'make distclean         and everything in the cache: sources, kernels'
	@echo
	@echo 'KDIR=/path/to/linux-7.3.y   use that kernel source; default: fetched from Debian'

setup:
	@scripts/setup.sh

kernels: setup
	@scripts/build-kernels.sh all

blackout: setup
	@scripts/build-kernels.sh both
	@bench/blackout.sh

where:
	@$(MAKE) -s -C bench OUT="$(CURDIR)/build/bench"
	@build/bench/report --where build/report/blackout.jsonl

bench: setup
	@scripts/fetch-linux.sh >/dev/null
	@bench/native.sh

luo: setup
	@scripts/build-kernels.sh both
	@bench/luo.sh

scaling: setup
	@scripts/build-kernels.sh both
	@bench/scaling.sh
	@bench/preserve-scaling.sh

tools: kernels
	@for p in khosnoop kholat khoblackout khoheat khoctl; do \
		tests/e2e/prepare.sh program $$p || exit 1; done

check:
	@scripts/check.sh

check-unit: setup
	@scripts/fetch-linux.sh >/dev/null
	@$(MAKE) --no-print-directory -C tests/unit check

check-fuzz: setup
	@scripts/fetch-linux.sh >/dev/null
	@$(MAKE) --no-print-directory -C tests/fuzz check

fuzz: setup
	@scripts/fetch-linux.sh >/dev/null
	@$(MAKE) --no-print-directory -C tests/fuzz fuzz

check-apply: setup
	@scripts/test-apply.sh

check-report: setup
	@bench/test-report.sh
	@bench/test-where.sh
	@bench/test-luo.sh

check-compare: setup
	@bench/test-compare.sh

check-khoctl: setup
	@tests/timeline/test.sh
	@tests/khoctl/test.sh

check-bpf: setup
	@bpf/test.sh

check-identical: kernels
	@scripts/check-identical.sh

check-budget: setup
	@bench/test-budget.sh
	@scripts/build-kernels.sh both
	@bench/budget.sh

check-e2e: kernels
	@tests/e2e/run.sh

lint: kernels
	@scripts/lint.sh

clean:
	rm -rf build

distclean: clean
	@scripts/distclean.sh

.PHONY: help setup tools kernels blackout where bench luo scaling check check-unit check-fuzz fuzz check-report check-bpf \
	check-compare check-khoctl check-apply check-identical check-budget check-e2e lint clean distclean
