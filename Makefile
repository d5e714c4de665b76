# SPDX-License-Identifier: GPL-2.0-only
#
# Each target runs a script, which is idempotent and can be run by itself.

help:
	@echo 'make blackout          measure live updates, stock and accelerated (QUICK=1: a subset, 3 minutes)'
	@echo 'make where             breakdown of the last make blackout (TRACE=FILE: for Perfetto)'
	@echo 'make bench             native benchmarks: kernel code in userspace, stock and ours (7 minutes)'
	@echo 'make compare           compare the last two runs of make bench (A=FILE B=FILE: two files)'
	@echo 'make luo               measure sessions, files and memfds, stock and accelerated'
	@echo 'make guest             measure how long a guest with KVM stands still, stock and accelerated'
	@echo 'make guest-demo        show live how a guest lives through updates of its host (2 minutes)'
	@echo 'make scaling           measure initialising and preserving with more CPUs and nodes'
	@echo 'make host-kit          pack what measures live updates of a real host, in build/'
	@echo 'make check             all tests, as in CI'
	@echo 'make check-unit          kernel code in userspace, under sanitizers'
	@echo 'make check-mutants       two mutants, each found by a test (all: make -C tests/unit mutants)'
	@echo 'make check-fuzz          bounded run of the fuzzers of the handover'
	@echo 'make check-native        native benchmarks: results, and time per order'
	@echo 'make check-report        reports on samples of benchmarks'
	@echo 'make check-khoctl        khoctl and the timeline reader'
	@echo 'make check-host-kit      the host kit on a host of files'
	@echo 'make check-bpf           BPF tools: build, options, errors'
	@echo 'make check-apply         scripts/apply.sh'
	@echo 'make check-environment   scripts in odd environments'
	@echo 'make check-docs          documentation: rendering, and names in it'
	@echo 'make check-alone         each part of make check with its own needs only'
	@echo 'make check-series        the patch series: each patch applies, builds and is one change'
	@echo 'make check-identical     with CONFIG_KHO_FAST off objects are those of stock'
	@echo 'make check-budget        instructions per operation, against bench/budgets'
	@echo 'make check-targets       each target of make help, in its smallest form'
	@echo 'make check-e2e           live updates in QEMU, stock and accelerated'
	@echo 'make check-debug         live updates with KASAN and lockdep'
	@echo 'make check-kcsan         live updates with KCSAN and checks of struct pages'
	@echo 'make lint                checkpatch, sparse, shellcheck, kernel-doc and our own rules'
	@echo 'make docs              render Documentation/ as HTML, in build/docs/html'
	@echo 'make series            the overlay as a patch series for upstream, in build/series'
	@echo 'make fuzz              run a fuzzer until it finds a fault (TARGET=memfd: that of memfds)'
	@echo 'make kernels           build the kernels: stock, fast and two for tests (incremental)'
	@echo 'make tools             build khoctl and the BPF tools, in build/'
	@echo 'make setup             install missing packages'
	@echo 'make clean             remove build/'
	@echo 'make distclean         remove build/ and the cache: sources and kernels'
	@echo
	@echo 'KDIR=/path/to/linux-7.3.y   kernel source; default: fetched from Debian'
	@echo 'KHO_CACHE=/path             cache; default: ~/.cache/kho-fast'
	@echo 'SMOKE=1                     smallest form of blackout, where, bench, luo, guest, guest-demo, scaling and fuzz'
	@echo 'DRY=1                       list what check, check-* and lint would get and run'

setup:
	@scripts/need.sh packages

kernels:
	@scripts/need.sh kernels

blackout:
	@scripts/need.sh both
	@bench/blackout.sh

where: setup
	@bench/report.sh where $(if $(TRACE),--trace "$(TRACE)")

bench:
	@scripts/need.sh source
	@bench/native.sh

compare: setup
	@bench/report.sh compare $(if $(A)$(B),"$(A)" "$(B)")

luo:
	@scripts/need.sh both
	@bench/luo.sh

guest:
	@scripts/need.sh both
	@bench/guest.sh

guest-demo:
	@scripts/need.sh both
	@bench/guest-demo.sh

scaling:
	@scripts/need.sh both
	@bench/scaling.sh

host-kit:
	@scripts/need.sh headers
	@bench/host/kit.sh

tools:
	@scripts/need.sh headers
	@for p in khosnoop kholat khoblackout khoheat khoctl; do \
		tests/e2e/prepare.sh program $$p || exit 1; done

docs:
	@scripts/need.sh source
	@scripts/docs.sh

series:
	@scripts/need.sh source
	@scripts/series.sh

fuzz:
	@scripts/need.sh source
	@tests/fuzz/fuzz.sh

# scripts/parts lists the parts and their needs.
check:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n)

checks := unit mutants fuzz native report khoctl host-kit bpf apply docs environment alone series identical budget targets e2e debug kcsan

$(checks:%=check-%): check-%:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n) $*

lint:
	@scripts/check.sh $(if $(filter-out 0,$(DRY)),-n) lint

clean:
	rm -rf build

distclean: clean
	@scripts/distclean.sh

.PHONY: help setup kernels blackout where bench compare luo guest guest-demo scaling host-kit tools docs series fuzz check lint clean distclean \
	$(checks:%=check-%)
