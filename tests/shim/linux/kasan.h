/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB */
typedef unsigned int kasan_vmalloc_flags_t;

#define KASAN_VMALLOC_PROT_NORMAL	1
#define KASAN_VMALLOC_VM_ALLOC		2
#define kasan_unpoison_vmalloc(addr, size, flags)	((void)(flags), (addr))
