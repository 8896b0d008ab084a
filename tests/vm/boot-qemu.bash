# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced by run: boots a stock kernel in QEMU.

# $1: tag, $2: folder, rest: more options
share() {
	local tag=$1 folder=$2
	shift 2
	# sandbox=chroot works inside containers too.
	child /usr/lib/qemu/virtiofsd --socket-path="$work/$tag.socket" \
		-o "source=$folder" -o sandbox=chroot -o log_level=err \
		--thread-pool-size=0 "$@" </dev/null >>"$work/virtiofsd.log" 2>&1
	shares+=(-chardev "socket,id=fs-$tag,path=$work/$tag.socket"
		-device "vhost-user-fs-pci,chardev=fs-$tag,tag=$tag,queue-size=1024")
}

# QEMU does not wait for the sockets of virtiofsd.
await_socket() {
	local tries=0
	until [ -S "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 500 ] || die "virtiofsd does not start: $(cat "$work/virtiofsd.log")"
		read -r -t 0.01 <>"$work/never" || :
	done
}

boot_qemu() {
	rm -f "$work"/*.socket
	local shares=() nic=none cpu=() arguments
	need qemu-system-x86_64 setpriv
	share host / -o cache=always
	if [ -n "$out" ]; then share out "$out" -o cache=none; fi
	await_socket "$work/host.socket"
	if [ -n "$out" ]; then await_socket "$work/out.socket"; fi

	if [ "$network" = 1 ]; then nic=user,model=virtio-net-pci,ipv6=off; fi
	arguments='console=ttyS0,115200 panic=-1 oops=panic tsc=reliable random.trust_cpu=on no_timer_check clearcpuid=erms,fsrm,rep_good'
	case $accel in
	kvm) cpu=(-accel kvm -cpu host -smp "$smp") ;;
	*) cpu=(-accel "tcg,thread=multi" -cpu max -smp "$smp") ;;
	esac
	if [ "$icount" = 1 ]; then
		cpu=(-accel "tcg,thread=single" -cpu max -smp 1 -icount "shift=0,sleep=off")
		# rep stosb counts once a byte there, so keep the kernel off it.
		arguments+=' init_on_alloc=0'
	fi
	child_guest qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-machine q35,memory-backend=mem,usb=off,smbus=off,sata=off,vmport=off \
		-object "memory-backend-memfd,id=mem,size=$mem,share=on" -m "$mem" \
		"${cpu[@]}" \
		-kernel "$K_IMAGE" -initrd "$work/initrd" -append "$arguments $append" \
		-chardev "file,id=console,path=$log" -serial chardev:console \
		-nic "$nic" \
		-device virtio-serial-pci \
		-chardev "file,id=out,path=$work/out" \
		-device virtserialport,chardev=out,name=nf_svc.out \
		-chardev "file,id=err,path=$work/err" \
		-device virtserialport,chardev=err,name=nf_svc.err \
		-chardev "file,id=status,path=$work/status" \
		-device virtserialport,chardev=status,name=nf_svc.status \
		"${shares[@]}"
}
