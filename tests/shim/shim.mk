# SPDX-License-Identifier: GPL-2.0-only
#
# Common parts of programs that run the kernel's .c files in userspace. The including
# Makefile sets top, and pass: a folder for links to the headers that they get from the
# kernel's source, from the tree under test (SRC), and one line each, from tests/shim.
#
# -I order: tests/shim has what must be different here, then comes what is the kernel's
# own, then what its tools/ has for programs in userspace.

shim	:= $(top)/tests/shim
SRC	?= $(top)
KHO_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kho-fast
KDIR	?= $(KHO_CACHE)/linux
include $(top)/scripts/ccache.mk

ifeq ($(wildcard $(KDIR)/tools/include/linux/kernel.h),)
$(error no kernel source in $(KDIR): set KDIR, or run scripts/fetch-linux.sh)
endif

shim-flags := -include $(shim)/shim.h -I$(shim) -I$(pass) -I$(pass)/kernel/kho_fast \
	    -I$(pass)/kernel/kho_fast/room \
	    -I$(KDIR)/tools/include -I$(KDIR)/scripts/dtc/libfdt \
	    -DCONFIG_X86 -DCONFIG_X86_64 -DCONFIG_64BIT -DCONFIG_PHYS_ADDR_T_64BIT \
	    -DCONFIG_NUMA -DCONFIG_MEMBLOCK_KHO_SCRATCH -DCONFIG_KEXEC_HANDOVER \
	    -DCONFIG_MEMORY_HOTPLUG -DCONFIG_MEMTEST -DCONFIG_X86_CHECK_BIOS_CORRUPTION \
	    -DCONFIG_X86_BOOTPARAM_MEMORY_CORRUPTION_CHECK
# Warnings that a kernel build does not have either
shim-cflags := -std=gnu11 -pthread -fno-strict-aliasing -Wall -Wextra -Werror \
	    -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	    -Wno-type-limits -Wno-format-truncation -Wno-format-overflow \
	    -Wno-unknown-warning-option -Wno-c2x-extensions

borrowed := lib/cmdline.c lib/kstrtox.c lib/llist.c lib/math/int_pow.c tools/lib/ctype.c \
	    $(addprefix tools/lib/,find_bit.c bitmap.c hweight.c vsprintf.c) \
	    $(addprefix scripts/dtc/libfdt/,fdt.c fdt_ro.c fdt_rw.c fdt_sw.c fdt_wip.c \
	      fdt_strerror.c)

# mm/memblock.c itself, with what the kernel has for running it in userspace, and with
# physical memory where page.c has it. Away from the kernel's internal.h, hence a link.
memblock-flags := -include limits.h -include linux/kernel.h -include linux/seq_file.h \
	    -I$(shim)/memblock -I$(pass)/memblock -I$(KDIR)/tools/testing/memblock \
	    -I$(KDIR)/tools/include -DCONFIG_PHYS_ADDR_T_64BIT -DCONFIG_NUMA \
	    -DCONFIG_NODES_SHIFT=3 -DCONFIG_MEMBLOCK_KHO_SCRATCH	# 8 nodes, as in mmzone.h
memblock-globals := $(addprefix --keep-global-symbol=,memblock* __memblock* __next_mem* \
	      __next_reserved*)

# One by one: never -I$(KDIR)/include.
passed	:= $(addprefix linux/kho/abi/,kexec_handover.h kexec_metadata.h memblock.h memfd.h luo.h \
	      block.h) linux/clocksource_ids.h linux/kho_block.h linux/kho_radix_tree.h linux/kexec_handover.h \
	   linux/memblock.h linux/llist.h linux/xarray.h linux/xxhash.h linux/cleanup.h \
	   linux/liveupdate.h asm-generic/kexec_handover.h \
	   $(addprefix uapi/linux/,fcntl.h liveupdate.h memfd.h)
passed-ours := linux/kho_fast.h linux/kho_shmem.h linux/kho_bulk.h linux/kho_timeline.h linux/kho_tsc.h \
	   $(addprefix linux/kho/abi/,kho_checksum.h kho_memfd.h kho_timeline.h kho_tsc.h) trace/events/kho.h \
	   uapi/linux/liveupdate_fast.h

$(pass)/memblock/memblock.c: $(pass)/.stamp ;

$(pass)/.stamp: $(shim)/shim.mk $(shim)/headers
	@rm -rf $(pass)
	@mkdir -p $(pass)/kernel/kho_fast/room $(pass)/memblock/linux \
		$(addprefix $(pass)/,$(sort $(dir $(passed) $(passed-ours))) linux/sched asm/e820)
	@for h in $(passed); do ln -s $(KDIR)/include/$$h $(pass)/$$h || exit; done
	@for h in $(passed-ours); do ln -s $(SRC)/include/$$h $(pass)/$$h || exit; done
	@sed '/^#/d' $(shim)/headers | while read -r to names; do \
		for h in $$names; do \
			echo "#include <linux/$$to>" >$(pass)/linux/$$h || exit; \
		done; \
	done
	@ln -s $(KDIR)/include/linux/memblock.h $(pass)/memblock/linux
	@ln -s $(KDIR)/mm/memblock.c $(pass)/memblock
	@ln -s $(shim)/kernel/kexec_internal.h $(pass)/kernel
	@ln -s $(shim)/mm $(pass)/mm	# for ../../mm/ from kernel/kho_fast, and from a room of it
	@touch $@

compile	= @mkdir -p $(@D) && $(CC) $1 -MMD -MP -MT $@ -c -o $@ $<
