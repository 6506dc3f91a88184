// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

size_t ipsvc_utf8_decode(const char *s, size_t left, uint32_t *rune)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t len = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;

	if ((*p >= 0x80 && *p < 0xc0) || *p > 0xf4 || len > left)
		return 0;
	*rune = len == 1 ? *p : *p & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*rune = *rune << 6 | (p[i] & 0x3f);
	}
	if (*rune < least[len] || *rune > 0x10ffff ||
	    (*rune >= 0xd800 && *rune <= 0xdfff))
		return 0;
	return len;
}
