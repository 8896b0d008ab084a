/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon knows, for 'svcctl status': a JSON object to whoever connects to
 * the abstract unix socket TELL_NAME, which is the network namespace's, as the
 * tables are. Root and our own user are answered, nobody else.
 */
#ifndef NF_SVC_DAEMON_TELL_H
#define NF_SVC_DAEMON_TELL_H

#include "settle.h"

/**
 * struct tell - the socket
 * @settle: what is told of, not owned
 * @source: where objects come from, not owned
 * @listening: its connections; NULL: not opened
 */
struct tell {
	const struct settle *settle;
	const char *source;
	sd_event_source *listening;
};

/**
 * tell_open - begin to answer
 * @tell: has @settle and @source. tell_close() it
 *
 * Return: 0 or a negative errno: -EADDRINUSE while another one answers.
 */
int tell_open(struct tell *tell);

/**
 * tell_close - answer no more
 * @tell: may not have been opened
 */
void tell_close(struct tell *tell);

#endif
