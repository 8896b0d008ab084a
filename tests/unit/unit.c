// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

struct nf_svc_addr addr(const char *text)
{
	struct nf_svc_addr value;
	const char *why;

	if (nf_svc_addr_parse(text, &value, &why))
		fail_msg("%s: %s", text, why);
	return value;
}

struct nf_svc_cidr cidr(const char *text)
{
	struct nf_svc_cidr value;
	const char *why;

	if (nf_svc_cidr_parse(text, &value, &why))
		fail_msg("%s: %s", text, why);
	return value;
}

struct tree_file read_text(const char *text)
{
	struct tree_error error;
	struct tree_file file;

	if (tree_read(&file, text, strlen(text), &error))
		fail_msg("%zu:%zu: %s", error.line, error.column,
			 error.message);
	return file;
}

struct model read_model(const char *text)
{
	struct tree_file file = read_text(text);
	struct tree_error error;
	struct model model;

	if (model_decode(&model, &file, &error))
		fail_msg("%zu:%zu: %s: %s", error.line, error.column,
			 error.field, error.message);
	tree_clean(&file);
	return model;
}

struct tree_error fail_model(const char *text)
{
	struct tree_error error;
	struct tree_file file;
	struct model model;
	int ret;

	ret = tree_read(&file, text, strlen(text), &error);
	if (!ret) {
		ret = model_decode(&model, &file, &error);
		tree_clean(&file);
		if (!ret) {
			model_clean(&model);
			fail_msg("nothing is wrong with: %s", text);
		}
	}
	return error;
}

void assert_backend(const struct nf_svc_service *service, const char *place,
		    unsigned int sets)
{
	char text[NF_SVC_PLACE_TEXT];

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];

		nf_svc_addr_port_format(&backend->addr, backend->port, text);
		if (!strcmp(text, place)) {
			assert_int_equal(backend->sets, sets);
			return;
		}
	}
	fail_msg("%s has no backend %s", service->name, place);
}
