// SPDX-License-Identifier: GPL-2.0
/* The ledger's file: JSON, replaced whole. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "client/words.h"
#include "ledger.h"
#include "text_file.h"

#define FORMAT "nf_svc-ledger/1"

static int load_ips(struct ledger *ledger, struct ledger_line *line,
		    const struct tree *node, struct tree_error *error)
{
	const struct tree *list;
	int ret = tree_may(node, "clusterIPs", TREE_SEQUENCE, &list, error);

	for (const struct tree *item = list && !ret ? list->first : NULL;
	     item && !ret; item = item->next) {
		struct nf_svc_addr addr;
		const char *text, *why;

		ret = tree_string(item, &text, error);
		if (ret)
			break;
		if (nf_svc_addr_parse(text, &addr, &why))
			return tree_fail(item, error, "'%.48s': %s", text, why);
		if (address_set_has(&ledger->taken, &addr))
			return tree_fail(item, error, "%.48s is here twice",
					 text);
		ret = ledger_add_ip(ledger, line, &addr);
		if (ret == -ENOSPC)
			ret = tree_fail(item, error, "more than two addresses");
	}
	return ret;
}

static int load_port(struct ledger *ledger, struct ledger_line *line,
		     const struct tree *item, struct tree_error *error)
{
	const struct tree *name, *protocol, *port, *node_port;
	uint32_t number = 0, node_number = 0, word = 0;
	struct ledger_port own = { 0 };
	int ret;

	ret = tree_may(item, "name", TREE_SCALAR, &name, error);
	if (!ret)
		ret = tree_need(item, "protocol", TREE_SCALAR, &protocol,
				error);
	if (!ret)
		ret = tree_need(item, "port", TREE_SCALAR, &port, error);
	if (!ret)
		ret = tree_need(item, "nodePort", TREE_SCALAR, &node_port,
				error);
	if (!ret)
		ret = tree_number(port, 1, 65535, &number, error);
	if (!ret)
		ret = tree_number(node_port, 1, 65535, &node_number, error);
	if (!ret && !nf_svc_word_value(nf_svc_protocols, protocol->text, &word))
		ret = tree_fail(protocol, error, "tcp, udp or sctp");
	if (ret)
		return ret;
	own.name = (char *)(uintptr_t)(name ? name->text : "");
	own.protocol = (uint8_t)word;
	own.port = (uint16_t)number;
	own.node_port = (uint16_t)node_number;
	return ledger_add_port(ledger, line, &own);
}

static int load_line(struct ledger *ledger, const struct tree *node,
		     struct tree_error *error)
{
	const struct tree *namespace, *name, *list = NULL;
	struct ledger_line *line;
	int ret;

	ret = tree_need(node, "namespace", TREE_SCALAR, &namespace, error);
	if (!ret)
		ret = tree_need(node, "name", TREE_SCALAR, &name, error);
	if (ret)
		return ret;
	line = ledger_line(ledger, namespace->text, name->text, true);
	if (!line)
		return tree_no_memory(error);
	ret = load_ips(ledger, line, node, error);
	if (!ret)
		ret = tree_may(node, "nodePorts", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list && !ret ? list->first : NULL;
	     item && !ret; item = item->next)
		ret = load_port(ledger, line, item, error);
	return ret;
}

int ledger_load(struct ledger *ledger, struct tree_error *error)
{
	const struct tree *root, *format, *list = NULL;
	struct tree_file file;
	int ret;

	memset(error, 0, sizeof(*error));
	ret = text_file_tree(ledger->path, &file, error);
	if (ret)
		return ret;
	root = file.documents;
	format = root ? tree_get(root, "format") : NULL;
	if (!format || format->kind != TREE_SCALAR ||
	    strcmp(format->text, FORMAT)) {
		error->line = 1;
		error->column = 1;
		strcpy(error->message, "its format is not " FORMAT);
		ret = -EINVAL;
	}
	if (!ret)
		ret = tree_need(root, "services", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list && !ret ? list->first : NULL;
	     item && !ret; item = item->next)
		ret = load_line(ledger, item, error);
	tree_clean(&file);
	return ret;
}

/**
 * struct writing - a file that is made
 * @services: array of all lines
 * @failed: no memory
 */
struct writing {
	cJSON *services;
	bool failed;
};

static bool write_port(cJSON *list, const struct ledger_port *port)
{
	cJSON *one = cJSON_CreateObject();

	if (!one || !cJSON_AddItemToArray(list, one)) {
		cJSON_Delete(one);
		return false;
	}
	return cJSON_AddStringToObject(one, "name", port->name) &&
	       cJSON_AddStringToObject(one, "protocol",
				       nf_svc_word_text(nf_svc_protocols,
							port->protocol)) &&
	       cJSON_AddNumberToObject(one, "port", port->port) &&
	       cJSON_AddNumberToObject(one, "nodePort", port->node_port);
}

static bool write_line(cJSON *services, const struct ledger_line *line)
{
	cJSON *one = cJSON_CreateObject(), *list;
	char text[NF_SVC_ADDR_TEXT];

	if (!one || !cJSON_AddItemToArray(services, one)) {
		cJSON_Delete(one);
		return false;
	}
	if (!cJSON_AddStringToObject(one, "namespace", line->namespace) ||
	    !cJSON_AddStringToObject(one, "name", line->name))
		return false;
	list = cJSON_AddArrayToObject(one, "clusterIPs");
	for (size_t i = 0; list && i < line->n_ips; i++) {
		cJSON *item = cJSON_CreateString(
			nf_svc_addr_format(&line->ips[i], text));

		if (!item || !cJSON_AddItemToArray(list, item)) {
			cJSON_Delete(item);
			return false;
		}
	}
	if (!list)
		return false;
	list = cJSON_AddArrayToObject(one, "nodePorts");
	for (size_t i = 0; list && i < line->n_ports; i++) {
		if (!write_port(list, &line->ports[i]))
			return false;
	}
	return list;
}

static void write_node(const void *node, VISIT visit, void *context)
{
	const struct ledger_line *line = *(struct ledger_line *const *)node;
	struct writing *writing = context;

	if ((visit == postorder || visit == leaf) &&
	    (line->n_ips || line->n_ports) &&
	    !write_line(writing->services, line))
		writing->failed = true;
}

int ledger_save(struct ledger *ledger)
{
	cJSON *root;
	struct writing writing = { 0 };
	char *text = NULL;
	int ret;

	if (!ledger->changed || !ledger->path)
		return 0;
	root = cJSON_CreateObject();
	if (root && cJSON_AddStringToObject(root, "format", FORMAT))
		writing.services = cJSON_AddArrayToObject(root, "services");
	if (writing.services) {
		twalk_r(ledger->root, write_node, &writing);
		if (!writing.failed)
			text = cJSON_Print(root);
	}
	cJSON_Delete(root);
	ret = text ? text_file_write(ledger->path, text) : -ENOMEM;
	free(text);
	if (!ret)
		ledger->changed = false;
	return ret;
}
