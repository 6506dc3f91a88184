// SPDX-License-Identifier: GPL-2.0-or-later

// Functions without a body need a file of this kind in their package.
