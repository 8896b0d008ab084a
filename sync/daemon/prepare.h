/* SPDX-License-Identifier: GPL-2.0 */
/* What is done before and after the daemon: --init-only and --cleanup. */
#ifndef NF_SVC_DAEMON_PREPARE_H
#define NF_SVC_DAEMON_PREPARE_H

#include "config.h"

/**
 * prepare_node - load the module, and set the sysctls of conntrack: OPS-11
 * @config: says which
 *
 * Return: an exit status, after telling what failed.
 */
int prepare_node(const struct config *config);

/**
 * clean_node - take all of the daemon's out of the kernel, and its files: OPS-06
 * @config: says where these are
 *
 * Return: an exit status, after telling what failed.
 */
int clean_node(const struct config *config);

#endif
