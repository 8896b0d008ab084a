/* SPDX-License-Identifier: GPL-2.0 */
/* What svcsyncd knows, asked by 'svcctl status'. */
#ifndef SVCCTL_DAEMON_H
#define SVCCTL_DAEMON_H

#include <cjson/cJSON.h>

#include "svcctl.h"

/**
 * daemon_ask - ask the svcsyncd of this network namespace
 * @value: what it says, as "daemon" of docs/svcctl.schema.json, to be
 *	cJSON_Delete()d; NULL: none answers, or not to us
 *
 * It is waited for two seconds at most.
 *
 * Return: 0 or -ENOMEM.
 */
int daemon_ask(cJSON **value);

/**
 * daemon_read - keep of an answer what we know
 * @text: the answer
 * @value: as of daemon_ask(); NULL: it makes no sense
 *
 * Return: 0 or -ENOMEM.
 */
int daemon_read(const char *text, cJSON **value);

/**
 * daemon_print - print it for people
 * @ctl: the run
 * @value: of daemon_ask()
 */
void daemon_print(const struct svcctl *ctl, const cJSON *value);

#endif
