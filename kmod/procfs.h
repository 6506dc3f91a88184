/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_PROCFS_H
#define IPSVC_PROCFS_H

struct ipsvc_instance;

/*
 * /proc/net/ipsvc. Neither may be called with &ipsvc_net.lock held: removing
 * the files waits for readers, which take the lock.
 */
int ipsvc_proc_init(struct ipsvc_instance *inst);
void ipsvc_proc_exit(struct ipsvc_instance *inst);

#endif /* IPSVC_PROCFS_H */
