// SPDX-License-Identifier: GPL-2.0
/*
 * Command lines: what is wrong with them is told before the module is asked.
 * Here the module is never there, so what is right ends with NOT_LOADED.
 */
#include <unistd.h>

#include "command.h"
#include "unit.h"

int __wrap_nf_svc_client_open(struct nf_svc_client **client,
			      struct nf_svc_error *error);

int __wrap_nf_svc_client_open(struct nf_svc_client **client,
			      struct nf_svc_error *error)
{
	*client = NULL;
	return nf_svc_error_set(error, NF_SVC_ERROR_NO_MODULE, ENOENT,
				"the kernel module nf_svc is not loaded");
}

static char out[65536], err[65536];

static enum exit_status run(const char *line)
{
	return (enum exit_status)svcctl_run(line, out, err, sizeof(out));
}

static void assert_wrong(const char *line, const char *why)
{
	enum exit_status status = run(line);

	if (status != WRONG_USAGE)
		fail_msg("'%s' ends with %d: %s", line, (int)status, err);
	assert_string_equal(out, "");
	assert_int_equal(strncmp(err, "svcctl: ", 8), 0);
	if (!strstr(err, why))
		fail_msg("'%s' does not say '%s'", err, why);
}

/* The line is right: it comes as far as asking the module. */
static void assert_right(const char *line)
{
	enum exit_status status = run(line);

	if (status != NOT_LOADED)
		fail_msg("'%s' ends with %d: %s", line, (int)status, err);
	assert_non_null(strstr(err, "modprobe nf_svc"));
	assert_string_equal(out, "");
}

static void CTL_02_right_lines_ask_the_module(void **state)
{
	static const char *const lines[] = {
		"",
		"list",
		"list shop/web:http",
		"list 10.96.0.1",
		"conns",
		"conns shop/web:http",
		"-j conns 10.96.0.1:80 backend 10.0.0.1:80",
		"conns backend [fd00::1]:80",
		"drain shop/web:http 10.0.0.1:80",
		"drain shop/web:http [fd00::1]:80 --wait 5",
		"-j list",
		"list -o wide -H --color always",
		"--owner me list -q",
		"-w 0 list",
		"show shop/web:http",
		"show [fd00::1]:80/udp",
		"add service shop/web:http 10.96.0.1:80",
		"add service a/b 10.96.0.1:80/udp [fd00::1]:80/udp scheduler "
		"random refuse-with icmp backend 10.0.0.1:80 weight 3 sets "
		"cluster,local backend [fd00::2]:80 sets none weight 0",
		"add service a/b 10.96.0.1:80 family ipv4",
		"add backend a/b/udp 10.0.0.1:80 weight 65535",
		"add backend 10.96.0.1:80 10.0.0.1:80 sets local",
		"add frontend a/b 10.96.0.2:80 type LoadBalancer exclusive no "
		"rule pod set cluster masquerade yes empty refuse rule outside "
		"set local masquerade no empty drop",
		"add frontend a/b *:30080",
		"set service a/b refuse-with reset scheduler random",
		"set backend a/b 10.0.0.1:80 weight 2",
		"set frontend 10.96.0.2:80 rule node masquerade no",
		"set frontend *:30080 internal yes exclusive no",
		"set settings pod-cidr 10.244.0.0/16,fd00:244::/64 pod-device "
		"cali*,eth0",
		"set settings pod-cidr none",
		"set settings masquerade-mark 0x4000 pod-device none",
		"set settings masquerade-mark none",
		"del service a/b",
		"del service 10.96.0.1:80",
		"del backend a/b 10.0.0.1:80",
		"del frontend *:30080/udp",
		"save",
		"save --all",
		"flush --yes",
		"stats",
		"stats a/b -j",
		"explain 10.96.0.1:80 from 10.0.0.1",
		"explain [fd00::1]:53/udp from [fd00::2]:4000 dev eth0",
		"explain 10.96.0.1 from 10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_right(lines[i]);
}

static void CTL_02_wrong_lines_end_with_1(void **state)
{
	(void)state;
	assert_wrong("bogus", "no such command");
	assert_wrong("list --bogus", "--bogus");
	assert_wrong("list -xH", "-x: no such option");
	assert_wrong("list -Hx", "-x: no such option");
	assert_wrong("list --json=yes", "--json: takes no value");
	assert_wrong("list --no", "--no-header or --node");
	assert_wrong("list -o yaml", "table, wide, name or json");
	assert_wrong("list --output", "value is missing");
	assert_wrong("list --color sometimes", "auto, always or never");
	assert_wrong("list --wait soon", "number of seconds");
	assert_wrong("list --owner a/b", "A-Z");
	assert_wrong("list --owner=", "--owner: its value is empty");
	assert_wrong("list a b", "b: not expected");
	assert_wrong("list --yes", "not an option of 'list'");
	assert_wrong("add", "service, backend or frontend");
	assert_wrong("add bogus", "service, backend or frontend");
	assert_wrong("delete service a/b", "'svcctl del'");
	assert_wrong("show", "which service");
	assert_wrong("version now", "not expected");
	assert_wrong("stats 10.96.0.1:80", "svcctl list 10.96.0.1:80");
	assert_wrong("flush", "--yes");
	assert_wrong("apply", "-f FILE");
	assert_wrong("apply -f /nowhere.yaml", "/nowhere.yaml: No such file");
	assert_wrong("restore -f /nowhere.json", "/nowhere.json: No such file");
	assert_wrong("save --all --owner me", "exclude each other");
	assert_wrong("help bogus", "no command bogus");
	assert_wrong("help list x", "x: not expected");
	assert_wrong("help service x", "no command service x");
	assert_wrong("help add service x", "x: not expected");
}

static void CTL_03_services_and_frontends(void **state)
{
	(void)state;
	assert_wrong("add service", "name of the service");
	assert_wrong("add service web 10.96.0.1:80", "NAMESPACE/NAME");
	assert_wrong("add service /web 10.96.0.1:80", "NAMESPACE/NAME");
	assert_wrong("add service a/:http 10.96.0.1:80", "NAMESPACE/NAME");
	assert_wrong("add service 10.96.0.1:80", "an address where");
	assert_wrong("add service 10.96.0.1:80/tcp x", "an address where");
	assert_wrong("add service a/b", "frontend is missing");
	assert_wrong("add service a/b scheduler random", "frontend is missing");
	assert_wrong("add service a/b 10.96.0.1", "write IP:PORT");
	assert_wrong("add service a/b fd00::1", "write [IPV6]:PORT");
	assert_wrong("add service a/b 10.96.0.1:99999", "1 to 65535");
	assert_wrong("add service a/b 010.96.0.1:80", "leading zeros");
	assert_wrong("add service a/b 10.96.0.1:80/icmp", "tcp, udp or sctp");
	assert_wrong("add service a/b *:80", "add frontend");
	assert_wrong("add service a/b 10.96.0.1:80 10.96.0.1:80", "twice");
	assert_wrong("add service a/b 10.96.0.1:80 10.96.0.2:80/udp",
		     "one protocol");
	assert_wrong("add service a/b 10.96.0.1:80 family ipv6", "ipv6");
	assert_wrong("add service a/b 10.96.0.1:80 family", "ipv4 or ipv6");
	assert_wrong("add service a/b 10.96.0.1:80 refuse-with silence",
		     "reset or icmp");
	assert_wrong("add service a/b 10.96.0.1:80 scheduler", "random");
	assert_wrong("add frontend", "name of the service");
	assert_wrong("add frontend a/b", "two words are expected");
	assert_wrong("add frontend a/b 10.96.0.1:80 type Cluster", "ClusterIP");
	assert_wrong("add frontend a/b 10.96.0.1:80 internal", "internal");
	assert_wrong("add frontend a/b 10.96.0.1:80 exclusive maybe",
		     "yes or no");
	assert_wrong("add frontend a/b 10.96.0.1:80 rule all",
		     "pod, node or outside");
	assert_wrong("add frontend a/b 10.96.0.1:80 rule pod set both",
		     "cluster or local");
	assert_wrong("add frontend a/b 10.96.0.1:80 rule pod empty reject",
		     "refuse or drop");
	assert_wrong("set service a/b", "what?");
	assert_wrong("set frontend 10.96.0.1:80", "what?");
	assert_wrong("set frontend a/b:c 10.96.0.1:80", "a name where");
	assert_wrong("set frontend *:80 exclusive yes",
		     "not for services alone");
	assert_wrong("set frontend 10.96.0.1:80 rule pod", "rule pod: what?");
	assert_wrong("set frontend 10.96.0.1:80 rule pod set local set local",
		     "set: given twice");
	assert_wrong("set frontend 10.96.0.1:80 source-range fd00::/8",
		     "source-range fd00::/8");
	assert_wrong("add service a/b 10.96.0.1:80 type NodePort",
		     "type: not expected here");
	assert_wrong("add service a/'b' 10.96.0.1:80", "quotes");
	assert_wrong("set backend a/b weight 1", "weight: a word where");
	assert_wrong("del backend 10.1.1.1:80", "two words are expected");
	assert_wrong("add backend a/b 10.0.0.1:80 weight 1 weight 2",
		     "weight: given twice");
	assert_wrong("add backend a/b 10.0.0.1:80 weight -1", "negative");
	assert_wrong("show service a/b", "'svcctl show a/b'");
	assert_wrong("get services -A", "'svcctl list'");
	assert_wrong("explain from 10.0.0.1 to 10.0.0.2", "DST from SRC");
	assert_wrong("del frontend a/b", "a name where");
	assert_wrong("add frontend a/b *:80 type ClusterIP", "NodePort");
	assert_wrong("add frontend a/b 10.0.0.1:80 source-range 10.0.0.0/8,",
		     "without blanks");
	assert_wrong("del frontend 10.96.0.1:80 type NodePort", "place");
}

static void CTL_03_backends_settings_and_packets(void **state)
{
	(void)state;
	assert_wrong("add service a/b 10.96.0.1:80 backend", "missing");
	assert_wrong("add service a/b 10.96.0.1:80 backend 10.0.0.1",
		     "port is missing");
	assert_wrong("add service a/b 10.96.0.1:80 backend 10.0.0.1:80/tcp",
		     "IP:PORT");
	assert_wrong("add service a/b 10.96.0.1:80 backend [fd00::1]:80",
		     "no frontend of family ipv6");
	assert_wrong("add service a/b 10.96.0.1:80 backend 10.0.0.1:80 backend "
		     "10.0.0.1:80",
		     "twice");
	assert_wrong("add backend a/b 10.0.0.1:80 weight 65536", "65535");
	assert_wrong("add backend a/b 10.0.0.1:80 sets both", "cluster,local");
	assert_wrong("add backend a/b 10.0.0.1:80 bogus", "not expected");
	assert_wrong("add backend 10.0.0.1:80 a/b", "a name where");
	assert_wrong("add backend a/b 10.0.0.1:80 weight", "weight: its");
	assert_wrong("add backend a/b 10.0.0.1:80 sets", "sets: its");
	assert_wrong("add backend a/b 10.0.0.0/24:80", "tcp, udp or sctp");
	assert_wrong("set backend a/b 10.0.0.1:80", "what?");
	assert_wrong("del backend a/b 10.0.0.1:80 weight 1", "do not belong");
	assert_wrong("apply -f /dev/null -f /dev/null", "--file: given twice");
	assert_wrong("apply -f - --pod-cidr 10.0.0.0/8 --pod-cidr 11.0.0.0/8",
		     "--pod-cidr: given twice; write one list with commas");
	assert_wrong("apply -f - --zone a,b", "--zone a,b: not a name");
	assert_wrong("get svc", "'svcctl list' or 'svcctl show NAME'");
	assert_wrong("delete service a/b", "'svcctl del'");
	assert_wrong("apply services.yaml", "svcctl apply -f services.yaml");
	assert_wrong("diff services.yaml", "svcctl diff -f services.yaml");
	assert_wrong("add frontend 10.96.0.1:80", "two words are expected");
	assert_wrong("apply -f /dev/null --nodeport-addresses some",
		     "primary, all or CIDR");
	assert_wrong("set settings", "what?");
	assert_wrong("set settings", "node-port-cidr");
	assert_wrong("set settings pod-cidr", "missing");
	assert_wrong("set settings pod-cidr 10.244.0.1/16",
		     "write 10.244.0.0/16");
	assert_wrong("set settings pod-cidr 10.0.0.0/8 pod-cidr 11.0.0.0/8",
		     "twice");
	assert_wrong("set settings pod-device a*b", "only at the end");
	assert_wrong("set settings pod-device sixteen-letters-", "15 bytes");
	assert_wrong("set settings pods all", "no such setting");
	assert_wrong("set settings service-cidr 10.96.0.0/12,0.0.0.0/0",
		     "service-cidr 0.0.0.0/0: every address");
	assert_wrong("set settings masquerade-mark", "0x4000");
	assert_wrong("set settings masquerade-mark 0xc000", "not one bit");
	assert_wrong("set settings masquerade-mark 0", "not one bit");
	assert_wrong("set settings masquerade-mark 0x100000000", "not one bit");
	assert_wrong("set settings masquerade-mark 16", "as 0x");
	assert_wrong("set settings masquerade-mark 0x", "not one bit");
	assert_wrong("set settings masquerade-mark 0x1 masquerade-mark 0x2",
		     "twice");
	assert_wrong("explain", "where does the packet go");
	assert_wrong("explain 10.96.0.1:80", "from whom");
	assert_wrong("explain 10.96.0.1:80 from", "from whom");
	assert_wrong("explain 10.96.0.1/tcp from 10.0.0.1", "port is missing");
	assert_wrong("explain 10.96.0.1:80/icmp from 10.0.0.1", "no ports");
	assert_wrong("explain 10.96.0.1:80 from fd00::1", "family");
	assert_wrong("explain *:80 from 10.0.0.1", "one address");
	assert_wrong("explain a/b:c from 10.0.0.1", "a name where");
	assert_wrong("explain 10.96.0.1:80 from 10.0.0.1 dev", "device");
}

static void CTL_02_help_and_version_need_no_module(void **state)
{
	(void)state;
	assert_int_equal(run("--help"), DONE);
	assert_string_equal(err, "");
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		char line[64];

		if (!strstr(out, (*at)->summary))
			fail_msg("--help does not tell of %s", (*at)->verb);
		snprintf(line, sizeof(line), "help %s %s", (*at)->verb,
			 (*at)->noun ? (*at)->noun : "");
		assert_int_equal(run(line), DONE);
		assert_non_null(strstr(out, (*at)->help));
		assert_string_equal(err, "");
		assert_int_equal(run("--help"), DONE);
	}
	assert_int_equal(run("help service"), DONE);
	assert_non_null(strstr(out, "usage: svcctl add service "));
	assert_non_null(strstr(out, "usage: svcctl set service "));
	assert_non_null(strstr(out, "usage: svcctl del service "));
	assert_null(strstr(out, "usage: svcctl add backend "));
	assert_null(strstr(out, "usage: svcctl list"));
	assert_int_equal(run("apply -h"), DONE);
	assert_non_null(strstr(out, "--service-cidr"));
	assert_null(strstr(out, "--yes"));
	assert_int_equal(run("-V"), DONE);
	assert_string_equal(out, "svcctl test\n");
	assert_int_equal(run("version"), DONE);
	assert_non_null(strstr(out, "module: not loaded"));
	assert_string_equal(err, "");
	assert_int_equal(run("version -j"), DONE);
	assert_non_null(strstr(out, "\"module\":null"));
}

static void write_file(const char *path, const char *text)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static void CTL_03_files_say_file_line_and_column(void **state)
{
	char path[] = "/tmp/svcctl-unit-XXXXXX", line[128], where[128];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(line, sizeof(line), "apply -f %s", path);
	write_file(path, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
			 "spec: {clusterIP: 10.96.0.1, ports: [{port: 0}]}\n");
	snprintf(where, sizeof(where), "%s:4:45: spec.ports[0].port: ", path);
	assert_wrong(line, where);
	write_file(path, "a: &b c\n");
	snprintf(where, sizeof(where), "%s:1:4: anchors", path);
	assert_wrong(line, where);
	write_file(path, "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
	snprintf(where, sizeof(where), "warning: %s:1:1: kind Pod", path);
	assert_int_equal(run(line), WRONG_USAGE);
	assert_non_null(strstr(err, where));
	assert_non_null(strstr(err, "holds no Service"));
	write_file(path, "");
	assert_wrong(line, "holds no Service");
	write_file(path, SERVICE("a", "clusterIP: 10.96.0.1, ports: "
				      "[{port: 80}]"));
	assert_right(line);
	snprintf(line, sizeof(line), "apply -f %s --pod-cidr 10.1.1.1/8", path);
	assert_wrong(line, "write 10.0.0.0/8");
	snprintf(line, sizeof(line),
		 "diff -f %s --external-ip-cidrs 10.1.1.1/8", path);
	assert_wrong(line, "write 10.0.0.0/8");
	snprintf(line, sizeof(line),
		 "apply -f %s --nodeport-addresses 10.1.1.1/8", path);
	assert_wrong(line, "write 10.0.0.0/8");
	snprintf(line, sizeof(line),
		 "diff -f %s --nodeport-addresses localhost", path);
	assert_wrong(line, "primary, all or CIDR");
	snprintf(line, sizeof(line),
		 "apply -f %s --node N --zone Z --nodeport-addresses "
		 "10.0.0.0/8,fd00::/8",
		 path);
	assert_right(line);
	snprintf(line, sizeof(line), "diff -f %s --nodeport-addresses all",
		 path);
	assert_right(line);
	snprintf(line, sizeof(line), "restore -f %s", path);
	snprintf(where, sizeof(where), "%s:1:13: apiVersion: no such field",
		 path);
	assert_wrong(line, where);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(CTL_02_right_lines_ask_the_module),
		TEST(CTL_02_wrong_lines_end_with_1),
		TEST(CTL_03_services_and_frontends),
		TEST(CTL_03_backends_settings_and_packets),
		TEST(CTL_02_help_and_version_need_no_module),
		TEST(CTL_03_files_say_file_line_and_column),
	};

	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
