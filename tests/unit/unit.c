// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/words.h"
#include "command.h"
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

void run_node_ports(struct run *run, enum node_port_choice choice,
		    const struct nf_svc_cidr *cidrs, size_t n)
{
	node_ports_clean(&run->ports);
	assert_int_equal(node_ports_select(&run->ports, choice, cidrs, n,
					   &run->node, &run->problems),
			 0);
}

static const struct nf_svc_schedulers all_schedulers = {
	.names = { "random", "rr", "wrr", "mh", "mh-source" },
	.n = 5,
};

void run_begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->node.name = "here";
	run->node.zone = "a";
	run->node.primary[0] = addr("192.0.2.10");
	run->node.primary[1] = addr("fd00:2::10");
	run->node.settings = &run->settings;
	run->options.capabilities = ALL_CAPABILITIES;
	run->options.schedulers = &all_schedulers;
	run->options.limit_ranges = 64;
	run->options.node_ports = &run->ports;
	run_node_ports(run, NODE_PORT_PRIMARY, NULL, 0);
}

void run_resolve(struct run *run, const char *text)
{
	const struct resolve_context context = { &run->node, &run->options,
						 &run->problems };

	run->model = read_model(text);
	assert_true(run->model.n_services <=
		    sizeof(run->ends) / sizeof(*run->ends));
	assert_int_equal(resolve_all(&run->desired, run->ends, &run->model,
				     &context),
			 0);
}

void run_clean(struct run *run)
{
	desired_clean(&run->desired);
	model_clean(&run->model);
	problems_clean(&run->problems);
	node_ports_clean(&run->ports);
}

const struct nf_svc_service *run_service(const struct run *run,
					 const char *name, uint8_t family)
{
	for (size_t i = 0; i < run->desired.n; i++) {
		const struct nf_svc_service *service =
			&run->desired.services[i];

		if (service->family == family && !strcmp(service->name, name))
			return service;
	}
	fail_msg("there is no %s", name);
	return NULL;
}

void assert_backends(const struct nf_svc_service *service, const char *expected)
{
	char got[1024] = "", place[NF_SVC_PLACE_TEXT];

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];

		assert_int_equal(backend->weight, 1);
		sprintf(got + strlen(got), "%s%s=%s%s", i ? " " : "",
			nf_svc_addr_port_format(&backend->addr, backend->port,
						place),
			backend->sets & NF_SVC_SET_CLUSTER ? "C" : "",
			backend->sets & NF_SVC_SET_LOCAL ? "L" : "");
	}
	assert_string_equal(got, expected);
}

void assert_frontends(const struct nf_svc_service *service,
		      const char *expected)
{
	char got[1024] = "", place[NF_SVC_PLACE_TEXT];

	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];

		assert_int_equal(frontend->family, service->family);
		assert_int_equal(frontend->protocol, service->protocol);
		assert_int_equal(frontend->flags,
				 frontend->kind == NF_SVC_KIND_CLUSTER_IP ?
					 NF_SVC_FRONTEND_EXCLUSIVE :
					 0);
		sprintf(got + strlen(got), "%s%s %s", i ? ", " : "",
			nf_svc_word_text(nf_svc_kinds, frontend->kind),
			nf_svc_addr_port_format(&frontend->addr, frontend->port,
						place));
	}
	assert_string_equal(got, expected);
}

static const struct nf_svc_frontend *
first_of(const struct nf_svc_service *service, uint8_t kind)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		if (service->frontends[i].kind == kind)
			return &service->frontends[i];
	}
	fail_msg("%s has no frontend of kind %u", service->name,
		 (unsigned int)kind);
	return NULL;
}

void assert_rules(const struct nf_svc_service *service, uint8_t kind,
		  const char *expected)
{
	const struct nf_svc_frontend *frontend = first_of(service, kind);
	char got[64] = "";

	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++) {
		const struct nf_svc_rule *rule = &frontend->rules[class];

		sprintf(got + strlen(got), "%s%s%s%s", class ? " " : "",
			rule->set == NF_SVC_SET_LOCAL ? "L" : "C",
			rule->masquerade ? "M" : "",
			rule->empty == NF_SVC_EMPTY_DROP ? "!" : "");
	}
	assert_string_equal(got, expected);
}

void assert_ranges(const struct nf_svc_service *service, uint8_t kind,
		   const char *expected)
{
	const struct nf_svc_frontend *frontend = first_of(service, kind);
	char got[512] = "", text[NF_SVC_CIDR_TEXT];

	for (size_t i = 0; i < frontend->n_ranges; i++)
		sprintf(got + strlen(got), "%s%s", i ? " " : "",
			nf_svc_cidr_format(&frontend->ranges[i], text));
	assert_string_equal(got, expected);
}

void assert_problem(const struct problems *problems, enum problem_kind kind,
		    size_t times, const char *text)
{
	const struct problem *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < problems->n; i++) {
		if (problems->list[i].kind != kind)
			continue;
		found = &problems->list[i];
		assert_true(*found->what && *found->remedy);
		n++;
	}
	if (n != times)
		fail_msg("%s %zu times, not %zu", problem_text(kind), n, times);
	if (found && text && !strstr(found->what, text))
		fail_msg("'%s' does not say '%s'", found->what, text);
}

void assert_resolves(const char *text, const char *expected)
{
	struct run run;

	run_begin(&run);
	run_resolve(&run, text);
	assert_int_equal(run.desired.n, 1);
	assert_backends(&run.desired.services[0], expected);
	run_clean(&run);
}

static void read_back(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
}

int svcctl_run(const char *line, char *out, char *err, size_t size)
{
	char copy[1024], *argv[64] = { (char *)(uintptr_t) "svcctl" }, *rest;
	int argc = 1, kept[3], nothing, to_out, to_err;
	enum exit_status status;

	strcpy(copy, line);
	rest = copy;
	for (char *word; (word = strsep(&rest, " "));) {
		if (*word)
			argv[argc++] = word;
	}
	fflush(stdout);
	fflush(stderr);
	nothing = open("/dev/null", O_RDONLY);
	to_out = memfd_create("out", 0);
	to_err = memfd_create("err", 0);
	for (int fd = 0; fd < 3; fd++)
		kept[fd] = dup(fd);
	dup2(nothing, 0);
	dup2(to_out, 1);
	dup2(to_err, 2);
	status = svcctl_main(argc, argv);
	fflush(stdout);
	fflush(stderr);
	for (int fd = 0; fd < 3; fd++) {
		dup2(kept[fd], fd);
		close(kept[fd]);
	}
	read_back(to_out, out, size);
	read_back(to_err, err, size);
	close(nothing);
	close(to_out);
	close(to_err);
	return (int)status;
}
