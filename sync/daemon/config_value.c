// SPDX-License-Identifier: GPL-2.0
/* Texts into values, as Go's flags and durations are written. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "config.h"

static void *member_of(struct config *config, const struct config_entry *entry)
{
	return (char *)config + entry->offset;
}

static int set_bool(bool *value, const char *text, const char *name,
		    struct config_error *error)
{
	if (!strcmp(text, "true") || !strcmp(text, "1") ||
	    !strcmp(text, "True") || !strcmp(text, "TRUE"))
		*value = true;
	else if (!strcmp(text, "false") || !strcmp(text, "0") ||
		 !strcmp(text, "False") || !strcmp(text, "FALSE"))
		*value = false;
	else
		return config_fail(error,
				   "%s: '%.64s' is neither true nor false",
				   name, text);
	return 0;
}

static int set_number(int64_t *value, const struct config_entry *entry,
		      const char *text, const char *name,
		      struct config_error *error)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || end == text || *end || number < entry->min ||
	    number > entry->max)
		return config_fail(error,
				   "%s: '%.64s' is no number from %lld to %lld",
				   name, text, (long long)entry->min,
				   (long long)entry->max);
	*value = number;
	return 0;
}

/* Seconds of one unit; 0: no such unit. Parts of a second do not count. */
static double unit_of(const char **text)
{
	static const struct {
		const char *text;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "us", 0.000001 }, { "ns", 1e-9 },
		      { "h", 3600 },   { "m", 60 },	   { "s", 1 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t len = strlen(units[i].text);

		if (!strncmp(*text, units[i].text, len)) {
			*text += len;
			return units[i].seconds;
		}
	}
	return 0;
}

static int set_seconds(int64_t *value, const struct config_entry *entry,
		       const char *text, const char *name,
		       struct config_error *error)
{
	const char *c = text;
	double sum = 0;

	while (*c && strcmp(text, "0")) {
		char *end;
		double number = isdigit((unsigned char)*c) ? strtod(c, &end) :
							     -1;
		double unit = 0;

		if (number >= 0) {
			c = end;
			unit = unit_of(&c);
		}
		if (unit <= 0) {
			sum = -1;
			break;
		}
		sum += number * unit;
	}
	if (!*text || sum < (double)entry->min || sum > (double)entry->max)
		return config_fail(
			error,
			"%s: '%.64s' is no time from %llds to %llds; for example 1m30s",
			name, text, (long long)entry->min,
			(long long)entry->max);
	*value = (int64_t)sum;
	return 0;
}

static int set_text(char **value, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*value);
	*value = copy;
	return 0;
}

int config_split(struct config_texts *texts, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		const char *end = text + len;
		char **entry;

		while (text < end && isspace((unsigned char)*text))
			text++;
		while (end > text && isspace((unsigned char)end[-1]))
			end--;
		if (end > text) {
			entry = nf_svc_array_add(&texts->list, &texts->n,
						 sizeof(*entry));
			if (!entry)
				return -ENOMEM;
			*entry = strndup(text, (size_t)(end - text));
			if (!*entry)
				return -ENOMEM;
		}
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return 0;
}

int config_set(struct config *config, const struct config_entry *entry,
	       const char *text, const char *name, struct config_error *error)
{
	int64_t unused;
	bool kept = entry->offset != SIZE_MAX;

	switch (entry->type) {
	case CONFIG_BOOL:
		return set_bool(member_of(config, entry), text, name, error);
	case CONFIG_NUMBER:
		return set_number(kept ? member_of(config, entry) : &unused,
				  entry, text, name, error);
	case CONFIG_SECONDS:
		return set_seconds(kept ? member_of(config, entry) : &unused,
				   entry, text, name, error);
	case CONFIG_TEXT:
		return set_text(member_of(config, entry), text);
	case CONFIG_LIST:
	case CONFIG_COMMAS:
		return config_split(member_of(config, entry), text);
	case CONFIG_ANY:
	default:
		return 0;
	}
}
