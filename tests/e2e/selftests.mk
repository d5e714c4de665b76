# SPDX-License-Identifier: GPL-2.0-only
#
# Build upstream's live update tests, unmodified, with the flags of its vmtest.sh (nolibc);
# "liveupdate" does not support nolibc and has those of its Makefile.
#
# usage: make -f selftests.mk TREE=KERNEL OUT=FOLDER HEADERS=FOLDER

src	:= $(TREE)/tools/testing/selftests/liveupdate
lib	:= $(src)/lib/lu_utils.c
luo	:= luo_kexec_simple luo_multi_session luo_stress_sessions luo_stress_files
nolibc	:= -static -nostdinc -nostdlib -I $(HEADERS) -I $(TREE)/tools/include/nolibc

all: $(addprefix $(OUT)/,$(luo) init liveupdate)

$(addprefix $(OUT)/,$(luo)): $(OUT)/%: $(src)/%.c $(lib)
	$(CC) $(nolibc) -O2 -I $(src)/lib/include -o $@ $< $(lib)

$(OUT)/init: $(src)/init.c
	$(CC) $(nolibc) -s -Os -fno-asynchronous-unwind-tables -fno-ident \
		-fno-stack-protector -o $@ $<

$(OUT)/liveupdate: $(src)/liveupdate.c $(lib)
	$(CC) -static -O2 -D_GNU_SOURCE= -Wno-unused-function -isystem $(HEADERS) \
		-I $(src)/lib/include -o $@ $< $(lib)
