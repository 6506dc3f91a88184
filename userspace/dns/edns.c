// SPDX-License-Identifier: GPL-2.0-or-later
#include "edns.h"

#include <libknot/descriptor.h>
#include <libknot/rrtype/opt.h>
#include <libknot/wire.h>
#include <string.h>

uint8_t *dns_opt_begin(uint8_t *start, uint16_t udp_size, bool dnssec_ok)
{
	memset(start, 0, KNOT_EDNS_MIN_SIZE);
	knot_wire_write_u16(start + 1, KNOT_RRTYPE_OPT);
	knot_wire_write_u16(start + 3, udp_size);
	if (dnssec_ok)
		start[7] = 0x80;
	return start + KNOT_EDNS_MIN_SIZE;
}

uint8_t *dns_opt_put(uint8_t *p, uint16_t code, const void *data, size_t len)
{
	knot_wire_write_u16(p, code);
	knot_wire_write_u16(p + 2, (uint16_t)len);
	if (len)
		memcpy(p + 4, data, len);
	return p + 4 + len;
}

void dns_opt_end(uint8_t *start, const uint8_t *end)
{
	knot_wire_write_u16(start + 9,
			    (uint16_t)(end - start - KNOT_EDNS_MIN_SIZE));
}
