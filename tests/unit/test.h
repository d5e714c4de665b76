/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Header of the test programs. Each TEST() runs in a process of its own, so
 * that it starts with the static data of the code under test untouched.
 */
#ifndef TEST_H
#define TEST_H

#include "unit.h"

/* It brings the attribute that shim.h takes away. */
#undef __printf
#include "kselftest_harness.h"

/* Seconds; some take ten alone on the machine. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#endif /* TEST_H */
