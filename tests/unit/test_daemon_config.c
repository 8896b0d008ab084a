// SPDX-License-Identifier: GPL-2.0
/* svcsyncd's flags and KubeProxyConfiguration: OPS-04. */
#include "unit.h"

#include <unistd.h>

#include "config.h"
#include "log.h"

#define HEAD                                                   \
	"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: " \
	"KubeProxyConfiguration\n"
#define WORDS_MAX 32

/* Read a command line; the return is that of config_read(). */
static int read_line(const char *line, struct config *config,
		     enum config_wish *wish, struct config_error *error)
{
	char *copy = strdup(line), *words[WORDS_MAX] = { NULL }, *rest;
	int n = 0, ret;

	assert_non_null(copy);
	for (char *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	ret = config_read(config, n, words, wish, error);
	free(copy);
	return ret;
}

static struct config good(const char *line)
{
	struct config_error error = { 0 };
	struct config config;
	enum config_wish wish;

	if (read_line(line, &config, &wish, &error))
		fail_msg("'%s': %s", line, error.text);
	assert_int_equal(wish, CONFIG_RUN);
	return config;
}

static void bad(const char *line, const char *part)
{
	struct config_error error = { 0 };
	struct config config;
	enum config_wish wish;

	assert_int_equal(read_line(line, &config, &wish, &error), -EINVAL);
	if (!strstr(error.text, part))
		fail_msg("'%s': no '%s' in '%s'", line, part, error.text);
	config_clean(&config);
}

static char path[] = "/tmp/svcsyncd-unit-XXXXXX";

static const char *write_file(const char *text)
{
	static char line[128];
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	snprintf(line, sizeof(line), "svcsyncd --config %s", path);
	return line;
}

static void defaults_OPS_04(void **state)
{
	struct config config = good("svcsyncd");

	(void)state;
	assert_int_equal(config.sync_period, 30);
	assert_int_equal(config.node_port_choice, NODE_PORT_PRIMARY);
	assert_true(config.healthz.on && config.metrics.on);
	assert_int_equal(config.healthz.port, 10256);
	assert_int_equal(config.metrics.port, 10249);
	assert_int_equal(config.metrics.addr.bytes[0], 127);
	assert_int_equal(config.first_node_port, 30000);
	assert_string_equal(config.state_dir, "/var/lib/nf_svc");
	config_clean(&config);
}

static void flags_as_pflag_reads_them_OPS_04(void **state)
{
	struct config config = good(
		"svcsyncd --cluster-cidr=10.0.0.0/8,fd00::/8 -v 3 --masquerade-all "
		"--hostname-override Node-1 --nodeport-addresses 192.0.2.0/24 "
		"--nodeport-addresses=fd00::/64 --iptables-sync-period 1m30s "
		"--healthz-bind-address= --bind-address-hard-fail=false");

	(void)state;
	assert_int_equal(config.pods.n, 2);
	assert_int_equal(config.verbosity, 3);
	assert_true(config.masquerade_all);
	assert_string_equal(config.node_name, "node-1");
	assert_int_equal(config.node_port_choice, NODE_PORT_CIDRS);
	assert_int_equal(config.node_ports.n, 2);
	assert_int_equal(config.sync_period, 90);
	assert_false(config.healthz.on);
	assert_false(config.bind_hard);
	config_clean(&config);
}

static void every_flag_of_kube_proxy_is_taken_OPS_04(void **state)
{
	static const char *const flags[] = {
		"--bind-address=10.0.0.1",
		"--bind-address-hard-fail",
		"--cleanup",
		"--cluster-cidr=10.0.0.0/8",
		"--config-sync-period=15m0s",
		"--conntrack-max-per-core=1",
		"--conntrack-min=1",
		"--conntrack-tcp-be-liberal",
		"--conntrack-tcp-timeout-close-wait=1h0m0s",
		"--conntrack-tcp-timeout-established=24h0m0s",
		"--conntrack-udp-timeout=0s",
		"--conntrack-udp-timeout-stream=0s",
		"--detect-local-mode=NodeCIDR",
		"--feature-gates=A=true",
		"--healthz-bind-address=0.0.0.0:1",
		"--init-only",
		"--iptables-localhost-nodeports",
		"--iptables-masquerade-bit=14",
		"--iptables-min-sync-period=1s",
		"--ipvs-exclude-cidrs=10.0.0.0/8",
		"--ipvs-min-sync-period=0s",
		"--ipvs-scheduler=rr",
		"--ipvs-strict-arp",
		"--ipvs-sync-period=30s",
		"--ipvs-tcp-timeout=0s",
		"--ipvs-tcpfin-timeout=0s",
		"--ipvs-udp-timeout=0s",
		"--kube-api-burst=10",
		"--kube-api-content-type=x",
		"--kube-api-qps=5.5",
		"--kubeconfig=/x",
		"--log-flush-frequency=5s",
		"--log-json-info-buffer-size=0",
		"--log-json-split-stream",
		"--log-text-info-buffer-size=0",
		"--log-text-split-stream",
		"--logging-format=json",
		"--master=https://x",
		"--metrics-bind-address=127.0.0.1:1",
		"--oom-score-adj=-999",
		"--pod-bridge-interface=cni0",
		"--pod-interface-name-prefix=cali",
		"--profiling",
		"--proxy-mode=ipvs",
		"--show-hidden-metrics-for-version=1",
		"--vmodule=a=1",
		"--write-config-to=/x",
	};

	(void)state;
	log_level(LOG_ERR);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		char line[128];
		struct config config;

		snprintf(line, sizeof(line), "svcsyncd %s", flags[i]);
		config = good(line);
		config_clean(&config);
	}
	log_level(LOG_INFO);
}

static void wrong_flags_are_refused_OPS_04(void **state)
{
	(void)state;
	bad("svcsyncd --no-such", "--no-such: no such flag");
	bad("svcsyncd stray", "'stray' is no flag");
	bad("svcsyncd --cluster-cidr", "needs a value");
	bad("svcsyncd --cluster-cidr 10.0.0", "--cluster-cidr: '10.0.0'");
	bad("svcsyncd --masquerade-all=perhaps", "neither true nor false");
	bad("svcsyncd --iptables-masquerade-bit 32", "0 to 31");
	bad("svcsyncd --iptables-sync-period 5", "for example 1m30s");
	bad("svcsyncd --detect-local-mode Guess", "InterfaceNamePrefix");
	bad("svcsyncd --detect-local-mode BridgeInterface",
	    "--pod-bridge-interface");
	bad("svcsyncd --proxy-mode userspace", "'userspace' is not known");
	bad("svcsyncd --nodeport-addresses primary,10.0.0.0/8", "stands alone");
	bad("svcsyncd --nodeport-addresses localhost", "not carried yet");
	bad("svcsyncd --service-node-port-range 5-4", "no range of ports");
	bad("svcsyncd --metrics-bind-address 127.0.0.1:x", "--metrics-bind");
}

static void help_and_version_come_first_OPS_04(void **state)
{
	struct config_error error = { 0 };
	struct config config;
	enum config_wish wish;

	(void)state;
	assert_int_equal(
		read_line("svcsyncd --v 1 --help", &config, &wish, &error), 0);
	assert_int_equal(wish, CONFIG_HELP);
	config_clean(&config);
	assert_int_equal(
		read_line("svcsyncd --version", &config, &wish, &error), 0);
	assert_int_equal(wish, CONFIG_VERSION);
	config_clean(&config);
}

static void a_file_is_read_OPS_04(void **state)
{
	struct config config;

	(void)state;
	config = good(write_file(
		HEAD "mode: nftables\nclusterCIDR: 10.0.0.0/8,fd00::/8\n"
		     "nodePortAddresses: null\niptables: {syncPeriod: 0s}\n"
		     "nftables: {masqueradeAll: true}\n"
		     "healthzBindAddress: \"\"\n"));
	assert_int_equal(config.node_port_choice, NODE_PORT_PRIMARY);
	assert_int_equal(config.pods.n, 2);
	assert_int_equal(config.sync_period, 30);
	assert_true(config.masquerade_all_nft);
	assert_true(config.healthz.on);
	config_clean(&config);
	/* FE-04: what a file leaves to its mode */
	config = good(write_file(HEAD "mode: iptables\n"));
	assert_int_equal(config.node_port_choice, NODE_PORT_ALL);
	config_clean(&config);
	config = good(write_file(
		HEAD "nodePortAddresses: [192.0.2.0/24, fd00::/64]\n"));
	assert_int_equal(config.node_port_choice, NODE_PORT_CIDRS);
	assert_int_equal(config.node_ports.n, 2);
	config_clean(&config);
}

static void few_flags_count_beside_a_file_OPS_04(void **state)
{
	struct config config;
	char line[256];

	(void)state;
	log_level(LOG_ERR);
	snprintf(line, sizeof(line),
		 "%s --cluster-cidr 10.9.0.0/16 --hostname-override two "
		 "--source /m",
		 write_file(HEAD "hostnameOverride: one\n"));
	config = good(line);
	log_level(LOG_INFO);
	assert_int_equal(config.pods.n, 0);
	assert_string_equal(config.node_name, "two");
	assert_string_equal(config.source, "/m");
	config_clean(&config);
}

static void a_wrong_file_is_refused_with_its_place_OPS_04(void **state)
{
	(void)state;
	bad(write_file(HEAD "clusterCidr: x\n"), ":3:14: clusterCidr: no such");
	bad(write_file(HEAD "iptables: {masqueradeAll: maybe}\n"),
	    ":3:27: iptables.masqueradeAll: 'maybe'");
	bad(write_file(HEAD "iptables: 3\n"), "a mapping is expected");
	bad(write_file(HEAD "nodePortAddresses: all\n"), "a list is expected");
	bad(write_file(HEAD "mode: [a]\n"), "a single value is expected");
	bad(write_file("kind: Other\n"), "not a KubeProxyConfiguration");
	bad(write_file("a: [\n"), ":2:1:");
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_OPS_04),
		TEST(flags_as_pflag_reads_them_OPS_04),
		TEST(every_flag_of_kube_proxy_is_taken_OPS_04),
		TEST(wrong_flags_are_refused_OPS_04),
		TEST(help_and_version_come_first_OPS_04),
		TEST(a_file_is_read_OPS_04),
		TEST(few_flags_count_beside_a_file_OPS_04),
		TEST(a_wrong_file_is_refused_with_its_place_OPS_04),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
