/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * nf_svc: Kubernetes Services in the kernel. The generic-netlink interface.
 *
 * The family is called "nf_svc" (NF_SVC_GENL_NAME). Every network namespace
 * has its own tables; a socket speaks to the namespace it was made in.
 *
 *
 * Objects
 * -------
 *
 * A SERVICE is one port of a Kubernetes Service in one address family. Its key
 * is (NAME, PROTOCOL, FAMILY), e.g. ("shop/web:http", TCP, IPv4). It has an
 * OWNER (a short string: "admin", "svcsyncd"), a SCHEDULER and REFUSE_WITH.
 *
 * A BACKEND is an address and port that serves; its key within its service is
 * (ADDRESS, PORT). SETS says which of the service's two sets it is in: the
 * cluster set (traffic policy Cluster), the local set (traffic policy Local),
 * both, or none. A backend in no set is draining: flows that have it keep it,
 * new flows never get it. WEIGHT 0 gets no new flows either.
 *
 * A FRONTEND is an address, port and protocol where a service answers. Its key
 * is (ADDRESS, PORT, PROTOCOL, FAMILY); it belongs to one service of the same
 * protocol, family and owner. No ADDRESS means every node address (a
 * NodePort). It carries a RULE for each source class:
 *
 *   NF_SVC_CLASS_POD      the packet comes from a pod: its source is in one of
 *                         SETTINGS' POD_CIDRs or it entered by one of its
 *                         POD_DEVICEs (asked in this order, first match wins)
 *   NF_SVC_CLASS_NODE     it was sent by this node itself
 *   NF_SVC_CLASS_OUTSIDE  anything else
 *
 * A rule says which set is used (SET), whether the source is masqueraded
 * (MASQUERADE; hairpin packets always are, packets to this node itself never),
 * and what happens while that set takes no new flow although the service's other
 * set would (EMPTY: refuse or drop). A service of which neither set takes new
 * flows always refuses.
 *
 * The SCHEDULER of a service says which backend of the set used a new flow gets. One
 * of weight 0 gets none, whatever the scheduler.
 *
 *   random     (default) by weight, TCP and SCTP at random, UDP by a keyed hash of
 *              addresses and ports
 *   rr         each in turn; a weight that is not 0 makes no difference
 *   wrr        each in turn, in a round as often as its weight says
 *   mh         by weight; Maglev hashing of addresses, ports and protocol
 *   mh-source  the same of the client's address alone
 *   lc         the one with the fewest flows for its weight, on this node: those of
 *              BACKEND_FLOWS. Of a set of more than 64, among 64 in a row, the next
 *              ones each time
 *
 * Turns are counted for each set of a service, and go on over its changes. mh and
 * mh-source send a flow to the same backend on every node that has the same
 * backends. With one of N backends less, at most 2 % of the flows of the others get
 * another one; so few need a table of 16381 entries for each set, of 131071 from 164
 * backends on and of 1048573 from 1311, of two bytes each. A table becomes larger,
 * which moves most flows, and never smaller again while its set has two backends.
 *
 * With SOURCE_RANGEs only these sources may ask, and of an INTERNAL frontend only
 * pods and the node: what others send is dropped, and counted, even if nobody
 * serves. At an address with an INTERNAL frontend that is EXCLUSIVE, so is what
 * they send to other ports and protocols. While SETTINGS do not say what a pod is,
 * a pod is of class OUTSIDE, here too.
 *
 * A frontend without ADDRESS answers at every address that is the node's when a
 * flow begins, loopback and IPv6 link-local ones excepted, and only at those in
 * SETTINGS' NODE_PORT_CIDRs if there are any of its family. Its KIND is
 * NODE_PORT. A frontend of that very address and port goes before it, and so
 * does an EXCLUSIVE address.
 *
 * The SETTINGS of a namespace are one object: what a pod is (POD_CIDRs and
 * POD_DEVICEs), where frontends without ADDRESS answer (NODE_PORT_CIDRs), and
 * which addresses are services' alone (SERVICE_CIDRs): a new flow to one of
 * these that no frontend has, that is not the node's own and that nobody else
 * gave another destination is dropped, as long as its family has any frontend. A
 * SETTINGS_SET gives all of it; what it leaves out is empty.
 *
 * With MASQUERADE_MARK, one bit, the first packet of a flow whose rule masquerades
 * (or that is a hairpin) has that bit in its mark from the place where it is given
 * its backend: routing rules and filters of others see what is meant with it. The
 * bit is cleared in every packet that leaves the node or reaches a socket of it, of
 * the families that have frontends: it is nobody else's. Other bits are never
 * touched. No decision of this module depends on a mark.
 *
 *
 * Transactions
 * ------------
 *
 * Everything that changes an object happens in a transaction, on one socket:
 *
 *   BEGIN   OWNER, optional FLAGS, optional GENERATION
 *   SERVICE_SET, SERVICE_DEL, BACKEND_SET, BACKEND_DEL, FRONTEND_SET,
 *   FRONTEND_DEL, SETTINGS_SET: any number, in any order in which a service is
 *           set before what belongs to it
 *   COMMIT  STEPS; or ABORT
 *
 * A packet sees a namespace as it was before COMMIT or as it is after it,
 * never anything between. COMMIT has taken effect when its acknowledgment is
 * sent. It answers with GENERATION, the number of this commit: it grows by one
 * with each commit of the namespace and is 0 before the first.
 *
 * A message that is refused dooms its transaction: COMMIT is answered with
 * ECANCELED, and ends it without effect. (Further messages of it are still looked
 * at; a refused one with several BACKENDs may have left some of them for these.)
 * So it is if STEPS, the number of messages sent between BEGIN and
 * COMMIT, is not the number that were taken: one that netlink refuses before the
 * transaction sees it cannot be passed over. (A COMMIT without STEPS is itself
 * such a message: EINVAL, and the transaction stays open.) ABORT, closing the
 * socket and the death of the process end it too. A namespace has one open
 * transaction at a time; another BEGIN gets EBUSY, and may be tried again soon,
 * unless the open one has been idle for longer than TX_IDLE_MS of INFO: then that
 * one is ended in its favour. What a transaction makes and takes back is kept
 * until its end: ENOSPC when that is more than LIMIT_RETIRING.
 *
 * Who means to go on writing (a daemon) says so by CLAIM: until the socket that
 * claimed an OWNER is closed or says RELEASE, a BEGIN for this owner on any other
 * socket gets EUSERS. (A transaction of the owner that is open on another socket
 * goes on to its end.) With EUSERS and with BEGIN's EBUSY the extended ack's
 * cookie (NLMSGERR_ATTR_COOKIE) is a u32: the process that is in the way, as PID.
 *
 * With GENERATION in BEGIN the transaction begins only if the namespace is
 * still at that generation, else ESTALE. With NF_SVC_FLAG_REPLACE in FLAGS,
 * COMMIT deletes each service of OWNER, and each frontend or backend of one,
 * that the transaction did not set: the transaction is then the whole truth of
 * that owner, but for SETTINGS, which stay as they are unless it sets them.
 * Objects of other owners are never changed: EPERM.
 *
 * FLAGS say what a SERVICE_SET may do: with NF_SVC_FLAG_CREATE it makes a
 * service that is not there (else ENOENT); with NF_SVC_FLAG_EXCL it refuses one
 * that is (EEXIST); with NF_SVC_FLAG_REPLACE the service keeps only the backends
 * and frontends that this transaction sets. An optional attribute that is left
 * out keeps its value, or takes its default on creation. (These are no NLM_F_*
 * flags, because generic netlink refuses those of new families.)
 *
 * BACKEND_SET and FRONTEND_SET create or change, and give all of the object: an
 * attribute that is left out takes its default. NF_SVC_FLAG_EXCL refuses
 * existing ones. FRONTEND_SET may take a frontend over from another service of
 * the same owner. Deleting a service deletes its backends and frontends.
 * Deleting what is not there: ENOENT.
 *
 *
 * Reading
 * -------
 *
 * INFO, SERVICE_GET, BACKEND_GET, FRONTEND_GET, SETTINGS_GET, STATS_GET and
 * EXPLAIN need no transaction and see the last commit. The GETs dump with
 * NLM_F_DUMP; each dumped message is a *_SET command with what would recreate
 * the object; that of a service has its OWNER and counts, that of a frontend its
 * OWNER (STATS_GET: one STATS_GET message a service). A dump during which a
 * commit happened has NLM_F_DUMP_INTR set in its messages: ask again.
 * BACKEND_GET and FRONTEND_GET dumps take an optional service key (NAME,
 * PROTOCOL, FAMILY) and dump that one only (ENOENT). In a BACKEND_GET dump, a message
 * carries the service key and one or more BACKENDs; a large service takes
 * several messages. Without NLM_F_DUMP, SERVICE_GET takes a service key,
 * FRONTEND_GET a frontend key, STATS_GET nothing (the totals of the namespace);
 * a key of the other kind is refused (EINVAL). Counters begin anew with their
 * service, the totals when the tables have been empty.
 *
 *
 * Flows
 * -----
 *
 * A flow is an entry of conntrack that a service gave a backend. Each is recorded, as
 * long as there are not more than LIMIT_FLOWS; what goes past that is counted in
 * UNRECORDED. A record goes within a second of its entry, and so does the state of a
 * flow become known. BACKEND_GET says how many flows a backend has that are not over:
 * one that drains and has none is no longer needed. FLOW_GET dumps the records; those
 * of a service or backend that is gone are still there while the flow lives. Flows
 * come and go during a dump: it is interrupted (NLM_F_DUMP_INTR) only if records
 * could have been passed over that were there all the time. Like conntrack itself it
 * needs CAP_NET_ADMIN in the user namespace of the network namespace.
 *
 *
 * History and notifications
 * -------------------------
 *
 * HISTORY_GET dumps the last NF_SVC_HISTORY_MAX commits of the namespace, oldest
 * first, each as a COMMITTED message: who, when, how much. It ends with the commit
 * that was the last when it began; it is interrupted (NLM_F_DUMP_INTR) if a record
 * was overwritten before it came to that.
 *
 * Two multicast groups tell what happens in the namespace of the listener:
 *
 *   NF_SVC_GROUP_EVENTS  after each commit: one CHANGED for each service that it
 *                        changed, then one COMMITTED. If these were more than
 *                        NF_SVC_EVENTS_MAX, none of the CHANGED: the COMMITTED
 *                        has NOT_LISTED then. A service that was deleted and
 *                        made again has two. CLAIM and RELEASE (or the end of
 *                        a claim's socket) are told as messages of that name.
 *   NF_SVC_GROUP_DROPS   a DROPPED for a packet that was refused or dropped,
 *                        NF_SVC_DROPS_RATE a second and as many at once: LOST
 *                        counts those that were not told before it. VERDICT is to
 *                        drop where a refusal was not answered for its limit.
 *
 * Both need CAP_NET_ADMIN in the user namespace of the network namespace, as
 * HISTORY_GET and CLAIM_GET do: processes and addresses are in them. A datagram
 * may hold several messages.
 *
 * A listener that is too slow gets ENOBUFS from its next read, as with all
 * netlink: it reads the tables again. (COMMITTED's GENERATION grows by one with
 * each commit; whoever sees a hole has missed something.)
 *
 *
 * Rights and errors
 * -----------------
 *
 * The limits are parameters of the module. One more is refused; only RETIRING
 * may pass its limit, by what one transaction replaces: the next BEGIN waits for
 * it, a tenth of a second at most (EAGAIN: try again).
 *
 * Commands that write need CAP_NET_ADMIN in the initial user namespace; with the
 * module's parameter userns=1, in the user namespace of the network namespace.
 * Those that read need nothing, but for the above. A PID is that of the initial PID
 * namespace.
 *
 * Every refusal carries an extended ack: a message (NLMSGERR_ATTR_MSG), and
 * where one attribute is at fault its place (NLMSGERR_ATTR_OFFS) or its absence
 * (NLMSGERR_ATTR_MISS_TYPE). The object is that of the request, which the
 * kernel sends back in the error message (unless NETLINK_CAP_ACK is set).
 * Unknown attributes are refused, whatever they are.
 *
 *   EINVAL      malformed, or a value that is not allowed (the message says
 *               what would be)
 *   ERANGE      a number that is out of its range
 *   ENOENT      no such service, backend or frontend
 *   ENODEV      no such device (EXPLAIN's DEVICE)
 *   EEXIST      it exists and NF_SVC_FLAG_EXCL was given
 *   EPERM       no CAP_NET_ADMIN, or the object has another owner
 *   EBUSY       another transaction is open
 *   EUSERS      the owner is claimed by another socket
 *   EAGAIN      RETIRING is over its limit and did not become less
 *   ESTALE      the generation is another one
 *   ECANCELED   an earlier message of this transaction was refused, or did not
 *               reach it
 *   ENOTCONN    no transaction is open on this socket
 *   EALREADY    a transaction is open on this socket already
 *   ENOSPC      a limit of INFO is reached, or NF_SVC_CLAIMS_MAX
 *   ENOMEM      no memory
 *   EOPNOTSUPP  defined here, but not a capability of this module (INFO's
 *               CAPABILITIES says which are)
 *
 *
 * Encoding
 * --------
 *
 * Numbers are in host byte order. Ports are __u32 from 1 to 65535. Addresses
 * are binary, network byte order, 4 bytes (FAMILY NFPROTO_IPV4 = 2) or 16 bytes
 * (NFPROTO_IPV6 = 10). PROTOCOL is IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
 * Arrays are repeated attributes. There are no structs. Strings end with NUL.
 *
 * The ABI grows by new attributes, commands and capability bits only; programs
 * go by CAPABILITIES, never by a version.
 */
#ifndef _UAPI_LINUX_NF_SVC_H
#define _UAPI_LINUX_NF_SVC_H

#define NF_SVC_GENL_NAME "nf_svc"
#define NF_SVC_GENL_VERSION 1

/* Counts changes of this header that a program could care about. */
#define NF_SVC_ABI_REVISION 6

#define NF_SVC_NAME_MAX 255 /* bytes of a service's name, without NUL */
#define NF_SVC_OWNER_MAX 63 /* bytes of an owner, without NUL */
#define NF_SVC_DEVICE_MAX 15 /* bytes of a device's name, without NUL */
#define NF_SVC_EXPLAIN_BACKENDS 64 /* most of each list in EXPLAIN's answer */
#define NF_SVC_COMM_MAX 15 /* bytes of a process's name, without NUL */
#define NF_SVC_CLAIMS_MAX 64 /* most claimed owners of a namespace */
#define NF_SVC_HISTORY_MAX 128 /* commits that HISTORY_GET knows */
#define NF_SVC_EVENTS_MAX 1024 /* most CHANGED of one commit */
#define NF_SVC_AFFINITY_TIMEOUT_MAX 86400 /* seconds */
#define NF_SVC_AFFINITIES_SERVICE_MAX 131072 /* clients of a service */
#define NF_SVC_AFFINITIES_MAX 1048576 /* clients in all */
#define NF_SVC_DROPS_RATE 1000 /* most DROPPED a second of a namespace */

/* Multicast groups. */
#define NF_SVC_GROUP_EVENTS "events"
#define NF_SVC_GROUP_DROPS "drops"

/**
 * enum nf_svc_commands - commands of the family
 * @NF_SVC_CMD_UNSPEC: refused
 * @NF_SVC_CMD_INFO: what the module can do and how full it is
 *	in: nothing. out: ABI_REVISION, MODULE_VERSION, CAPABILITIES, LIMIT*,
 *	COUNT*, TX_IDLE_MS, GENERATION, RETIRING, KNOWN_SCHEDULER+
 * @NF_SVC_CMD_BEGIN: open a transaction. in: OWNER, FLAGS?, GENERATION?
 * @NF_SVC_CMD_COMMIT: apply it. in: STEPS. out: GENERATION
 * @NF_SVC_CMD_ABORT: forget it. in: nothing
 * @NF_SVC_CMD_SERVICE_SET: create or change a service.
 *	in: NAME, PROTOCOL, FAMILY, FLAGS?, SCHEDULER?, REFUSE_WITH?,
 *	AFFINITY_TIMEOUT?
 * @NF_SVC_CMD_SERVICE_DEL: delete a service. in: NAME, PROTOCOL, FAMILY
 * @NF_SVC_CMD_SERVICE_GET: read one (NAME, PROTOCOL, FAMILY) or dump all.
 *	out: as SERVICE_SET, and OWNER, COUNT_BACKENDS, COUNT_FRONTENDS
 * @NF_SVC_CMD_BACKEND_SET: create or change backends of a service.
 *	in: NAME, PROTOCOL, FAMILY, FLAGS?, BACKEND+
 * @NF_SVC_CMD_BACKEND_DEL: delete backends of a service.
 *	in: NAME, PROTOCOL, FAMILY, BACKEND+ (ADDRESS and PORT alone count)
 * @NF_SVC_CMD_BACKEND_GET: dump backends, of one service or of all.
 *	in: (NAME, PROTOCOL, FAMILY)?. out: as BACKEND_SET, with BACKEND_FLOWS
 * @NF_SVC_CMD_FRONTEND_SET: create or change a frontend.
 *	in: NAME, PROTOCOL, FAMILY, FLAGS?, ADDRESS?, PORT, KIND?,
 *	FRONTEND_FLAGS?, RULE{0,3}, SOURCE_RANGE*
 * @NF_SVC_CMD_FRONTEND_DEL: delete a frontend.
 *	in: PROTOCOL, FAMILY, ADDRESS?, PORT
 * @NF_SVC_CMD_FRONTEND_GET: read one (PROTOCOL, FAMILY, ADDRESS?, PORT) or
 *	dump, those of one service (NAME, PROTOCOL, FAMILY) or all.
 *	out: as FRONTEND_SET, and OWNER
 * @NF_SVC_CMD_SETTINGS_SET: set the settings of the namespace.
 *	in: POD_CIDR*, POD_DEVICE*, SERVICE_CIDR*, NODE_PORT_CIDR*,
 *	MASQUERADE_MARK?
 * @NF_SVC_CMD_SETTINGS_GET: read the settings. out: as SETTINGS_SET, OWNER?
 * @NF_SVC_CMD_STATS_GET: counters: the totals of the namespace, or dump: of
 *	each service. out: (NAME, PROTOCOL, FAMILY in a dump), FLOWS,
 *	MASQUERADED, HEALED, UNREMEMBERED, UNRECORDED, DROP*, in totals UNCOUNTED
 * @NF_SVC_CMD_EXPLAIN: what would happen to the first packet of a new flow, by
 *	the very lookup that packets get, without a side effect.
 *	in: FAMILY, PROTOCOL (any number), SOURCE, ADDRESS, SOURCE_PORT?, PORT?,
 *	DEVICE? (where it comes in; none: it is sent by this node).
 *	out: VERDICT, CLASS, and as far as they were reached: NAME, OWNER,
 *	SCHEDULER, KIND, RULE* (of each class; that of CLASS is used, and last),
 *	DROP_REASON, REFUSE_WITH,
 *	PASSED_OVER_COUNT, PASSED_OVER* (not in the set used, or without weight),
 *	CANDIDATES, BACKEND* (those that may be chosen), CHOSEN (what the packet gets
 *	if it comes next; not at random, and not without the SOURCE_PORT if that is
 *	part of a hash), AFFINITY_TIMEOUT (if its client is remembered with that),
 *	MASQUERADE. Of PASSED_OVER and BACKEND the first %NF_SVC_EXPLAIN_BACKENDS each
 * @NF_SVC_CMD_CLAIM: be the only writer of an owner. in: OWNER. Told to
 *	%NF_SVC_GROUP_EVENTS: OWNER, PID, COMM
 * @NF_SVC_CMD_RELEASE: end a claim. in: OWNER. Told as CLAIM
 * @NF_SVC_CMD_CLAIM_GET: dump the claims. out, as CLAIM: OWNER, PID, COMM
 * @NF_SVC_CMD_HISTORY_GET: dump the last commits. out, as COMMITTED
 * @NF_SVC_CMD_COMMITTED: told after a commit: GENERATION, TIME, OWNER, PID, COMM,
 *	SERVICES_ADDED, SERVICES_CHANGED, SERVICES_DELETED, FRONTENDS_ADDED,
 *	FRONTENDS_DELETED, BACKENDS_ADDED, BACKENDS_CHANGED, BACKENDS_DELETED
 *	(those that are not 0), SETTINGS_CHANGED?, REPLACED?, NOT_LISTED?
 * @NF_SVC_CMD_CHANGED: told after a commit: GENERATION, OWNER, NAME, PROTOCOL,
 *	FAMILY, CHANGE, FRONTENDS_ADDED, FRONTENDS_DELETED, BACKENDS_ADDED,
 *	BACKENDS_CHANGED, BACKENDS_DELETED (those that are not 0)
 * @NF_SVC_CMD_DROPPED: told of a packet: DROP_REASON, VERDICT, CLASS, FAMILY,
 *	PROTOCOL (any number), SOURCE, SOURCE_PORT, ADDRESS, PORT, DEVICE?, and
 *	if a frontend was found NAME, OWNER; LOST?
 * @NF_SVC_CMD_FLOW_GET: dump the flows that are recorded, all, those of one service,
 *	of one backend (ADDRESS and PORT alone count) of it or of any.
 *	in: (NAME, PROTOCOL, FAMILY)?, BACKEND?. out, as FLOW_GET: NAME, PROTOCOL,
 *	FAMILY, SOURCE, SOURCE_PORT, ADDRESS, PORT (what the client asked for),
 *	BACKEND (ADDRESS and PORT), FLOW_STATE, FLOW_AGE
 */
enum nf_svc_commands {
	NF_SVC_CMD_UNSPEC,
	NF_SVC_CMD_INFO,
	NF_SVC_CMD_BEGIN,
	NF_SVC_CMD_COMMIT,
	NF_SVC_CMD_ABORT,
	NF_SVC_CMD_SERVICE_SET,
	NF_SVC_CMD_SERVICE_DEL,
	NF_SVC_CMD_SERVICE_GET,
	NF_SVC_CMD_BACKEND_SET,
	NF_SVC_CMD_BACKEND_DEL,
	NF_SVC_CMD_BACKEND_GET,
	NF_SVC_CMD_FRONTEND_SET,
	NF_SVC_CMD_FRONTEND_DEL,
	NF_SVC_CMD_FRONTEND_GET,
	NF_SVC_CMD_SETTINGS_SET,
	NF_SVC_CMD_SETTINGS_GET,
	NF_SVC_CMD_STATS_GET,
	NF_SVC_CMD_EXPLAIN,
	NF_SVC_CMD_CLAIM,
	NF_SVC_CMD_RELEASE,
	NF_SVC_CMD_CLAIM_GET,
	NF_SVC_CMD_HISTORY_GET,
	NF_SVC_CMD_COMMITTED,
	NF_SVC_CMD_CHANGED,
	NF_SVC_CMD_DROPPED,
	NF_SVC_CMD_FLOW_GET,

	/* private: */
	__NF_SVC_CMD_MAX,
	NF_SVC_CMD_MAX = __NF_SVC_CMD_MAX - 1
};

/**
 * enum nf_svc_attrs - attributes of all commands
 * @NF_SVC_A_UNSPEC: refused
 * @NF_SVC_A_PAD: alignment of 64-bit values, in answers only
 * @NF_SVC_A_ABI_REVISION: u32, %NF_SVC_ABI_REVISION of the module
 * @NF_SVC_A_MODULE_VERSION: string, for people
 * @NF_SVC_A_CAPABILITIES: u64, enum nf_svc_capabilities
 * @NF_SVC_A_LIMIT_SERVICES: u32, most services of a namespace
 * @NF_SVC_A_LIMIT_FRONTENDS: u32, most frontends of a namespace
 * @NF_SVC_A_LIMIT_BACKENDS: u32, most backends of one service
 * @NF_SVC_A_LIMIT_CIDRS: u32, most entries of each list in SETTINGS, and most
 *	SOURCE_RANGEs of a frontend
 * @NF_SVC_A_TX_IDLE_MS: u32, milliseconds an open transaction may be idle
 *	before another writer may end it
 * @NF_SVC_A_COUNT_SERVICES: u32, services there are
 * @NF_SVC_A_COUNT_FRONTENDS: u32, frontends there are (of the service)
 * @NF_SVC_A_COUNT_BACKENDS: u32, backends there are (of the service)
 * @NF_SVC_A_GENERATION: u64, number of a commit
 * @NF_SVC_A_OWNER: string of 1 to %NF_SVC_OWNER_MAX of [A-Za-z0-9._-]
 * @NF_SVC_A_FLAGS: u32, enum nf_svc_flags
 * @NF_SVC_A_STEPS: u32, messages between BEGIN and COMMIT
 * @NF_SVC_A_NAME: string of 1 to %NF_SVC_NAME_MAX printable ASCII characters
 *	without blanks; by convention namespace/name[:port]
 * @NF_SVC_A_PROTOCOL: u32, IPPROTO_*
 * @NF_SVC_A_FAMILY: u32, NFPROTO_IPV4 or NFPROTO_IPV6
 * @NF_SVC_A_ADDRESS: binary, 4 or 16 bytes
 * @NF_SVC_A_PORT: u32, 1 to 65535
 * @NF_SVC_A_SCHEDULER: string, one of INFO's KNOWN_SCHEDULERs; see above
 * @NF_SVC_A_REFUSE_WITH: u32, enum nf_svc_refuse; default: RST for TCP
 * @NF_SVC_A_AFFINITY_TIMEOUT: u32, 0 to %NF_SVC_AFFINITY_TIMEOUT_MAX: seconds since
 *	its last new flow that a client (its address, whatever frontend it asks) is
 *	given the backend it had, as long as that takes new flows and is in the set
 *	used; 0 (default) is off. Needs %NF_SVC_CAP_AFFINITY
 * @NF_SVC_A_BACKEND: nest of enum nf_svc_backend_attrs
 * @NF_SVC_A_KIND: u32, enum nf_svc_kind
 * @NF_SVC_A_FRONTEND_FLAGS: u32, enum nf_svc_frontend_flags
 * @NF_SVC_A_RULE: nest of enum nf_svc_rule_attrs, at most one a class; a class
 *	without one: cluster set, no masquerade, refuse
 * @NF_SVC_A_SOURCE_RANGE: nest of enum nf_svc_cidr_attrs. Needs
 *	%NF_SVC_CAP_SOURCE_RANGES
 * @NF_SVC_A_POD_CIDR: nest of enum nf_svc_cidr_attrs
 * @NF_SVC_A_POD_DEVICE: string, name of an input device, of bridged pods that of
 *	the bridge; a '*' at its end matches any rest
 * @NF_SVC_A_SERVICE_CIDR: nest of enum nf_svc_cidr_attrs. Needs
 *	%NF_SVC_CAP_SERVICE_CIDRS
 * @NF_SVC_A_FLOWS: u64, new flows given a backend
 * @NF_SVC_A_MASQUERADED: u64, those of them whose source was masqueraded
 * @NF_SVC_A_DROP: nest of enum nf_svc_drop_attrs, one for each reason that was
 *	ever counted
 * @NF_SVC_A_UNCOUNTED: u64, flows whose service had no memory to count them
 * @NF_SVC_A_SOURCE: binary, 4 or 16 bytes, a packet's source address
 * @NF_SVC_A_SOURCE_PORT: u32, 0 to 65535
 * @NF_SVC_A_DEVICE: string, name of the device a packet comes in by
 * @NF_SVC_A_VERDICT: u32, enum nf_svc_verdict
 * @NF_SVC_A_CLASS: u32, enum nf_svc_class
 * @NF_SVC_A_DROP_REASON: u32, enum nf_svc_drop_reason
 * @NF_SVC_A_CANDIDATES: u32, backends that take new flows in the set used
 * @NF_SVC_A_CHOSEN: nest of enum nf_svc_backend_attrs
 * @NF_SVC_A_MASQUERADE: u32, 0 no, 1 by the rule, 2 because it is a hairpin
 * @NF_SVC_A_PID: u32, process (thread group) as the initial PID namespace
 *	numbers it
 * @NF_SVC_A_COMM: string, name of that process, for people
 * @NF_SVC_A_TIME: u64, nanoseconds since 1970 (CLOCK_REALTIME)
 * @NF_SVC_A_CHANGE: u32, enum nf_svc_change_kind
 * @NF_SVC_A_SERVICES_ADDED: u32, services that the commit made
 * @NF_SVC_A_SERVICES_CHANGED: u32, services of which it changed anything
 * @NF_SVC_A_SERVICES_DELETED: u32, services that it deleted
 * @NF_SVC_A_FRONTENDS_ADDED: u32, frontends made; one that is given another rule
 *	or service is deleted and added
 * @NF_SVC_A_FRONTENDS_DELETED: u32, frontends deleted
 * @NF_SVC_A_BACKENDS_ADDED: u32, backends made
 * @NF_SVC_A_BACKENDS_CHANGED: u32, backends whose weight or sets changed
 * @NF_SVC_A_BACKENDS_DELETED: u32, backends deleted
 * @NF_SVC_A_SETTINGS_CHANGED: flag, it set the settings
 * @NF_SVC_A_REPLACED: flag, it had NF_SVC_FLAG_REPLACE
 * @NF_SVC_A_NOT_LISTED: flag, no CHANGED was sent for its services: too many
 * @NF_SVC_A_LOST: u32, DROPPED that were not sent before this one
 * @NF_SVC_A_RETIRING: u64, bytes that commits replaced and that are not freed
 *	yet, for packets may still use them
 * @NF_SVC_A_LIMIT_RETIRING: u64, bytes of these beyond which BEGIN waits
 * @NF_SVC_A_NODE_PORT_CIDR: nest of enum nf_svc_cidr_attrs. Needs
 *	%NF_SVC_CAP_NODE_PORT
 * @NF_SVC_A_PASSED_OVER: nest of enum nf_svc_backend_attrs, out
 * @NF_SVC_A_PASSED_OVER_COUNT: u32, out
 * @NF_SVC_A_MASQUERADE_MARK: u32, one bit of a packet's mark, 0 (default): none.
 *	Needs %NF_SVC_CAP_MASQUERADE_MARK
 * @NF_SVC_A_HEALED: u64, flows of before that a packet of theirs has ended, for
 *	their backend was gone or they had begun before their frontend: that packet
 *	then began a new one
 * @NF_SVC_A_UNREMEMBERED: u64, flows whose client no entry could be made for: the
 *	limit, or no memory
 * @NF_SVC_A_UNRECORDED: u64, flows that no record could be made of: LIMIT_FLOWS, or
 *	no memory. They go on, and are in no other number of flows but FLOWS
 * @NF_SVC_A_LIMIT_FLOWS: u32, most flows of a namespace that are recorded
 * @NF_SVC_A_COUNT_FLOWS: u32, flows that are recorded
 * @NF_SVC_A_FLOW_STATE: u32, enum nf_svc_flow_state
 * @NF_SVC_A_FLOW_AGE: u32, seconds since its first packet
 * @NF_SVC_A_KNOWN_SCHEDULER: string, what SCHEDULER may be
 */
enum nf_svc_attrs {
	NF_SVC_A_UNSPEC,
	NF_SVC_A_PAD,
	NF_SVC_A_ABI_REVISION,
	NF_SVC_A_MODULE_VERSION,
	NF_SVC_A_CAPABILITIES,
	NF_SVC_A_LIMIT_SERVICES,
	NF_SVC_A_LIMIT_FRONTENDS,
	NF_SVC_A_LIMIT_BACKENDS,
	NF_SVC_A_LIMIT_CIDRS,
	NF_SVC_A_TX_IDLE_MS,
	NF_SVC_A_COUNT_SERVICES,
	NF_SVC_A_COUNT_FRONTENDS,
	NF_SVC_A_COUNT_BACKENDS,
	NF_SVC_A_GENERATION,
	NF_SVC_A_OWNER,
	NF_SVC_A_FLAGS,
	NF_SVC_A_STEPS,
	NF_SVC_A_NAME,
	NF_SVC_A_PROTOCOL,
	NF_SVC_A_FAMILY,
	NF_SVC_A_ADDRESS,
	NF_SVC_A_PORT,
	NF_SVC_A_SCHEDULER,
	NF_SVC_A_REFUSE_WITH,
	NF_SVC_A_AFFINITY_TIMEOUT,
	NF_SVC_A_BACKEND,
	NF_SVC_A_KIND,
	NF_SVC_A_FRONTEND_FLAGS,
	NF_SVC_A_RULE,
	NF_SVC_A_SOURCE_RANGE,
	NF_SVC_A_POD_CIDR,
	NF_SVC_A_POD_DEVICE,
	NF_SVC_A_SERVICE_CIDR,
	NF_SVC_A_FLOWS,
	NF_SVC_A_MASQUERADED,
	NF_SVC_A_DROP,
	NF_SVC_A_UNCOUNTED,
	NF_SVC_A_SOURCE,
	NF_SVC_A_SOURCE_PORT,
	NF_SVC_A_DEVICE,
	NF_SVC_A_VERDICT,
	NF_SVC_A_CLASS,
	NF_SVC_A_DROP_REASON,
	NF_SVC_A_CANDIDATES,
	NF_SVC_A_CHOSEN,
	NF_SVC_A_MASQUERADE,
	NF_SVC_A_PID,
	NF_SVC_A_COMM,
	NF_SVC_A_TIME,
	NF_SVC_A_CHANGE,
	NF_SVC_A_SERVICES_ADDED,
	NF_SVC_A_SERVICES_CHANGED,
	NF_SVC_A_SERVICES_DELETED,
	NF_SVC_A_FRONTENDS_ADDED,
	NF_SVC_A_FRONTENDS_DELETED,
	NF_SVC_A_BACKENDS_ADDED,
	NF_SVC_A_BACKENDS_CHANGED,
	NF_SVC_A_BACKENDS_DELETED,
	NF_SVC_A_SETTINGS_CHANGED,
	NF_SVC_A_REPLACED,
	NF_SVC_A_NOT_LISTED,
	NF_SVC_A_LOST,
	NF_SVC_A_RETIRING,
	NF_SVC_A_LIMIT_RETIRING,
	NF_SVC_A_NODE_PORT_CIDR,
	NF_SVC_A_PASSED_OVER,
	NF_SVC_A_PASSED_OVER_COUNT,
	NF_SVC_A_MASQUERADE_MARK,
	NF_SVC_A_HEALED,
	NF_SVC_A_UNREMEMBERED,
	NF_SVC_A_UNRECORDED,
	NF_SVC_A_LIMIT_FLOWS,
	NF_SVC_A_COUNT_FLOWS,
	NF_SVC_A_FLOW_STATE,
	NF_SVC_A_FLOW_AGE,
	NF_SVC_A_KNOWN_SCHEDULER,

	/* private: */
	__NF_SVC_A_MAX,
	NF_SVC_A_MAX = __NF_SVC_A_MAX - 1
};

/**
 * enum nf_svc_backend_attrs - attributes in BACKEND and CHOSEN
 * @NF_SVC_A_BACKEND_UNSPEC: refused
 * @NF_SVC_A_BACKEND_ADDRESS: binary, 4 or 16 bytes as the service's family;
 *	not loopback, link-local, multicast, unspecified or broadcast
 * @NF_SVC_A_BACKEND_PORT: u32, 1 to 65535
 * @NF_SVC_A_BACKEND_WEIGHT: u32, 0 to 65535, default 1
 * @NF_SVC_A_BACKEND_SETS: u32, enum nf_svc_sets, default NF_SVC_SET_CLUSTER
 * @NF_SVC_A_BACKEND_FLOWS: u32, out, in BACKEND_GET: flows that it has and that are
 *	not over. Needs %NF_SVC_CAP_FLOWS
 */
enum nf_svc_backend_attrs {
	NF_SVC_A_BACKEND_UNSPEC,
	NF_SVC_A_BACKEND_ADDRESS,
	NF_SVC_A_BACKEND_PORT,
	NF_SVC_A_BACKEND_WEIGHT,
	NF_SVC_A_BACKEND_SETS,
	NF_SVC_A_BACKEND_FLOWS,

	/* private: */
	__NF_SVC_A_BACKEND_MAX,
	NF_SVC_A_BACKEND_MAX = __NF_SVC_A_BACKEND_MAX - 1
};

/**
 * enum nf_svc_rule_attrs - attributes in RULE
 * @NF_SVC_A_RULE_UNSPEC: refused
 * @NF_SVC_A_RULE_CLASS: u32, enum nf_svc_class
 * @NF_SVC_A_RULE_SET: u32, one bit of enum nf_svc_sets
 * @NF_SVC_A_RULE_MASQUERADE: u32, 0 or 1
 * @NF_SVC_A_RULE_EMPTY: u32, enum nf_svc_empty
 */
enum nf_svc_rule_attrs {
	NF_SVC_A_RULE_UNSPEC,
	NF_SVC_A_RULE_CLASS,
	NF_SVC_A_RULE_SET,
	NF_SVC_A_RULE_MASQUERADE,
	NF_SVC_A_RULE_EMPTY,

	/* private: */
	__NF_SVC_A_RULE_MAX,
	NF_SVC_A_RULE_MAX = __NF_SVC_A_RULE_MAX - 1
};

/**
 * enum nf_svc_cidr_attrs - attributes in POD_CIDR, SERVICE_CIDR, NODE_PORT_CIDR and
 *	SOURCE_RANGE
 * @NF_SVC_A_CIDR_UNSPEC: refused
 * @NF_SVC_A_CIDR_ADDRESS: binary, 4 or 16 bytes; bits past the prefix are 0
 * @NF_SVC_A_CIDR_PREFIX: u32, 0 to 32 or 0 to 128; of a SERVICE_CIDR not 0
 */
enum nf_svc_cidr_attrs {
	NF_SVC_A_CIDR_UNSPEC,
	NF_SVC_A_CIDR_ADDRESS,
	NF_SVC_A_CIDR_PREFIX,

	/* private: */
	__NF_SVC_A_CIDR_MAX,
	NF_SVC_A_CIDR_MAX = __NF_SVC_A_CIDR_MAX - 1
};

/**
 * enum nf_svc_drop_attrs - attributes in DROP
 * @NF_SVC_A_DROP_UNSPEC: refused
 * @NF_SVC_A_DROP_PAD: alignment of 64-bit values, ignored
 * @NF_SVC_A_DROP_CODE: u32, enum nf_svc_drop_reason
 * @NF_SVC_A_DROP_COUNT: u64, packets
 */
enum nf_svc_drop_attrs {
	NF_SVC_A_DROP_UNSPEC,
	NF_SVC_A_DROP_PAD,
	NF_SVC_A_DROP_CODE,
	NF_SVC_A_DROP_COUNT,

	/* private: */
	__NF_SVC_A_DROP_MAX,
	NF_SVC_A_DROP_MAX = __NF_SVC_A_DROP_MAX - 1
};

/**
 * enum nf_svc_flags - bits of FLAGS
 * @NF_SVC_FLAG_CREATE: in SERVICE_SET: make it if it is not there
 * @NF_SVC_FLAG_EXCL: in SERVICE_SET, BACKEND_SET, FRONTEND_SET: refuse what is
 *	there already
 * @NF_SVC_FLAG_REPLACE: in BEGIN: what this transaction sets is all that its
 *	owner has; in SERVICE_SET: it is all that this service has
 */
enum nf_svc_flags {
	NF_SVC_FLAG_CREATE = 1 << 0,
	NF_SVC_FLAG_EXCL = 1 << 1,
	NF_SVC_FLAG_REPLACE = 1 << 2,
};

/**
 * enum nf_svc_capabilities - bits of CAPABILITIES
 * @NF_SVC_CAP_IPV6: IPv6 objects (off where the kernel runs without IPv6)
 * @NF_SVC_CAP_NODE_PORT: frontends without ADDRESS
 * @NF_SVC_CAP_SOURCE_RANGES: SOURCE_RANGE of frontends
 * @NF_SVC_CAP_AFFINITY: AFFINITY_TIMEOUT of services
 * @NF_SVC_CAP_SERVICE_CIDRS: SERVICE_CIDR in SETTINGS
 * @NF_SVC_CAP_CLAIMS: CLAIM, RELEASE, CLAIM_GET
 * @NF_SVC_CAP_HISTORY: HISTORY_GET
 * @NF_SVC_CAP_EVENTS: %NF_SVC_GROUP_EVENTS and %NF_SVC_GROUP_DROPS
 * @NF_SVC_CAP_INTERNAL: %NF_SVC_FRONTEND_INTERNAL
 * @NF_SVC_CAP_MASQUERADE_MARK: MASQUERADE_MARK in SETTINGS
 * @NF_SVC_CAP_FLOWS: FLOW_GET, BACKEND_FLOWS
 */
enum nf_svc_capabilities {
	NF_SVC_CAP_IPV6 = 1 << 0,
	NF_SVC_CAP_NODE_PORT = 1 << 1,
	NF_SVC_CAP_SOURCE_RANGES = 1 << 2,
	NF_SVC_CAP_AFFINITY = 1 << 3,
	NF_SVC_CAP_SERVICE_CIDRS = 1 << 4,
	NF_SVC_CAP_CLAIMS = 1 << 5,
	NF_SVC_CAP_HISTORY = 1 << 6,
	NF_SVC_CAP_EVENTS = 1 << 7,
	NF_SVC_CAP_INTERNAL = 1 << 8,
	NF_SVC_CAP_MASQUERADE_MARK = 1 << 9,
	NF_SVC_CAP_FLOWS = 1 << 10,
};

/**
 * enum nf_svc_change_kind - what a commit did to a service
 * @NF_SVC_CHANGE_ADDED: made it
 * @NF_SVC_CHANGE_CHANGED: changed it, its backends or its frontends
 * @NF_SVC_CHANGE_DELETED: deleted it
 */
enum nf_svc_change_kind {
	NF_SVC_CHANGE_ADDED,
	NF_SVC_CHANGE_CHANGED,
	NF_SVC_CHANGE_DELETED,

	/* private: */
	__NF_SVC_CHANGE_MAX,
	NF_SVC_CHANGE_MAX = __NF_SVC_CHANGE_MAX - 1
};

/**
 * enum nf_svc_class - source class of a packet
 * @NF_SVC_CLASS_POD: from a pod
 * @NF_SVC_CLASS_NODE: sent by this node
 * @NF_SVC_CLASS_OUTSIDE: any other
 */
enum nf_svc_class {
	NF_SVC_CLASS_POD,
	NF_SVC_CLASS_NODE,
	NF_SVC_CLASS_OUTSIDE,

	/* private: */
	__NF_SVC_CLASS_MAX,
	NF_SVC_CLASS_MAX = __NF_SVC_CLASS_MAX - 1
};

/**
 * enum nf_svc_sets - the sets of a service
 * @NF_SVC_SET_CLUSTER: used under traffic policy Cluster
 * @NF_SVC_SET_LOCAL: used under traffic policy Local
 */
enum nf_svc_sets {
	NF_SVC_SET_CLUSTER = 1 << 0,
	NF_SVC_SET_LOCAL = 1 << 1,
};

/**
 * enum nf_svc_empty - what happens while the set used takes no new flow but
 *	the other one would
 * @NF_SVC_EMPTY_REFUSE: as if there were no backend at all
 * @NF_SVC_EMPTY_DROP: drop without an answer
 */
enum nf_svc_empty {
	NF_SVC_EMPTY_REFUSE,
	NF_SVC_EMPTY_DROP,

	/* private: */
	__NF_SVC_EMPTY_MAX,
	NF_SVC_EMPTY_MAX = __NF_SVC_EMPTY_MAX - 1
};

/**
 * enum nf_svc_refuse - how a TCP client that is not this node is refused
 * @NF_SVC_REFUSE_RESET: RST
 * @NF_SVC_REFUSE_UNREACH: ICMP port unreachable, as all other protocols
 */
enum nf_svc_refuse {
	NF_SVC_REFUSE_RESET,
	NF_SVC_REFUSE_UNREACH,

	/* private: */
	__NF_SVC_REFUSE_MAX,
	NF_SVC_REFUSE_MAX = __NF_SVC_REFUSE_MAX - 1
};

/**
 * enum nf_svc_kind - what a frontend is to Kubernetes; shown, not acted upon
 * @NF_SVC_KIND_CLUSTER_IP: of spec.clusterIPs (default)
 * @NF_SVC_KIND_NODE_PORT: of spec.ports[].nodePort
 * @NF_SVC_KIND_LOAD_BALANCER: of status.loadBalancer.ingress
 * @NF_SVC_KIND_EXTERNAL_IP: of spec.externalIPs
 */
enum nf_svc_kind {
	NF_SVC_KIND_CLUSTER_IP,
	NF_SVC_KIND_NODE_PORT,
	NF_SVC_KIND_LOAD_BALANCER,
	NF_SVC_KIND_EXTERNAL_IP,

	/* private: */
	__NF_SVC_KIND_MAX,
	NF_SVC_KIND_MAX = __NF_SVC_KIND_MAX - 1
};

/**
 * enum nf_svc_frontend_flags - bits of FRONTEND_FLAGS
 * @NF_SVC_FRONTEND_EXCLUSIVE: the address belongs to services alone: new flows
 *	to it that no frontend claims (other ports, other protocols) are
 *	refused. Without it they are left alone
 * @NF_SVC_FRONTEND_INTERNAL: packets of class OUTSIDE are dropped, and those to the
 *	rest of an exclusive address. Needs %NF_SVC_CAP_INTERNAL
 */
enum nf_svc_frontend_flags {
	NF_SVC_FRONTEND_EXCLUSIVE = 1 << 0,
	NF_SVC_FRONTEND_INTERNAL = 1 << 1,
};

/**
 * enum nf_svc_verdict - what EXPLAIN found
 * @NF_SVC_VERDICT_PASS: not a service's packet, left alone
 * @NF_SVC_VERDICT_FORWARD: given to a backend
 * @NF_SVC_VERDICT_REFUSE: answered with a refusal, as far as the limits on
 *	these and its checksum allow
 * @NF_SVC_VERDICT_DROP: dropped without an answer
 */
enum nf_svc_verdict {
	NF_SVC_VERDICT_PASS,
	NF_SVC_VERDICT_FORWARD,
	NF_SVC_VERDICT_REFUSE,
	NF_SVC_VERDICT_DROP,

	/* private: */
	__NF_SVC_VERDICT_MAX,
	NF_SVC_VERDICT_MAX = __NF_SVC_VERDICT_MAX - 1
};

/**
 * enum nf_svc_flow_state - how far a flow has come
 * @NF_SVC_FLOW_OPENING: nothing has come back yet
 * @NF_SVC_FLOW_OPEN: both ends have been heard
 * @NF_SVC_FLOW_OVER: closed by both ends, or reset; conntrack remembers it for a
 *	while, but it does not need its backend
 */
enum nf_svc_flow_state {
	NF_SVC_FLOW_OPENING,
	NF_SVC_FLOW_OPEN,
	NF_SVC_FLOW_OVER,

	/* private: */
	__NF_SVC_FLOW_MAX,
	NF_SVC_FLOW_MAX = __NF_SVC_FLOW_MAX - 1
};

/**
 * enum nf_svc_drop_reason - why a packet did not reach a backend
 * @NF_SVC_DROP_UNSPEC: not used
 * @NF_SVC_DROP_NO_BACKEND: refused: neither set of the service takes new flows
 * @NF_SVC_DROP_SET_EMPTY: the set used takes no new flows, the other one would
 *	(no-local-endpoint, mostly): refused or dropped, as the rule says
 * @NF_SVC_DROP_UNCLAIMED: refused: nobody claims this port or protocol of an
 *	exclusive address
 * @NF_SVC_DROP_SOURCE_RANGE: dropped: the source is in no SOURCE_RANGE
 * @NF_SVC_DROP_SERVICE_CIDR: dropped: an address of a SERVICE_CIDR that no
 *	service owns
 * @NF_SVC_DROP_REFUSAL_LIMIT: dropped: refused too often lately, the source or
 *	the service; counted beside the reason of the refusal
 * @NF_SVC_DROP_BIND: dropped: conntrack or NAT could not take the flow
 * @NF_SVC_DROP_INTERNAL: dropped: an internal frontend, asked from outside
 * @NF_SVC_DROP_INVALID: dropped: of a service's flow, of either direction, and
 *	conntrack cannot make anything of it, so that it would go on as it is
 */
enum nf_svc_drop_reason {
	NF_SVC_DROP_UNSPEC,
	NF_SVC_DROP_NO_BACKEND,
	NF_SVC_DROP_SET_EMPTY,
	NF_SVC_DROP_UNCLAIMED,
	NF_SVC_DROP_SOURCE_RANGE,
	NF_SVC_DROP_SERVICE_CIDR,
	NF_SVC_DROP_REFUSAL_LIMIT,
	NF_SVC_DROP_BIND,
	NF_SVC_DROP_INTERNAL,
	NF_SVC_DROP_INVALID,

	/* private: */
	__NF_SVC_DROP_MAX,
	NF_SVC_DROP_MAX = __NF_SVC_DROP_MAX - 1
};

#endif /* _UAPI_LINUX_NF_SVC_H */
