// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of clients. */
#include "fuzz/fuzz_dns.c"

#define SEEDS		"fuzz/seeds/dns"
#define SEEDS_MIN	26
#include "dns_seeds.h"
