#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make demo` shows, as a test.
exec "$(dirname "$0")/demo/demo.sh"
