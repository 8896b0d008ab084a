# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of this folder: where things are, and how to talk.

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$lab/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nf_svc
me=${0##*/}

# Called from make, this is not a part of its job.
unset MAKEFLAGS MFLAGS MAKELEVEL

say() { printf '%s: %s\n' "$me" "$*" >&2; }

die() {
	say "$*"
	exit "${lab_error:-1}"
}

# Long steps run behind their log, which is shown only when they fail.
quietly() {
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		die "failed: $* (whole log: $log)"
	fi
}

# Takes the lock called $1 on descriptor 9 until the caller exits.
take_lock() {
	mkdir -p "$cache/lock"
	exec 9>"$cache/lock/$1"
	flock -n 9 || {
		say "waiting for another run that prepares $1"
		flock 9
	}
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || [ -x "/usr/sbin/$tool" ] ||
			die "$tool is missing: run tests/vm/setup first"
	done
}

# Sets tmp to a folder in the cache, gone when the caller exits unless it has
# been renamed. What killed callers left behind goes too.
new_folder() {
	mkdir -p "$cache/kernel"
	find "$cache/kernel" -mindepth 1 -maxdepth 1 -name '.new.*' -mmin +600 -exec rm -rf {} +
	tmp=$(mktemp -d "$cache/kernel/.new.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
}
