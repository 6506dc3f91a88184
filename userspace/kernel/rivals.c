// SPDX-License-Identifier: GPL-2.0-or-later
#include "rivals.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

/* libnl puts the process id into the lower bits of the port. */
#define PID_OF_PORT(port)	((port) & 0x3fffff)

/* Its name, or "" where it is not to be seen. */
static void name_of(uint32_t pid, char *name, size_t size)
{
	char *path = xasprintf("/proc/%u/comm", pid);
	FILE *fp = fopen(path, "re");

	if (!fp || !fgets(name, (int)size, fp))
		*name = '\0';
	name[strcspn(name, "\n")] = '\0';
	if (fp)
		fclose(fp);
	free(path);
}

char *rivals_in(FILE *table, uint32_t port, uint32_t groups)
{
	struct ipsvc_buf buf = {0};
	uint32_t other, mask;
	char line[256], name[32];
	int protocol;

	while (fgets(line, sizeof(line), table)) {
		if (sscanf(line, "%*s %d %u %x", &protocol, &other, &mask) != 3 ||
		    protocol != NETLINK_GENERIC || other == port ||
		    !(mask & groups))
			continue;
		name_of(PID_OF_PORT(other), name, sizeof(name));
		ipsvc_buf_printf(&buf, *name ? "%spid %u (%s)" : "%spid %u",
				 buf.len ? ", " : "", PID_OF_PORT(other), name);
	}
	return buf.len ? ipsvc_buf_take(&buf) : NULL;
}

char *rivals_of(int fd)
{
	struct sockaddr_nl addr;
	socklen_t len = sizeof(addr);
	char *found;
	FILE *table;

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return NULL;
	table = fopen("/proc/self/net/netlink", "re");
	if (!table)
		return NULL;
	found = rivals_in(table, addr.nl_pid, addr.nl_groups);
	fclose(table);
	return found;
}
