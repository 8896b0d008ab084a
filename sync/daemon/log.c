// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "log.h"

#define LINE_MAX_BYTES 1024

static int most_said = LOG_INFO;

/* Is the standard error the journal's own stream? */
static bool to_journal(void)
{
	static int known = -1;
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (known < 0) {
		known = 0;
		if (stream && !fstat(STDERR_FILENO, &st)) {
			snprintf(own, sizeof(own), "%ju:%ju",
				 (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
			known = !strcmp(own, stream);
		}
	}
	return known;
}

void log_level(int most)
{
	most_said = most;
}

static void say(int priority, const char *object, const char *reason,
		const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];

	if (priority > most_said)
		return;
	vsnprintf(line, sizeof(line), format, args);
	if (!to_journal() ||
	    sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", priority,
			    "NF_SVC_OBJECT=%s", object ? object : "",
			    "NF_SVC_REASON=%s", reason ? reason : "", NULL))
		fprintf(stderr, "svcsyncd: %s%s\n",
			priority <= LOG_ERR	? "error: " :
			priority == LOG_WARNING ? "warning: " :
						  "",
			line);
}

void log_line(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(priority, NULL, NULL, format, args);
	va_end(args);
}

void log_about(int priority, const char *object, const char *reason,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(priority, object, reason, format, args);
	va_end(args);
}
