/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels in a row; see kexec.c.
 */
#ifndef KEXEC_H
#define KEXEC_H

#include "unit.h"

extern int (*shim_initcall_kho_init)(void);
extern int (*shim_param_kho_checksum_param)(char *arg);
extern int (*shim_param_kho_parse_enable)(char *arg);
extern int (*shim_param_kho_scratch_parse)(char *arg);

/* Handed from kernel to kernel besides physical memory. */
struct boot_params {
	phys_addr_t	fdt, scratch;
	u64		fdt_len, scratch_len;
	char		refused[128];	/* why, by the kernel that hands over */
	phys_addr_t	other;
	unsigned int	nr_items;
	struct item {
		unsigned long	pfn;
		unsigned long	nr_pages;
		unsigned int	folio;		/* or single pages */
	} item[64];
};

extern struct boot_params *params;

/* The root FDT that debugfs shows, if any; it must not be freed. */
extern const void *kexec_shown_fdt;

/* A random machine without preserved memory. */
void kexec_machine(void);

/* Let @kernel run and hand over, in a process of its own. False: it crashed. */
bool kexec_run(void (*kernel)(void));

/* Parts of a kernel: the whole boot of a first one; of a later one up to initcalls. */
void kexec_first(void);
void kexec_next(void);
void kexec_boot_late(void);

/* Parts of those. */
void kexec_populate(void);
void kexec_model_next(void);	/* the model knows what the next kernel was handed */
void kexec_boot(void);

/* kho_checksum=@what, before anything is preserved; and what freeze and jump do then */
void kexec_checksums(const char *what);
void kexec_seal(void);

/* A page of another owner, with nothing in it; is it preserved still, and his to restore? */
void kexec_preserve_other(void);
bool kexec_other_is_there(void);

/* Preserve @nr random folios and ranges; restore all there are, and compare. */
void kexec_preserve(unsigned int nr);
void kexec_restore(void);

/* The rest of the boot, with all free memory overwritten, and then all of it restored */
void kexec_boot_and_restore(void);

/* Overwrite what is free. */
void kexec_scribble(void);

unsigned long kexec_find_free(unsigned int order);

#endif /* KEXEC_H */
