// SPDX-License-Identifier: GPL-2.0
/* Where the API server is and who we are there: SYN-02. */
#include <sys/stat.h>
#include <unistd.h>

#include "sync/watch/credentials.h"
#include "unit.h"

/* PEM in base64: "-----BEGIN X-----\n" */
#define PEM "LS0tLS1CRUdJTiBYLS0tLS0K"

#define CONFIG(cluster, user)                                                \
	"apiVersion: v1\nkind: Config\ncurrent-context: one\n"               \
	"contexts:\n- {name: other, context: {cluster: none, user: none}}\n" \
	"- {name: one, context: {cluster: lab, user: me}}\n"                 \
	"clusters:\n- {name: lab, cluster: {" cluster "}}\n"                 \
	"users:\n- {name: me, user: {" user "}}\n"
#define SERVER "server: \"https://10.0.0.1:6443/\""

static int read_config(struct cluster *cluster, const char *text,
		       const char *context, char *error)
{
	*error = '\0';
	return kubeconfig_read(cluster, "/etc/svc/config", text, strlen(text),
			       context, error);
}

static void SYN_02_a_kubeconfig(void **state)
{
	static const char text[] = CONFIG(
		SERVER
		", tls-server-name: kubernetes, proxy-url: \"http://p:1\", "
		"certificate-authority: pki/ca.crt",
		"token: abc, tokenFile: /run/token, client-certificate-data: " PEM
		", client-certificate: unused, client-key: key.pem");
	char error[CLUSTER_ERROR];
	struct cluster cluster;

	(void)state;
	assert_int_equal(read_config(&cluster, text, NULL, error), 0);
	assert_string_equal(cluster.server, "https://10.0.0.1:6443");
	assert_string_equal(cluster.server_name, "kubernetes");
	assert_string_equal(cluster.proxy, "http://p:1");
	assert_false(cluster.insecure);
	assert_string_equal(cluster.ca.file, "/etc/svc/pki/ca.crt");
	assert_string_equal(cluster.token.text, "abc");
	assert_string_equal(cluster.token.file, "/run/token");
	assert_string_equal(cluster.certificate.text, "-----BEGIN X-----\n");
	assert_null(cluster.certificate.file);
	assert_string_equal(cluster.key.file, "/etc/svc/key.pem");
	cluster_clean(&cluster);
	/* the context that is asked for */
	assert_int_equal(read_config(&cluster, text, "one", error), 0);
	cluster_clean(&cluster);
	assert_int_equal(read_config(&cluster, text, "other", error), -EINVAL);
	assert_string_equal(error, "/etc/svc/config:10:1: users: none of these "
				   "has the name 'none'");
}

static void SYN_02_insecure_only_if_it_says_so(void **state)
{
	char error[CLUSTER_ERROR];
	struct cluster cluster;

	(void)state;
	assert_int_equal(read_config(&cluster,
				     CONFIG(SERVER
					    ", insecure-skip-tls-verify: true",
					    "token: abc"),
				     NULL, error),
			 0);
	assert_true(cluster.insecure);
	cluster_clean(&cluster);
	assert_int_equal(read_config(&cluster,
				     CONFIG(SERVER
					    ", insecure-skip-tls-verify: false",
					    ""),
				     NULL, error),
			 0);
	assert_false(cluster.insecure);
	cluster_clean(&cluster);
}

static void SYN_02_what_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *part;
	} cases[] = {
		{ CONFIG(SERVER, "exec: {command: aws}"), "exec: credentials" },
		{ CONFIG(SERVER, "auth-provider: {name: gcp}"),
		  "auth-provider: credentials" },
		{ CONFIG(SERVER, "username: a, password: b"), "username" },
		{ CONFIG(SERVER, "token: a, as: b"), "to act as another" },
		{ CONFIG(SERVER, "client-certificate: a"), "key is missing" },
		{ CONFIG(SERVER, "client-key: a"), "certificate is missing" },
		{ CONFIG(SERVER, "token: \"a b\""), "a token has no spaces" },
		{ CONFIG(SERVER, "token: \"a\\nb\""), "a token has no spaces" },
		{ CONFIG(SERVER, "token: 12"), "write \"12\"" },
		{ CONFIG(SERVER, "client-key-data: \"====\", "
				 "client-certificate-data: " PEM),
		  "no base64" },
		{ CONFIG(SERVER ", certificate-authority-data: YWJj", ""),
		  "no PEM" },
		{ CONFIG(SERVER ", certificate-authority-data: \"YW Jj!\"", ""),
		  "no base64" },
		{ CONFIG(SERVER ", insecure-skip-tls-verify: yes", ""),
		  "neither true nor false" },
		{ CONFIG(SERVER ", insecure-skip-tls-verify: true, "
				"certificate-authority: ca",
			 ""),
		  "leave one of them out" },
		{ CONFIG(SERVER ", tls-server-name: \"a/b\"", ""),
		  "no name of a host" },
		{ CONFIG("server: \"\"", ""), "it is empty" },
		{ CONFIG("proxy-url: a", ""),
		  "clusters[0].cluster.server: it is missing" },
		{ CONFIG("server: \"ftp://a\"", ""), "no server" },
		{ CONFIG("server: \"https://\"", ""), "no server" },
		{ CONFIG("server: \"https:///\"", ""), "no server" },
		{ CONFIG("server: \"https:///a\"", ""), "no server" },
		{ CONFIG("server: \"https://me@a\"", ""), "no server" },
		{ CONFIG("server: \"http://a:8080\"", "token: a"),
		  "credentials over http://" },
		{ "current-context: a\n", "contexts: it is missing" },
		{ "contexts: []\n", "current-context: it is missing" },
		{ "", "no kubeconfig" },
		{ "[]", "no kubeconfig" },
		{ "a: b\n---\nc: d\n", "no kubeconfig" },
		{ "a: &x b\n", "anchors" },
		{ "{", ":" },
	};
	char error[CLUSTER_ERROR];
	struct cluster cluster;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int ret = read_config(&cluster, cases[i].text, NULL, error);

		if (ret != -EINVAL || !strstr(error, cases[i].part) ||
		    strncmp(error, "/etc/svc/config:", 16))
			fail_msg("%s: %s", cases[i].text, error);
	}
}

static void SYN_02_http_without_credentials(void **state)
{
	char error[CLUSTER_ERROR];
	struct cluster cluster;

	(void)state;
	assert_int_equal(
		read_config(&cluster,
			    CONFIG("server: \"http://localhost:8080\"", ""),
			    NULL, error),
		0);
	cluster_clean(&cluster);
}

static void SYN_02_base64(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "", "" },	   { "YQ==", "a" },	  { "YWI=", "ab" },
		{ "YWJj", "abc" }, { "YW\nJj\n", "abc" }, { "YQ=", NULL },
		{ "YQ", NULL },	   { "Y===", NULL },	  { "YQ==YQ==", NULL },
		{ "=", NULL },	   { "YW-j", NULL },	  { "====", NULL },
	};
	char *bytes;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int ret = base64_read(cases[i].text, &bytes, &len);

		assert_int_equal(ret, cases[i].bytes ? 0 : -EINVAL);
		if (ret)
			continue;
		assert_int_equal(len, strlen(cases[i].bytes));
		assert_string_equal(bytes, cases[i].bytes);
		free(bytes);
	}
}

static void SYN_02_a_pod(void **state)
{
	static const struct {
		const char *host, *port, *server;
	} cases[] = {
		{ "10.96.0.1", "443", "https://10.96.0.1:443" },
		{ "fd00::1", "6443", "https://[fd00::1]:6443" },
		{ NULL, "443", NULL },
		{ "10.96.0.1", NULL, NULL },
		{ "", "443", NULL },
		{ "10.96.0.1", "https", NULL },
		{ "a/b", "443", NULL },
	};
	char error[CLUSTER_ERROR];
	struct cluster cluster;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int ret = in_cluster_read(&cluster, SERVICE_ACCOUNT,
					  cases[i].host, cases[i].port, error);

		assert_int_equal(ret, cases[i].server ? 0 : -EINVAL);
		if (ret) {
			assert_non_null(
				strstr(error, "KUBERNETES_SERVICE_HOST"));
			continue;
		}
		assert_string_equal(cluster.server, cases[i].server);
		assert_string_equal(cluster.token.file,
				    SERVICE_ACCOUNT "/token");
		assert_string_equal(cluster.ca.file, SERVICE_ACCOUNT "/ca.crt");
		cluster_clean(&cluster);
	}
}

/**
 * struct files - a folder with a kubeconfig and what it names
 * @folder: its path
 * @config: path of the kubeconfig
 */
struct files {
	char folder[64];
	char config[96];
};

static void put(const struct files *files, const char *name, const char *text)
{
	char path[128], new[136];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", files->folder, name);
	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	/* another inode: seen even within one tick of the clock */
	assert_int_equal(rename(new, path), 0);
}

static void drop(const struct files *files, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", files->folder, name);
	unlink(path);
}

static struct files make_files(void)
{
	struct files files = { "/tmp/nf_svc-unit-XXXXXX", "" };

	assert_non_null(mkdtemp(files.folder));
	snprintf(files.config, sizeof(files.config), "%s/config", files.folder);
	put(&files, "config",
	    CONFIG(SERVER ", certificate-authority: ca", "tokenFile: token"));
	put(&files, "ca", "-----BEGIN A-----\n");
	put(&files, "token", " one\n");
	return files;
}

static void remove_files(const struct files *files)
{
	drop(files, "config");
	drop(files, "ca");
	drop(files, "token");
	assert_int_equal(rmdir(files->folder), 0);
}

static const char *token_of(const struct credentials *credentials)
{
	return secret_text(&credentials->cluster.token, &credentials->token);
}

static void SYN_02_files_are_read_again(void **state)
{
	struct files files = make_files();
	struct credentials_from from = { .kubeconfig = files.config };
	struct credentials credentials;
	char error[CLUSTER_ERROR];

	(void)state;
	assert_int_equal(credentials_open(&credentials, &from, error), 0);
	assert_string_equal(token_of(&credentials), "one");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_SAME);
	put(&files, "token", "two");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_TOKEN);
	assert_string_equal(token_of(&credentials), "two");
	put(&files, "ca", "-----BEGIN B-----\n");
	put(&files, "token", "three");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_CONNECTION);
	assert_string_equal(token_of(&credentials), "three");
	/* the same text in another file is nothing new */
	put(&files, "ca", "-----BEGIN B-----\n");
	assert_int_equal(credentials_refresh(&credentials, true, error),
			 CREDENTIALS_SAME);
	assert_string_equal(error, "");
	credentials_close(&credentials);
	remove_files(&files);
}

static void SYN_02_what_cannot_be_read_stays_as_it_was(void **state)
{
	struct files files = make_files();
	struct credentials_from from = { .kubeconfig = files.config };
	struct credentials credentials;
	char error[CLUSTER_ERROR];

	(void)state;
	assert_int_equal(credentials_open(&credentials, &from, error), 0);
	put(&files, "token", "two words");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_SAME);
	assert_non_null(strstr(error, "/token: no token"));
	drop(&files, "token");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_SAME);
	assert_non_null(strstr(error, "/token: No such file"));
	assert_string_equal(token_of(&credentials), "one");
	put(&files, "ca", "nothing");
	credentials_refresh(&credentials, false, error);
	assert_string_equal(credentials.ca.text, "-----BEGIN A-----\n");
	/* all is well again */
	put(&files, "token", "two");
	put(&files, "ca", "-----BEGIN A-----\n");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_TOKEN);
	assert_string_equal(error, "");
	credentials_close(&credentials);
	remove_files(&files);
}

static void SYN_02_a_new_kubeconfig_is_taken_whole_or_not(void **state)
{
	struct files files = make_files();
	struct credentials_from from = { .kubeconfig = files.config };
	struct credentials credentials;
	char error[CLUSTER_ERROR];

	(void)state;
	assert_int_equal(credentials_open(&credentials, &from, error), 0);
	put(&files, "config", CONFIG(SERVER, "exec: {command: aws}"));
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(credentials_refresh(&credentials, false,
						     error),
				 CREDENTIALS_SAME);
		assert_non_null(strstr(error, "exec"));
		assert_string_equal(token_of(&credentials), "one");
	}
	put(&files, "config",
	    CONFIG("server: \"https://other\"", "tokenFile: later"));
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_SAME);
	assert_non_null(strstr(error, "/later: No such file"));
	put(&files, "later", "three");
	assert_int_equal(credentials_refresh(&credentials, false, error),
			 CREDENTIALS_CONNECTION);
	assert_string_equal(error, "");
	assert_string_equal(credentials.cluster.server, "https://other");
	assert_string_equal(token_of(&credentials), "three");
	assert_null(credentials.ca.text);
	credentials_close(&credentials);
	drop(&files, "later");
	remove_files(&files);
}

static void SYN_02_another_server_than_the_kubeconfig_says(void **state)
{
	struct files files = make_files();
	struct credentials_from from = { .kubeconfig = files.config,
					 .server = "https://other:1//" };
	struct credentials credentials;
	char error[CLUSTER_ERROR];

	(void)state;
	assert_int_equal(credentials_open(&credentials, &from, error), 0);
	assert_string_equal(credentials.cluster.server, "https://other:1");
	assert_string_equal(token_of(&credentials), "one");
	credentials_close(&credentials);
	from.server = "other:1";
	assert_int_equal(credentials_open(&credentials, &from, error), -EINVAL);
	assert_string_equal(error, "'other:1' is no server; for example "
				   "https://10.0.0.1:6443");
	from.server = "http://other:1";
	assert_int_equal(credentials_open(&credentials, &from, error), -EINVAL);
	assert_non_null(strstr(error, "credentials over http://"));
	remove_files(&files);
}

static void SYN_02_files_that_are_wrong_at_the_start(void **state)
{
	struct files files = make_files();
	struct credentials_from from = { .kubeconfig = files.config };
	struct credentials credentials;
	char error[CLUSTER_ERROR];

	(void)state;
	put(&files, "token", "");
	assert_int_equal(credentials_open(&credentials, &from, error), -EINVAL);
	assert_non_null(strstr(error, "/token: no token"));
	drop(&files, "token");
	assert_int_equal(credentials_open(&credentials, &from, error), -ENOENT);
	put(&files, "token", "a");
	drop(&files, "config");
	assert_int_equal(credentials_open(&credentials, &from, error), -ENOENT);
	assert_non_null(strstr(error, "/config: No such file"));
	from.kubeconfig = files.folder;
	assert_int_equal(credentials_open(&credentials, &from, error), -EISDIR);
	from.kubeconfig = "/dev/zero";
	assert_int_equal(credentials_open(&credentials, &from, error), -EFBIG);
	remove_files(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SYN_02_a_kubeconfig),
		TEST(SYN_02_insecure_only_if_it_says_so),
		TEST(SYN_02_what_is_refused),
		TEST(SYN_02_http_without_credentials),
		TEST(SYN_02_base64),
		TEST(SYN_02_a_pod),
		TEST(SYN_02_files_are_read_again),
		TEST(SYN_02_what_cannot_be_read_stays_as_it_was),
		TEST(SYN_02_a_new_kubeconfig_is_taken_whole_or_not),
		TEST(SYN_02_another_server_than_the_kubeconfig_says),
		TEST(SYN_02_files_that_are_wrong_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
