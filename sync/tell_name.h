/* SPDX-License-Identifier: GPL-2.0 */
/* Where svcsyncd tells svcctl what it knows. */
#ifndef NF_SVC_SYNC_TELL_NAME_H
#define NF_SVC_SYNC_TELL_NAME_H

/* Of an abstract unix socket (unix(7)): each network namespace has its own. */
#define TELL_NAME "nf_svc/svcsyncd"
/* The answer is shorter than this, bytes. */
#define TELL_MAX 16384

#endif
