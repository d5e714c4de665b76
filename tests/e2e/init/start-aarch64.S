/* SPDX-License-Identifier: GPL-2.0-only */
/* The ELF entry point, as in start-x86_64.S: the virtual counter instead of the TSC */
	.data
	.balign	8
	.globl	first_tsc
	.type	first_tsc, %object
	.size	first_tsc, 8
first_tsc:
	.quad	0

	.text
	.globl	kho_start
	.type	kho_start, %function
kho_start:
	isb
	mrs	x1, cntvct_el0
	adrp	x2, first_tsc
	str	x1, [x2, :lo12:first_tsc]
	b	_start
	.size	kho_start, . - kho_start

	.section .note.GNU-stack, "", %progbits
