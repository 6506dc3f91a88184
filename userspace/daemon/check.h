/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipsvcd --check */
#ifndef IPSVCD_CHECK_H
#define IPSVCD_CHECK_H

/* Checks all manifests of @dir, says what is wrong; the exit code. */
int check_manifests(const char *dir);

#endif
