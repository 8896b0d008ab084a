/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon says of itself: with fields to the journal where that listens,
 * else as lines to the standard error.
 */
#ifndef NF_SVC_DAEMON_LOG_H
#define NF_SVC_DAEMON_LOG_H

#include <syslog.h>

/**
 * log_level - say no more than this
 * @most: LOG_ERR to LOG_DEBUG; LOG_INFO until it is called
 */
void log_level(int most);

/**
 * log_line - say something
 * @priority: LOG_ERR to LOG_DEBUG
 * @format: printf format of a line without its end
 */
void log_line(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * log_about - say something about an object
 * @priority: LOG_ERR to LOG_DEBUG
 * @object: NAMESPACE/NAME, journal field NF_SVC_OBJECT; NULL: of none
 * @reason: one word, journal field NF_SVC_REASON; NULL: none
 * @format: printf format of a line without its end
 */
void log_about(int priority, const char *object, const char *reason,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
