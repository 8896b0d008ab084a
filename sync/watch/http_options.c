// SPDX-License-Identifier: GPL-2.0
/* What libcurl is told of a request: URL, who we are, whom to trust, time limits. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sync/watch/http.h"

/* TCP: after so many seconds of silence ask each so many seconds, three times. */
#define KEEPALIVE_SECONDS 15
#define KEEPALIVE_EACH 5
#define KEEPALIVE_TIMES 3

/* Where the host and port of "https://HOST:PORT/path" are. */
static const char *authority(const char *server, size_t *len)
{
	const char *host = strstr(server, "://") + 3;

	*len = strcspn(host, "/");
	return host;
}

static const char *port_of(const char *host, size_t len)
{
	const char *end = memchr(host, ']', len) ?: host;
	const char *colon = memchr(end, ':', len - (size_t)(end - host));

	return colon ? colon + 1 : NULL;
}

static int add_header(struct http_call *call, const char *name,
		      const char *value, size_t len)
{
	struct curl_slist *list;
	char *text;

	if (asprintf(&text, "%s: %.*s", name, (int)len, value) < 0)
		return -ENOMEM;
	list = curl_slist_append(call->headers, text);
	secret_wipe(text);
	if (!list)
		return -ENOMEM;
	call->headers = list;
	return 0;
}

/*
 * libcurl verifies the host of the URL. Where that is not the name of the
 * certificate, the URL gets the name, and the connection is led to the host.
 */
static int set_server_name(struct http_call *call,
			   const struct cluster *cluster, const char *path,
			   char **url)
{
	size_t len;
	const char *host = authority(cluster->server, &len);
	const char *port = port_of(host, len);
	size_t host_len = port ? (size_t)(port - host) - 1 : len;
	int port_len = port ? (int)(host + len - port) : 3;
	char *lead;

	if (!port)
		port = "443";
	if (asprintf(url, "https://%s:%.*s%s%s", cluster->server_name, port_len,
		     port, host + len, path) < 0) {
		*url = NULL;
		return -ENOMEM;
	}
	if (asprintf(&lead, "::%.*s:%.*s", (int)host_len, host, port_len,
		     port) < 0)
		return -ENOMEM;
	call->lead = curl_slist_append(NULL, lead);
	free(lead);
	return call->lead ? add_header(call, "Host", host, len) : -ENOMEM;
}

static int set_url(struct http_call *call, const struct cluster *cluster,
		   const char *path)
{
	char *url = NULL;
	int ret = 0;

	if (cluster->server_name && !strncmp(cluster->server, "https:", 6)) {
		ret = set_server_name(call, cluster, path, &url);
	} else if (asprintf(&url, "%s%s", cluster->server, path) < 0) {
		url = NULL;
		ret = -ENOMEM;
	}
	if (!ret &&
	    (curl_easy_setopt(call->easy, CURLOPT_URL, url) ||
	     curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->lead)))
		ret = -ENOMEM;
	free(url);
	return ret;
}

static int set_blob(CURL *easy, CURLoption option, const char *text)
{
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };
	union {
		const char *from;
		void *to;
	} bytes = { .from = text };

	if (!text)
		return 0;
	blob.data = bytes.to;
	blob.len = strlen(text);
	return curl_easy_setopt(easy, option, &blob) ? -ENOMEM : 0;
}

/* The server is always verified, unless the kubeconfig says otherwise. */
static int set_tls(CURL *easy, const struct credentials *credentials)
{
	const struct cluster *cluster = &credentials->cluster;
	long verify = !cluster->insecure;
	int ret;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_2);
	ret = set_blob(easy, CURLOPT_CAINFO_BLOB,
		       secret_text(&cluster->ca, &credentials->ca));
	if (!ret)
		ret = set_blob(easy, CURLOPT_SSLCERT_BLOB,
			       secret_text(&cluster->certificate,
					   &credentials->certificate));
	if (!ret)
		ret = set_blob(easy, CURLOPT_SSLKEY_BLOB,
			       secret_text(&cluster->key, &credentials->key));
	return ret;
}

/* A peer that has gone without a word is found by TCP itself. */
static int set_socket(void *context, curl_socket_t fd, curlsocktype type)
{
	int times = KEEPALIVE_TIMES, unacked = HTTP_TCP_SECONDS * 1000;

	(void)context;
	(void)type;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked,
		   sizeof(unacked));
	return CURL_SOCKOPT_OK;
}

static void set_limits(CURL *easy, const struct http_limits *limits)
{
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, HTTP_CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, limits->seconds);
	/* It wakes libcurl up each second: not for what stays open. */
	if (limits->silence) {
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, limits->silence);
	}
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EACH);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, set_socket);
}

static int set_headers(struct http_call *call,
		       const struct credentials *credentials)
{
	const char *token =
		secret_text(&credentials->cluster.token, &credentials->token);
	int ret = add_header(call, "Accept", "application/json", 16);
	char *bearer;

	if (!ret && token) {
		if (asprintf(&bearer, "Bearer %s", token) < 0)
			return -ENOMEM;
		ret = add_header(call, "Authorization", bearer, strlen(bearer));
		secret_wipe(bearer);
	}
	if (!ret &&
	    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers))
		ret = -ENOMEM;
	return ret;
}

int http_set_options(struct http_call *call,
		     const struct credentials *credentials, const char *path,
		     const char *agent, const struct http_limits *limits)
{
	const struct cluster *cluster = &credentials->cluster;
	CURL *easy = call->easy;
	int ret;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* Wait for the connection that is being made, and share it. */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	set_limits(easy, limits);
	ret = set_url(call, cluster, path);
	if (!ret)
		ret = set_tls(easy, credentials);
	if (!ret)
		ret = set_headers(call, credentials);
	if (!ret && curl_easy_setopt(easy, CURLOPT_USERAGENT, agent))
		ret = -ENOMEM;
	if (!ret && cluster->proxy &&
	    curl_easy_setopt(easy, CURLOPT_PROXY, cluster->proxy))
		ret = -ENOMEM;
	return ret;
}
