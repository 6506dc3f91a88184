/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipsvcd --check */
#ifndef IPSVCD_CHECK_H
#define IPSVCD_CHECK_H

#include "options.h"

/*
 * Checks all manifests of the directory, and what they would be refused for when
 * they are applied to the store, if that can be read; says what is wrong. The exit
 * code.
 */
int check_manifests(const struct options *opts);

#endif
