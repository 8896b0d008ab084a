# SPDX-License-Identifier: GPL-2.0
"""Which messages are malformed, and with which errno: the part of the model that netlink checks."""
import errno
import ipaddress

from . import abi
from .family import PROTOCOLS, V4, V6


class Malformed(Exception):
    """A message is not one of the ABI's; args[0] is the errno."""


def _mask(bits):
    return lambda v: None if not v & ~bits else errno.EINVAL


def _most(limit):
    return lambda v: None if v <= limit else errno.ERANGE


def _between(low, high):
    """Those that say what would be allowed are EINVAL."""
    return lambda v: None if low <= v <= high else errno.EINVAL


def _string(most):
    return lambda v: None if len(v) <= most else errno.EINVAL


def _address(v):
    return None if 4 <= len(v) <= 16 else errno.ERANGE


def _eight(v):
    return None if len(v) == 8 else errno.EINVAL


def _any(v):
    return None


def _nest(kinds):
    def look(nest):
        for kind, value in nest:
            if kind not in kinds:
                return errno.EINVAL
            if number := kinds[kind](value):
                return number
        return None
    return look


_port = _between(1, 65535)
_cidr = _nest({abi.A_CIDR_ADDRESS: _address, abi.A_CIDR_PREFIX: _most(128)})
_key = {abi.A_NAME: _string(255), abi.A_PROTOCOL: lambda v: v not in PROTOCOLS.values() and errno.EINVAL,
        abi.A_FAMILY: lambda v: v not in (V4.nf, V6.nf) and errno.EINVAL}
_owner = {abi.A_OWNER: _string(63)}
_backend = {abi.A_BACKEND: _nest({
    abi.A_BACKEND_ADDRESS: _address, abi.A_BACKEND_PORT: _port,
    abi.A_BACKEND_WEIGHT: _between(0, 65535),
    abi.A_BACKEND_SETS: _mask(abi.SET_CLUSTER | abi.SET_LOCAL)})}
_frontend = {abi.A_PROTOCOL: _key[abi.A_PROTOCOL], abi.A_FAMILY: _key[abi.A_FAMILY],
             abi.A_ADDRESS: _address, abi.A_PORT: _port}

# What each command takes.
_COMMANDS = {
    abi.CMD_BEGIN: {**_owner, abi.A_FLAGS: _mask(abi.FLAG_REPLACE), abi.A_GENERATION: _eight},
    abi.CMD_COMMIT: {abi.A_STEPS: _any},
    abi.CMD_ABORT: {},
    abi.CMD_CLAIM: _owner,
    abi.CMD_RELEASE: _owner,
    abi.CMD_SERVICE_SET: {
        **_key, abi.A_FLAGS: _mask(abi.FLAG_CREATE | abi.FLAG_EXCL | abi.FLAG_REPLACE),
        abi.A_SCHEDULER: _string(15), abi.A_REFUSE_WITH: _most(abi.REFUSE_MAX),
        abi.A_AFFINITY_TIMEOUT: _any},
    abi.CMD_SERVICE_DEL: _key,
    abi.CMD_BACKEND_SET: {**_key, **_backend, abi.A_FLAGS: _mask(abi.FLAG_EXCL)},
    abi.CMD_BACKEND_DEL: {**_key, **_backend},
    abi.CMD_FRONTEND_SET: {
        **_key, **_frontend, abi.A_FLAGS: _mask(abi.FLAG_EXCL), abi.A_KIND: _most(abi.KIND_MAX),
        abi.A_FRONTEND_FLAGS: _mask(
            abi.FRONTEND_EXCLUSIVE | abi.FRONTEND_INTERNAL), abi.A_SOURCE_RANGE: _cidr,
        abi.A_RULE: _nest({
            abi.A_RULE_CLASS: _most(abi.CLASS_MAX), abi.A_RULE_MASQUERADE: _most(1),
            abi.A_RULE_SET: _mask(abi.SET_CLUSTER | abi.SET_LOCAL),
            abi.A_RULE_EMPTY: _most(abi.EMPTY_MAX)})},
    abi.CMD_FRONTEND_DEL: _frontend,
    abi.CMD_SETTINGS_SET: {abi.A_POD_CIDR: _cidr, abi.A_POD_DEVICE: _string(15),
                           abi.A_SERVICE_CIDR: _cidr, abi.A_NODE_PORT_CIDR: _cidr,
                           abi.A_MASQUERADE_MARK: _any},
}


def check(command, attributes):
    """Raises Malformed if netlink refuses a message before its transaction sees it."""
    if number := _nest(_COMMANDS[command])(attributes):
        raise Malformed(number)
    owner = dict(attributes).get(abi.A_OWNER)
    if owner is not None and not (owner and all(c.isalnum() or c in "._-" for c in owner)):
        raise Malformed(errno.EINVAL)


def needs(attributes, *kinds):
    """Raises Malformed if one of kinds is missing."""
    if any(k not in attributes for k in kinds):
        raise Malformed(errno.EINVAL)
    name = attributes.get(abi.A_NAME)
    if abi.A_NAME in kinds and not (name and all("!" <= c <= "~" for c in name)):
        raise Malformed(errno.EINVAL)


def plain_address(family, octets):
    """An address that somebody can be reached at."""
    if len(octets) != {V4.nf: 4, V6.nf: 16}[family]:
        raise Malformed(errno.EINVAL)
    a = ipaddress.ip_address(octets)
    if family == V4.nf:
        flawed = (octets[0] == 0 or a.is_loopback or a.is_multicast or octets == b"\xff" * 4)
    else:
        flawed = a.is_unspecified or a.is_loopback or a.is_multicast or a.ipv4_mapped is not None
    if flawed:
        raise Malformed(errno.EINVAL)


def serving_address(family, octets):
    """One that a backend may have."""
    plain_address(family, octets)
    if ipaddress.ip_address(octets).is_link_local:
        raise Malformed(errno.EINVAL)
