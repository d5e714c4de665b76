/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: there is no userspace. */
#ifndef SHIM_PTRACE_H
#define SHIM_PTRACE_H

#define current_pt_regs()		NULL
#define instruction_pointer(regs)	((unsigned long)(regs))
#define fault_in_readable(uaddr, size)	((void)(uaddr))

#endif /* SHIM_PTRACE_H */
