// SPDX-License-Identifier: GPL-2.0
/* KubeProxyConfiguration, as kubeadm's ConfigMap has it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "text_file.h"

#define VERSION "kubeproxy.config.k8s.io/v1alpha1"
#define KIND "KubeProxyConfiguration"
#define FIELD_MAX 128

/**
 * struct reading - a file on its way into a set-up
 * @config: gets what it says
 * @path: its name
 * @error: filled on failure
 */
struct reading {
	struct config *config;
	const char *path;
	struct config_error *error;
};

static int fail_at(struct reading *reading, const struct tree *node,
		   const char *field, const char *message)
{
	return config_fail(reading->error, "%s:%zu:%zu: %s%s%s", reading->path,
			   node->line, node->column, field, *field ? ": " : "",
			   message);
}

static const struct config_entry *find(const char *field)
{
	for (const struct config_entry *entry = config_table;
	     entry->flag || entry->field; entry++) {
		if (entry->field && !strcmp(entry->field, field))
			return entry;
	}
	return NULL;
}

/* Do fields begin with this one and a dot? */
static bool is_group(const char *field)
{
	size_t len = strlen(field);

	for (const struct config_entry *entry = config_table;
	     entry->flag || entry->field; entry++) {
		if (entry->field && !strncmp(entry->field, field, len) &&
		    entry->field[len] == '.')
			return true;
	}
	return false;
}

static int set_scalar(struct reading *reading, const struct config_entry *entry,
		      const struct tree *node)
{
	char name[512];

	snprintf(name, sizeof(name), "%s:%zu:%zu: %s", reading->path,
		 node->line, node->column, entry->field);
	return config_set(reading->config, entry, node->text, name,
			  reading->error);
}

/* What is ignored needs no word where it says nothing, or the default. */
static bool is_usual(const struct config_entry *entry, const struct tree *node)
{
	static const char *const empty[] = { "", "0", "0s", "false", NULL };

	for (size_t i = 0; node->kind == TREE_SCALAR && empty[i]; i++) {
		if (!strcmp(empty[i], node->text))
			return true;
	}
	return node->kind == TREE_SCALAR ?
		       entry->usual && !strcmp(entry->usual, node->text) :
		       !node->n;
}

/* A value: of its own kind, or of one that nobody looks at. */
static int set_value(struct reading *reading, const struct config_entry *entry,
		     const struct tree *node)
{
	bool list = entry->type == CONFIG_LIST;
	int ret = 0;

	if (entry->why && !is_usual(entry, node))
		log_line(LOG_WARNING,
			 "%s:%zu:%zu: %s is taken and not obeyed: %s",
			 reading->path, node->line, node->column, entry->field,
			 entry->why);
	if (entry->type == CONFIG_ANY)
		return 0;
	if (list && node->kind == TREE_SEQUENCE) {
		for (const struct tree *item = node->first; item && !ret;
		     item = item->next)
			ret = item->kind == TREE_SCALAR ?
				      set_scalar(reading, entry, item) :
				      fail_at(reading, item, entry->field,
					      "a text is expected");
		return ret;
	}
	if (list || node->kind != TREE_SCALAR)
		return fail_at(reading, node, entry->field,
			       list ? "a list is expected" :
				      "a single value is expected");
	return set_scalar(reading, entry, node);
}

static int read_mapping(struct reading *reading, const struct tree *mapping,
			const char *prefix)
{
	int ret = 0;

	for (const struct tree *node = mapping->first; node && !ret;
	     node = node->next) {
		const struct config_entry *entry;
		char field[FIELD_MAX];

		snprintf(field, sizeof(field), "%s%s%s", prefix,
			 *prefix ? "." : "", node->key);
		entry = find(field);
		if (!entry && !is_group(field))
			return fail_at(reading, node, field,
				       "no such field of a " KIND);
		/* kubeadm writes what it leaves to the default so, too */
		if (tree_is_null(node) ||
		    (node->kind == TREE_SCALAR && !*node->text))
			continue;
		if (entry)
			ret = set_value(reading, entry, node);
		else if (node->kind == TREE_MAPPING)
			ret = read_mapping(reading, node, field);
		else
			ret = fail_at(reading, node, field,
				      "a mapping is expected");
	}
	return ret;
}

static int check_kind(struct reading *reading, const struct tree *root)
{
	const struct tree *version = tree_get(root, "apiVersion"),
			  *kind = tree_get(root, "kind");

	if (root->kind != TREE_MAPPING || !version || !kind ||
	    version->kind != TREE_SCALAR || kind->kind != TREE_SCALAR ||
	    strcmp(version->text, VERSION) || strcmp(kind->text, KIND))
		return fail_at(reading, root, "",
			       "not a " KIND "; apiVersion: " VERSION
			       " and kind: " KIND " are expected");
	return 0;
}

int config_file(struct config *config, const char *path,
		struct config_error *error)
{
	struct reading reading = { config, path, error };
	struct tree_error wrong;
	struct tree_file file;
	int ret;

	ret = text_file_tree(path, &file, &wrong);
	if (ret == -EINVAL)
		return config_fail(error, "%s:%zu:%zu: %s", path, wrong.line,
				   wrong.column, wrong.message);
	if (ret) {
		config_fail(error, "%s: %s", path, strerror(-ret));
		return ret;
	}
	if (file.n != 1)
		ret = config_fail(error,
				  "%s: %zu documents; one " KIND " is expected",
				  path, file.n);
	if (!ret)
		ret = check_kind(&reading, file.documents);
	if (!ret)
		ret = read_mapping(&reading, file.documents, "");
	tree_clean(&file);
	return ret;
}
