/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of verbs that go on until they are stopped. */
#ifndef IPSVC_CLI_END_H
#define IPSVC_CLI_END_H

/* A descriptor that becomes readable when it is time to end. */
int cli_end_fd(void);

#endif
