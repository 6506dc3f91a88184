// SPDX-License-Identifier: GPL-2.0-or-later
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "log.h"

bool privileges_drop(void)
{
	bool admin = capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN);
	/* The bounding set is root's to change. */
	capng_select_t sets = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)
			      ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;

	if (!admin)
		log_warning("no CAP_NET_ADMIN: the kernel's tables cannot be changed");
	capng_clear(sets);
	if (admin)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			     CAP_NET_ADMIN);
	if (capng_apply(sets) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_error("cannot give up capabilities: %s", strerror(errno));
		return false;
	}
	return true;
}
