/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FAKE_H
#define FAKE_H

void fake_boot(void);	/* the folder of FAKE_LUO has what a cold kernel has */
void fake_kexec(void);	/* sessions that are open are incoming ones then */

#endif /* FAKE_H */
