/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF entry point (-Wl,-e,kho_start).  Reading the TSC here, and not in a
 * constructor, makes it the first instruction that the new kernel's userspace
 * executes: the C library has not run, and nothing but the entry page has been
 * touched.  The store may fault, but only after the clock was read.
 */
	.data
	.balign	8
	.globl	first_tsc
	.type	first_tsc, @object
	.size	first_tsc, 8
first_tsc:
	.quad	0

	.text
	.globl	kho_start
	.type	kho_start, @function
kho_start:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, first_tsc(%rip)
	/* The ABI gives _start an exit handler in rdx; the kernel passes none. */
	xor	%edx, %edx
	jmp	_start
	.size	kho_start, . - kho_start

	.section .note.GNU-stack, "", @progbits
