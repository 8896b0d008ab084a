# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced by run: boots the debug kernel, an ordinary process of the host.

boot_uml() {
	local memory_in=/dev/shm bytes more apart=()
	[ "$icount" = 0 ] || die '--icount needs a kernel under QEMU'
	# The guest's memory is a file, and a container's /dev/shm is small.
	bytes=$(numfmt --from=iec "$mem")
	if [ "$(df --output=avail -B1 /dev/shm 2>/dev/null | tail -n 1)" -lt "$bytes" ] 2>/dev/null; then
		memory_in=$work
	fi
	read -ra more <<<"$append"
	exec 5>"$work/out" 6>"$work/err" 7>>"$work/status" 8>>"$log"
	# Some of its processes outlive it, unless they share a PID namespace. Its
	# first process gets no signal by default, so that is a shell's part.
	if unshare --pid --fork true 2>/dev/null; then
		# shellcheck disable=SC2016
		apart=(unshare --pid --fork --kill-child -- sh -c '"$@"; exit "$?"' sh)
	fi
	child_guest "${apart[@]}" env TMPDIR="$memory_in" "$K_IMAGE" "mem=$mem" initrd="$work/initrd" \
		uml_dir="$work" umid=uml con=null con0=null,fd:8 console=tty0 \
		ssl=null ssl1=null,fd:5 ssl2=null,fd:6 ssl3=null,fd:7 \
		panic=-1 oops=panic random.trust_cpu=on "${more[@]}"
	read -ra more <<<"$append"
	exec 5>&- 6>&- 7>&- 8>&-
}
