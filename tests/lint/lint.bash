# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks: what to look at, and Debian's kernels to look with.
# A check prints its findings and ends with 0 (clean), 1 (findings) or 77
# (there is nothing to look at; it prints why).

set -eu -o pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin
lint=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# LINT_ROOT names another tree, for the selftest.
root=$(cd "${LINT_ROOT:-$lint/../..}" && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nf_svc
cd "$root"

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

nothing() {
	echo "$*"
	exit 77
}

# The project's own files, one a line; $@ are patterns as git knows them.
files() {
	local file
	if [ -e .git ]; then
		git -c safe.directory="$root" ls-files -co --exclude-standard -- "$@"
	else
		find . -type f -not -path './build/*' -printf '%P\n' | while read -r file; do
			for pattern; do
				# shellcheck disable=SC2053
				if [[ $file == $pattern ]]; then echo "$file"; break; fi
			done
		done
	fi | sort -u | while read -r file; do
		if [ -f "$file" ]; then echo "$file"; fi
	done
}

kernel_files() { files 'kmod/*.[ch]' 'include/*.h' 'tests/kunit/*.[ch]' 'tests/bench/module/*.[ch]'; }

# The files whose first line, or name, says that $1 runs them.
scripts_for() {
	local file
	files '*' | while read -r file; do
		case $file in
		*.bash | *.sh) if [ "$1" = sh ]; then echo "$file"; fi ;;
		*.py) if [ "$1" = python3 ]; then echo "$file"; fi ;;
		*)
			if head -n 1 "$file" | grep -aqE "^#!.*[/ ](ba|da)?$1( |$)"; then
				echo "$file"
			fi
			;;
		esac
	done
}

# The headers of series $1 to build against, the newest installed.
kdir() {
	local found
	found=$(find /usr/src -maxdepth 1 -name "linux-headers-$1[.-]*-cloud-amd64" | sort -V | tail -n 1)
	[ -n "$found" ] || die "no headers of $1: run 'make setup'"
	echo "$found"
}

# The path of a file of Debian's kernel source, kept outside the tree.
source_folder() {
	local tarball=/usr/src/linux-source-6.1.tar.xz folder tmp
	[ -e "$tarball" ] || die "no $tarball: run 'make setup'"
	folder=$cache/lint/$(dpkg-query -W -f '${Version}' linux-source-6.1)
	if [ ! -e "$folder" ]; then
		mkdir -p "$cache/lint"
		tmp=$(mktemp -d "$cache/lint/.new.XXXXXX")
		tar -C "$tmp" -xJf "$tarball" --strip-components=1 --occurrence=1 \
			linux-source-6.1/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch}
		mv -T "$tmp" "$folder" 2>/dev/null || rm -rf "$tmp" # another was first
	fi
	echo "$folder"
}

# Builds the module of series $1 below build/lint and says where; the rest are
# arguments for make. All output of the build goes to stderr.
build_module() {
	local series=$1 folder file
	shift
	[ -e Kbuild ] || nothing 'no Kbuild'
	folder=$root/build/lint/$series
	mkdir -p "$folder"
	files Kbuild VERSION 'kmod/*' 'include/*.h' | while read -r file; do
		if ! cmp -s "$file" "$folder/$file"; then
			mkdir -p "$(dirname "$folder/$file")"
			cp "$file" "$folder/$file"
		fi
	done
	nice make -s -j"$(nproc)" -C "$(kdir "$series")" M="$folder" "$@" modules >&2 ||
		die "nf_svc does not build for $series"
	echo "$folder"
}

# Shows what it reads, without this machine's folders, and fails if there was any.
# Debian's 6.1 headers have no vmlinux, and the build says so each time.
findings() {
	! sed "s,$root/build/lint/[0-9.]*/,,g; s,$root/,,g" |
		grep -v '^Skipping BTF generation for ' | grep .
}
