// SPDX-License-Identifier: GPL-2.0
/* What objects of several kinds have: names, protocols, words and times. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/decode.h"

#define LABEL_MAX 63

int model_check_label(const struct tree *node, const char *text,
		      struct tree_error *error)
{
	size_t len = strlen(text);

	if (!len || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-' ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return tree_fail(
			node, error,
			"'%.64s' is no name; 1 to 63 of a-z, 0-9 and -", text);
	return 0;
}

int model_decode_protocol(const struct tree *node, uint8_t *protocol,
			  struct tree_error *error)
{
	const struct tree *value = tree_get(node, "protocol");
	const char *text;
	int ret;

	*protocol = IPPROTO_TCP;
	if (!value)
		return 0;
	ret = tree_string(value, &text, error);
	if (ret)
		return ret;
	if (!strcmp(text, "UDP"))
		*protocol = IPPROTO_UDP;
	else if (!strcmp(text, "SCTP"))
		*protocol = IPPROTO_SCTP;
	else if (strcmp(text, "TCP"))
		return tree_fail(value, error,
				 "'%.32s' is no protocol; TCP, UDP or SCTP",
				 text);
	return 0;
}

int model_decode_names(const struct tree *node, char **namespace, char **name,
		       bool named, struct tree_error *error)
{
	const char *namespace_text = "default", *name_text = "";
	const struct tree *metadata, *value;
	int ret;

	ret = tree_need(node, "metadata", TREE_MAPPING, &metadata, error);
	if (ret)
		return ret;
	value = tree_get(metadata, "namespace");
	if (value) {
		ret = tree_string(value, &namespace_text, error);
		if (!ret)
			ret = model_check_label(value, namespace_text, error);
	}
	if (!ret && named)
		ret = tree_need(metadata, "name", TREE_SCALAR, &value, error);
	else if (!ret)
		ret = tree_may(metadata, "name", TREE_SCALAR, &value, error);
	if (!ret && value)
		ret = tree_string(value, &name_text, error);
	if (ret)
		return ret;
	*namespace = strdup(namespace_text);
	*name = strdup(name_text);
	if (*namespace && *name)
		return 0;
	free(*namespace);
	free(*name);
	*namespace = NULL;
	*name = NULL;
	return tree_no_memory(error);
}

int model_decode_word(const struct tree *parent, const char *key,
		      const char *const *words, size_t *index,
		      struct tree_error *error)
{
	const struct tree *node = tree_get(parent, key);
	char allowed[128] = "";
	const char *text;
	int ret;

	*index = 0;
	if (!node)
		return 0;
	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	for (; words[*index]; ++*index) {
		if (!strcmp(words[*index], text))
			return 0;
	}
	for (size_t i = 0; words[i]; i++) {
		size_t len = strlen(allowed);

		snprintf(allowed + len, sizeof(allowed) - len, "%s%s",
			 !i	      ? "" :
			 words[i + 1] ? ", " :
					" or ",
			 words[i]);
	}
	return tree_fail(node, error, "'%.32s' is not known; %s", text,
			 allowed);
}

/* RFC 3339, as Kubernetes writes it: whole seconds, "Z" or "+01:00". */
static bool read_time(const char *text, int64_t *seconds)
{
	unsigned int hours, minutes;
	struct tm tm = { 0 };
	const char *zone = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int end = 0;

	if (!zone)
		return false;
	if (*zone == '.')
		zone += 1 + strspn(zone + 1, "0123456789");
	*seconds = timegm(&tm);
	if (!strcmp(zone, "Z"))
		return true;
	if ((*zone != '+' && *zone != '-') ||
	    sscanf(zone + 1, "%2u:%2u%n", &hours, &minutes, &end) != 2 ||
	    zone[1 + end])
		return false;
	*seconds += (*zone == '+' ? -60 : 60) * ((int64_t)hours * 60 + minutes);
	return true;
}

int model_decode_time(const struct tree *metadata, int64_t *seconds,
		      struct tree_error *error)
{
	const struct tree *node = tree_get(metadata, "creationTimestamp");
	const char *text;
	int ret;

	*seconds = INT64_MAX;
	if (!node)
		return 0;
	ret = tree_string(node, &text, error);
	if (!ret && !read_time(text, seconds))
		ret = tree_fail(
			node, error,
			"'%.40s' is no time; for example 2026-01-02T03:04:05Z",
			text);
	return ret;
}
