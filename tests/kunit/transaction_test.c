// SPDX-License-Identifier: GPL-2.0-only
/*
 * TX-01, TX-02: transactions, and what nf_svc_decide() makes of packets before,
 * during and after them; FE-15: and of packets from outside. In init_net, whose
 * tables are empty in the lab.
 */
#include <kunit/test.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "packet.h"
#include "suites.h"
#include "transaction.h"

static const struct nf_svc_key key_web = {
	.name = "kunit/web:http",
	.protocol = IPPROTO_TCP,
	.family = NFPROTO_IPV4,
};

static struct nf_svc_net *nn;

/* Writers: nothing of them is used but that they differ and live. */
static struct sock sockets[2];

static void tx_begin(struct kunit *test, bool replace)
{
	KUNIT_ASSERT_EQ(test,
			nf_svc_begin(nn, &init_net, &sockets[0], 1, "kunit",
				     replace, NULL, NULL),
			0);
}

static int tx_commit(void)
{
	return nf_svc_commit(nn, nn->tx->steps, NULL);
}

static void tx_service(struct kunit *test, u32 flags)
{
	KUNIT_ASSERT_EQ(test,
			nf_svc_service_set(nf_svc_ns_locked(nn), nn->tx,
					   &key_web, flags, NULL, NULL, NULL,
					   NULL),
			0);
}

static int tx_backend(u8 last_byte, u8 sets, u16 weight)
{
	struct nf_svc_service *service;
	struct nf_svc_backend backend;

	memset(&backend, 0, sizeof(backend));
	backend.addr.ip = htonl(0x0a010000 | last_byte);
	backend.port = htons(8080);
	backend.weight = weight;
	backend.sets = sets;
	service = nf_svc_service_touch(nf_svc_ns_locked(nn), nn->tx, &key_web,
				       NULL);
	if (IS_ERR(service))
		return PTR_ERR(service);
	return nf_svc_backend_set(service->change, &backend, 0, NULL);
}

static int tx_frontend_flagged(u16 port, u8 set, u8 flags)
{
	struct nf_svc_frontend frontend;
	struct nf_svc_service *service;
	u32 i;

	memset(&frontend, 0, sizeof(frontend));
	frontend.addr.ip = htonl(0x0a600001);
	frontend.port = htons(port);
	frontend.protocol = IPPROTO_TCP;
	frontend.family = NFPROTO_IPV4;
	frontend.flags = flags;
	for (i = 0; i < __NF_SVC_CLASS_MAX; i++)
		frontend.rule[i].set = set;
	service = nf_svc_service_touch(nf_svc_ns_locked(nn), nn->tx, &key_web,
				       NULL);
	if (IS_ERR(service))
		return PTR_ERR(service);
	return nf_svc_frontend_set(nf_svc_ns_locked(nn), nn->tx, service,
				   &frontend, 0, NULL);
}

static int tx_frontend(u16 port, u8 set)
{
	return tx_frontend_flagged(port, set, NF_SVC_FRONTEND_EXCLUSIVE);
}

/* What becomes of a packet to 10.96.0.1:port now; @in: NULL if we send it. */
static struct nf_svc_packet packet_by(struct net_device *in, u16 port)
{
	struct nf_svc_packet packet = {
		.in = in,
		.ns = nf_svc_ns_locked(nn),
		.generation = nn->generation,
		.net = &init_net,
		.saddr.ip = htonl(0x0a010063),
		.daddr.ip = htonl(0x0a600001),
		.sport = htons(40000),
		.dport = htons(port),
		.protocol = IPPROTO_TCP,
		.family = NFPROTO_IPV4,
	};

	rcu_read_lock();
	if (packet.ns)
		nf_svc_decide(&packet);
	rcu_read_unlock();
	return packet;
}

/* The last byte of its backend, which lives as long as we hold the mutex. */
static int packet_to(u16 port, u8 *verdict)
{
	struct nf_svc_packet packet = packet_by(NULL, port);

	*verdict = packet.verdict;
	return packet.backend ? ntohl(packet.backend->addr.ip) & 0xff : 0;
}

#define EXPECT_BACKEND(test, port, last_byte)                             \
	do {                                                              \
		u8 seen;                                                  \
		KUNIT_EXPECT_EQ(test, packet_to(port, &seen), last_byte); \
		KUNIT_EXPECT_EQ(test, (int)seen, NF_SVC_VERDICT_FORWARD); \
	} while (0)

#define EXPECT_VERDICT(test, port, verdict)                \
	do {                                               \
		u8 seen;                                   \
		packet_to(port, &seen);                    \
		KUNIT_EXPECT_EQ(test, (int)seen, verdict); \
	} while (0)

static void tx_all_or_nothing(struct kunit *test)
{
	u64 before = nn->generation;

	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_PASS);
	tx_begin(test, false);
	tx_service(test, NF_SVC_FLAG_CREATE);
	KUNIT_EXPECT_EQ(test, tx_backend(1, NF_SVC_SET_CLUSTER, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(80, 0), 0);
	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_PASS);
	nf_svc_abort(nn);
	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_PASS);
	KUNIT_EXPECT_EQ(test, nn->generation, before);
	KUNIT_EXPECT_EQ(test, nf_svc_ns_locked(nn)->nr_services, 0U);
	KUNIT_EXPECT_EQ(test, nf_svc_ns_locked(nn)->nr_frontends, 0U);

	/* A step count that does not agree ends it without effect. */
	tx_begin(test, false);
	tx_service(test, NF_SVC_FLAG_CREATE);
	KUNIT_EXPECT_EQ(test, tx_frontend(80, 0), 0);
	KUNIT_EXPECT_EQ(test, nf_svc_commit(nn, 1, NULL), -ECANCELED);
	KUNIT_EXPECT_NULL(test, nn->tx);
	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_PASS);
	KUNIT_EXPECT_EQ(test, nn->generation, before);
}

static void tx_replaces(struct kunit *test)
{
	u64 before = nn->generation;

	tx_begin(test, false);
	tx_service(test, NF_SVC_FLAG_CREATE);
	KUNIT_EXPECT_EQ(test, tx_backend(1, NF_SVC_SET_CLUSTER, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_backend(2, NF_SVC_SET_LOCAL, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_backend(3, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(80, 0), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(81, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
	KUNIT_EXPECT_EQ(test, nn->generation, before + 1);
	EXPECT_BACKEND(test, 80, 1);
	EXPECT_BACKEND(test, 81, 2);
	EXPECT_VERDICT(test, 82, NF_SVC_VERDICT_REFUSE);

	/* Rule and backends change together; port 81 goes, port 82 comes. */
	tx_begin(test, true);
	tx_service(test, NF_SVC_FLAG_CREATE);
	KUNIT_EXPECT_EQ(test, tx_backend(4, NF_SVC_SET_LOCAL, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_backend(5, NF_SVC_SET_CLUSTER, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(80, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(82, 0), 0);
	EXPECT_BACKEND(test, 80, 1);
	EXPECT_BACKEND(test, 81, 2);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
	EXPECT_BACKEND(test, 80, 4);
	EXPECT_VERDICT(test, 81, NF_SVC_VERDICT_REFUSE);
	EXPECT_BACKEND(test, 82, 5);
	KUNIT_EXPECT_EQ(test, nf_svc_ns_locked(nn)->nr_frontends, 2U);
	KUNIT_EXPECT_EQ(test, nf_svc_ns_locked(nn)->family_frontends[0], 2U);

	/* Neither set takes new flows: refused. One does: as the rule says. */
	tx_begin(test, false);
	KUNIT_EXPECT_EQ(test, tx_backend(4, NF_SVC_SET_LOCAL, 0), 0);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_REFUSE);
	EXPECT_BACKEND(test, 82, 5);

	/* Empty replace: nothing is left, no hook either. */
	tx_begin(test, true);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
	EXPECT_VERDICT(test, 80, NF_SVC_VERDICT_PASS);
	KUNIT_EXPECT_EQ(test, nf_svc_ns_locked(nn)->family_frontends[0], 0U);
}

static void tx_begins_once(struct kunit *test)
{
	u64 generation = nn->generation + 1;

	KUNIT_EXPECT_EQ(test,
			nf_svc_begin(nn, &init_net, &sockets[0], 1, "kunit",
				     false, &generation, NULL),
			-ESTALE);
	tx_begin(test, false);
	KUNIT_EXPECT_EQ(test,
			nf_svc_begin(nn, &init_net, &sockets[0], 1, "kunit",
				     false, NULL, NULL),
			-EALREADY);
	KUNIT_EXPECT_EQ(test,
			nf_svc_begin(nn, &init_net, &sockets[1], 2, "other",
				     false, NULL, NULL),
			-EBUSY);
	/* Idle for too long: the next writer may have its place. */
	nn->tx->active = jiffies - msecs_to_jiffies(NF_SVC_TX_IDLE_MS) - 1;
	KUNIT_EXPECT_EQ(test,
			nf_svc_begin(nn, &init_net, &sockets[1], 2, "other",
				     false, NULL, NULL),
			0);
	KUNIT_EXPECT_EQ(test, nn->tx_portid, 2U);
	nf_svc_abort(nn);
}

/* Asked from outside: dropped, whether somebody serves or not. */
static void decide_internal(struct kunit *test)
{
	struct net_device *outside = init_net.loopback_dev;
	u32 i;

	for (i = 0; i < 2; i++) {
		tx_begin(test, true);
		tx_service(test, NF_SVC_FLAG_CREATE);
		if (i)
			KUNIT_EXPECT_EQ(
				test, tx_backend(1, NF_SVC_SET_CLUSTER, 1), 0);
		KUNIT_EXPECT_EQ(test,
				tx_frontend_flagged(80, 0,
						    NF_SVC_FRONTEND_INTERNAL),
				0);
		KUNIT_EXPECT_EQ(test, tx_commit(), 0);
		KUNIT_EXPECT_EQ(test, (int)packet_by(outside, 80).verdict,
				NF_SVC_VERDICT_DROP);
		KUNIT_EXPECT_EQ(test, (int)packet_by(outside, 80).reason,
				NF_SVC_DROP_INTERNAL);
		EXPECT_VERDICT(test, 80,
			       i ? NF_SVC_VERDICT_FORWARD :
				   NF_SVC_VERDICT_REFUSE);
	}

	/* Without the flag: as any other. */
	tx_begin(test, true);
	tx_service(test, NF_SVC_FLAG_CREATE);
	KUNIT_EXPECT_EQ(test, tx_backend(1, NF_SVC_SET_CLUSTER, 1), 0);
	KUNIT_EXPECT_EQ(test, tx_frontend(80, 0), 0);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
	KUNIT_EXPECT_EQ(test, (int)packet_by(outside, 80).verdict,
			NF_SVC_VERDICT_FORWARD);

	tx_begin(test, true);
	KUNIT_EXPECT_EQ(test, tx_commit(), 0);
}

static int transaction_init(struct kunit *test)
{
	refcount_set(&sockets[0].sk_refcnt, 1);
	refcount_set(&sockets[1].sk_refcnt, 1);
	nn = nf_svc_net(&init_net);
	mutex_lock(&nn->mutex);
	return 0;
}

static void transaction_exit(struct kunit *test)
{
	if (nn->tx)
		nf_svc_abort(nn);
	mutex_unlock(&nn->mutex);
}

static struct kunit_case transaction_cases[] = { KUNIT_CASE(tx_all_or_nothing),
						 KUNIT_CASE(tx_replaces),
						 KUNIT_CASE(tx_begins_once),
						 {} };

struct kunit_suite nf_svc_transaction_suite = {
	.name = "nf_svc_transaction_TX-01_TX-02",
	.init = transaction_init,
	.exit = transaction_exit,
	.test_cases = transaction_cases,
};

static struct kunit_case decide_cases[] = { KUNIT_CASE(decide_internal), {} };

struct kunit_suite nf_svc_decide_suite = {
	.name = "nf_svc_decide_FE-15",
	.init = transaction_init,
	.exit = transaction_exit,
	.test_cases = decide_cases,
};
