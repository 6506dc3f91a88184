/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents as YAML, the way kubectl writes it. */
#ifndef IPSVC_CLI_YAML_OUT_H
#define IPSVC_CLI_YAML_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Keys are sorted; strings are quoted where YAML would read another type. */
void yaml_out(FILE *fp, const json_t *doc);
/* A plain scalar @text would be read back as something else than that string. */
bool yaml_out_needs_quotes(const char *text);

#endif
