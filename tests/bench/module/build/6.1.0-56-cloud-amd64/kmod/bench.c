// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two devices, and packets that go in by one and out by the other: how many
 * cycles does each take in between? Where the clock counts instructions (QEMU's
 * -icount shift=0) that is how many instructions.
 *
 * What is written to debugfs nf_svc_bench/run is one order, in words:
 *
 *	DEVICE PROTOCOL SOURCE SPORT DESTINATION DPORT COUNT STEP FLAGS SEQ ACK
 *
 * DEVICE 0 or 1, PROTOCOL 17 or 6, addresses of one family, COUNT packets of
 * which each has a source port STEP higher than the one before it, and for TCP
 * FLAGS as in its header (2 SYN, 16 ACK …), SEQ and ACK. Reading the file then
 * gives one line: how many left by either device, least, median and most cycles
 * from netif_receive_skb() to ndo_start_xmit().
 *
 * For the tests' own guests; not to be installed.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sort.h>
#include <linux/tcp.h>
#include <linux/timex.h>
#include <linux/udp.h>
#include <net/ip.h>

#define BENCH_MOST 4096
#define BENCH_PAYLOAD 64

struct bench_order {
	unsigned int device;
	unsigned int protocol;
	u8 source[16];
	u8 destination[16];
	unsigned int sport;
	unsigned int dport;
	unsigned int count;
	unsigned int step;
	unsigned int flags;
	unsigned int seq;
	unsigned int ack;
	bool ipv6;
};

static struct net_device *bench_devices[2];
static struct dentry *bench_folder;
static DEFINE_MUTEX(bench_mutex); /* all below */
static cycles_t bench_begun;
static u32 bench_taken[BENCH_MOST];
static u32 bench_left;
static char bench_result[80] = "none\n";

static netdev_tx_t bench_xmit(struct sk_buff *skb, struct net_device *dev)
{
	cycles_t now = get_cycles();

	/* Only what an order is waiting for. */
	if (bench_begun && bench_left < BENCH_MOST) {
		bench_taken[bench_left++] = (u32)(now - bench_begun);
		bench_begun = 0;
	}
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops bench_ops = {
	.ndo_start_xmit = bench_xmit,
};

static void bench_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &bench_ops;
	dev->needs_free_netdev = true;
	dev->flags |= IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->tx_queue_len = 0;
	eth_hw_addr_random(dev);
}

/* A TCP segment has data if it says so (PSH). */
static u16 bench_payload(const struct bench_order *order)
{
	if (order->protocol == IPPROTO_TCP && !(order->flags & 8))
		return 0;
	return BENCH_PAYLOAD;
}

static void bench_put_l4(struct sk_buff *skb, const struct bench_order *order,
			 u16 sport)
{
	struct udphdr *udp;
	struct tcphdr *tcp;

	if (order->protocol == IPPROTO_UDP) {
		udp = skb_put_zero(skb, sizeof(*udp));
		udp->source = htons(sport);
		udp->dest = htons(order->dport);
		udp->len = htons(sizeof(*udp) + BENCH_PAYLOAD);
		udp->check = htons(0x1234);
	} else {
		tcp = skb_put_zero(skb, sizeof(*tcp));
		tcp->source = htons(sport);
		tcp->dest = htons(order->dport);
		tcp->seq = htonl(order->seq);
		tcp->ack_seq = htonl(order->ack);
		tcp->doff = sizeof(*tcp) / 4;
		tcp_flag_word(tcp) |= htonl(order->flags << 16);
		tcp->window = htons(32768);
		tcp->check = htons(0x1234);
	}
	skb_put_zero(skb, bench_payload(order));
}

static void bench_put_ipv4(struct sk_buff *skb, const struct bench_order *order,
			   u16 len)
{
	struct iphdr *ip = skb_put_zero(skb, sizeof(*ip));

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(sizeof(*ip) + len);
	ip->frag_off = htons(IP_DF);
	ip->ttl = 64;
	ip->protocol = order->protocol;
	memcpy(&ip->saddr, order->source, sizeof(ip->saddr));
	memcpy(&ip->daddr, order->destination, sizeof(ip->daddr));
	ip_send_check(ip);
}

static void bench_put_ipv6(struct sk_buff *skb, const struct bench_order *order,
			   u16 len)
{
	struct ipv6hdr *ip = skb_put_zero(skb, sizeof(*ip));

	ip->version = 6;
	ip->payload_len = htons(len);
	ip->nexthdr = order->protocol;
	ip->hop_limit = 64;
	memcpy(&ip->saddr, order->source, sizeof(ip->saddr));
	memcpy(&ip->daddr, order->destination, sizeof(ip->daddr));
}

/* A packet as a driver would hand it up: with its checksum verified. */
static struct sk_buff *bench_packet(const struct bench_order *order, u16 sport)
{
	struct net_device *dev = bench_devices[order->device];
	u16 len = bench_payload(order) + (order->protocol == IPPROTO_UDP ?
						  sizeof(struct udphdr) :
						  sizeof(struct tcphdr));
	struct sk_buff *skb = netdev_alloc_skb(dev, 256);
	struct ethhdr *eth;

	if (!skb)
		return NULL;
	eth = skb_put_zero(skb, sizeof(*eth));
	ether_addr_copy(eth->h_dest, dev->dev_addr);
	eth->h_source[0] = 2;
	eth->h_proto = htons(order->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	if (order->ipv6)
		bench_put_ipv6(skb, order, len);
	else
		bench_put_ipv4(skb, order, len);
	bench_put_l4(skb, order, sport);
	skb->protocol = eth_type_trans(skb, dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

static int bench_order_u32(const void *a, const void *b)
{
	const u32 *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static int bench_carry_out(const struct bench_order *order)
{
	struct sk_buff *skb;
	unsigned int i;

	bench_left = 0;
	for (i = 0; i < order->count; i++) {
		skb = bench_packet(order, order->sport + i * order->step);
		if (!skb)
			return -ENOMEM;
		local_bh_disable();
		bench_begun = get_cycles();
		netif_receive_skb(skb);
		bench_begun = 0;
		local_bh_enable();
		cond_resched();
	}
	sort(bench_taken, bench_left, sizeof(*bench_taken), bench_order_u32,
	     NULL);
	snprintf(bench_result, sizeof(bench_result), "%u %u %u %u\n",
		 bench_left, bench_left ? bench_taken[0] : 0,
		 bench_left ? bench_taken[bench_left / 2] : 0,
		 bench_left ? bench_taken[bench_left - 1] : 0);
	return 0;
}

static int bench_parse(struct bench_order *order, const char *text)
{
	char source[48], destination[48];

	if (sscanf(text, "%u %u %47s %u %47s %u %u %u %u %u %u", &order->device,
		   &order->protocol, source, &order->sport, destination,
		   &order->dport, &order->count, &order->step, &order->flags,
		   &order->seq, &order->ack) != 11)
		return -EINVAL;
	if (order->device > 1 || order->count > BENCH_MOST ||
	    (order->protocol != IPPROTO_UDP && order->protocol != IPPROTO_TCP))
		return -EINVAL;
	order->ipv6 = strchr(source, ':');
	if (order->ipv6)
		return in6_pton(source, -1, order->source, -1, NULL) &&
				       in6_pton(destination, -1,
						order->destination, -1, NULL) ?
			       0 :
			       -EINVAL;
	return in4_pton(source, -1, order->source, -1, NULL) &&
			       in4_pton(destination, -1, order->destination, -1,
					NULL) ?
		       0 :
		       -EINVAL;
}

static ssize_t bench_write(struct file *file, const char __user *from,
			   size_t len, loff_t *at)
{
	struct bench_order order = {};
	char text[256];
	int err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	text[len] = '\0';
	err = bench_parse(&order, text);
	if (err)
		return err;
	mutex_lock(&bench_mutex);
	err = bench_carry_out(&order);
	mutex_unlock(&bench_mutex);
	return err ? err : len;
}

static ssize_t bench_read(struct file *file, char __user *to, size_t len,
			  loff_t *at)
{
	return simple_read_from_buffer(to, len, at, bench_result,
				       strlen(bench_result));
}

static const struct file_operations bench_file = {
	.owner = THIS_MODULE,
	.write = bench_write,
	.read = bench_read,
};

static int __init bench_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(bench_devices); i++) {
		bench_devices[i] =
			alloc_netdev(0, "bench%d", NET_NAME_ENUM, bench_setup);
		if (!bench_devices[i]) {
			err = -ENOMEM;
			goto undo;
		}
		err = register_netdev(bench_devices[i]);
		if (err) {
			free_netdev(bench_devices[i]);
			goto undo;
		}
	}
	bench_folder = debugfs_create_dir("nf_svc_bench", NULL);
	debugfs_create_file("run", 0600, bench_folder, NULL, &bench_file);
	return 0;

undo:
	while (i--)
		unregister_netdev(bench_devices[i]);
	return err;
}

static void __exit bench_exit(void)
{
	unsigned int i;

	debugfs_remove(bench_folder);
	for (i = 0; i < ARRAY_SIZE(bench_devices); i++)
		unregister_netdev(bench_devices[i]);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Counts the cycles of forwarded packets, for nf_svc's benchmarks");
