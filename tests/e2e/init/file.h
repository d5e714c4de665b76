/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FILE_H
#define FILE_H

/* The file as a string, to be freed; NULL if it cannot be read */
char *file_text(const char *path);

/* NULL if the file begins with a number, or the reason */
const char *file_number(const char *path, long *number);

/* NULL if @word is written to the file, or the reason */
const char *file_write(const char *path, const char *word);

#endif /* FILE_H */
