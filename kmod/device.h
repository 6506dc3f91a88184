/* SPDX-License-Identifier: GPL-2.0 */
/* Links of kind ipsvc: the life of instances. */
#ifndef IPSVC_DEVICE_H
#define IPSVC_DEVICE_H

int ipsvc_device_init(void);
void ipsvc_device_exit(void);

#endif /* IPSVC_DEVICE_H */
