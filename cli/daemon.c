// SPDX-License-Identifier: GPL-2.0
#include "daemon.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "print.h"
#include "sync/tell_name.h"

/* What is taken of an answer; the rest is of a newer daemon. */
static const struct {
	const char *key;
	enum { NUMBER, TEXT, MAYBE, BOOL } kind;
} fields[] = {
	{ "pid", NUMBER },
	{ "version", TEXT },
	{ "source", TEXT },
	{ "trouble", MAYBE },
	{ "kernelTrouble", MAYBE },
	{ "settled", BOOL },
	{ "services", NUMBER },
	{ "waiting", NUMBER },
	{ "waitingSeconds", NUMBER },
	{ "refused", NUMBER },
	{ "commits", NUMBER },
	{ "failures", NUMBER },
	{ "settledSeconds", NUMBER },
};

static bool fits(const cJSON *item, unsigned int kind)
{
	switch (kind) {
	case NUMBER:
		return cJSON_IsNumber(item) && item->valuedouble >= 0;
	case BOOL:
		return cJSON_IsBool(item);
	case MAYBE:
		return cJSON_IsString(item) || cJSON_IsNull(item);
	default:
		return cJSON_IsString(item);
	}
}

/* Whoever has the socket's name said it: no terminal shall obey that. */
static void disarm(const cJSON *item)
{
	char *text = cJSON_GetStringValue(item);

	for (; text && *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int daemon_read(const char *text, cJSON **value)
{
	cJSON *said = cJSON_Parse(text), *kept = cJSON_CreateObject();
	int ret = kept ? 0 : -ENOMEM;
	bool whole = said;

	for (size_t i = 0;
	     i < sizeof(fields) / sizeof(*fields) && whole && !ret; i++) {
		cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(
			said, fields[i].key);

		whole = fits(item, fields[i].kind);
		disarm(item);
		if (whole && !cJSON_AddItemToObject(kept, fields[i].key, item))
			ret = -ENOMEM;
		if (!whole || ret)
			cJSON_Delete(item);
	}
	cJSON_Delete(said);
	if (ret || !whole) {
		cJSON_Delete(kept);
		kept = NULL;
	}
	*value = kept;
	return ret;
}

static size_t hear(int fd, char *text, size_t room)
{
	size_t used = 0;

	while (used < room - 1) {
		ssize_t n = recv(fd, text + used, room - 1 - used, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	return used;
}

int daemon_ask(cJSON **value)
{
	const struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char text[TELL_MAX];
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd, ret = 0;

	*value = NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	memcpy(at.sun_path + 1, TELL_NAME, sizeof(TELL_NAME) - 1);
	if (!connect(fd, (struct sockaddr *)&at,
		     offsetof(struct sockaddr_un, sun_path) +
			     sizeof(TELL_NAME)) &&
	    hear(fd, text, sizeof(text)))
		ret = daemon_read(text, value);
	/* who it is the kernel knows better */
	if (*value && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		cJSON_SetNumberValue(cJSON_GetObjectItem(*value, "pid"),
				     peer.pid);
	close(fd);
	return ret;
}

static const char *text_of(const cJSON *value, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(value, key));
}

static unsigned long long number_of(const cJSON *value, const char *key)
{
	return (unsigned long long)cJSON_GetNumberValue(
		cJSON_GetObjectItem(value, key));
}

static void print_trouble(const struct svcctl *ctl, const char *text)
{
	if (text)
		printf("  %s%s%s\n", paint_on(ctl, PAINT_BAD), text,
		       paint_off(ctl));
}

void daemon_print(const struct svcctl *ctl, const cJSON *value)
{
	if (!value) {
		puts("svcsyncd: none answers in this network namespace");
		return;
	}
	printf("svcsyncd: %s, process %llu, follows %s\n",
	       text_of(value, "version"), number_of(value, "pid"),
	       text_of(value, "source"));
	print_trouble(ctl, text_of(value, "trouble"));
	print_trouble(ctl, text_of(value, "kernelTrouble"));
	printf("  Services: %llu", number_of(value, "services"));
	if (number_of(value, "waiting"))
		printf(", %llu of them wait for %llu s",
		       number_of(value, "waiting"),
		       number_of(value, "waitingSeconds"));
	if (number_of(value, "refused"))
		printf(", %llu refused by the kernel",
		       number_of(value, "refused"));
	if (cJSON_IsTrue(cJSON_GetObjectItem(value, "settled")))
		printf("; all was in the kernel %llu s ago\n",
		       number_of(value, "settledSeconds"));
	else
		puts("; not all was heard yet, the kernel keeps what it has");
}
