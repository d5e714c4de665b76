/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: strict like the kernel's, without its rarer bases. */
int kstrtouint(const char *s, unsigned int base, unsigned int *res);
int kstrtobool(const char *s, bool *res);
unsigned long long memparse(const char *ptr, char **retptr);
