# SPDX-License-Identifier: GPL-2.0
# What can be made, and how each thing is called. "make help" lists it.

VERSION := $(shell cat VERSION)
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DKMS_SOURCE := /usr/src/nf_svc-$(VERSION)

MAKEFLAGS += --no-print-directory
.PHONY: all help setup svcctl svcsyncd module demo check check-full oracle worlds bench lint format unit kunit \
	install dkms-install dkms-remove clean

all: svcctl svcsyncd
	@if [ -e $(KDIR) ]; then $(MAKE) module; \
	else echo "no kernel headers in $(KDIR): not building the module"; fi

help:
	@echo 'nf_svc $(VERSION)'
	@echo
	@echo '  make demo          see it work: boots a kernel, runs a Service in it'
	@echo '  make check         all checks that block a change'
	@echo '  make check-full    all tests on all kernels, into tests/results/full.json'
	@echo '  make oracle        ask real kube-proxy what nf_svc is asked, and compare'
	@echo '  make worlds        one API server for real kube-proxy and for svcsyncd: SEED=1 WORLDS=200'
	@echo '  make bench         count the instructions of packets, into tests/results/bench.json'
	@echo
	@echo '  make               svcctl, svcsyncd, and the module for this kernel if it has headers'
	@echo '  make svcctl        build/cli/svcctl'
	@echo '  make svcsyncd      build/sync/svcsyncd'
	@echo '  make module        build/module/nf_svc.ko    [KDIR=$(KDIR)]'
	@echo '  make install       svcctl and svcsyncd       [DESTDIR=] [PREFIX=$(PREFIX)]'
	@echo '  make dkms-install  the module, rebuilt for each new kernel'
	@echo '  make dkms-remove   the opposite'
	@echo
	@echo '  make lint          the checks of the sources  (one: tests/lint/run NAME)'
	@echo '  make format        lays out all C code as .clang-format says'
	@echo '  make unit          the unit tests of svcctl, svcsyncd and their libraries'
	@echo '  make kunit         the unit tests of the module, in the debug kernel'
	@echo '  make setup         installs what all of this needs (demo and check do it)'
	@echo '  make clean'
	@echo
	@echo 'demo, check and kunit boot virtual machines and need root (or sudo).'

setup:
	@tests/setup

# As many jobs as processors, unless make was told how many.
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

svcctl:
	@$(MAKE) $(JOBS) -C cli VERSION=$(VERSION) O=$(CURDIR)/build/cli

DAEMON = -C sync/daemon VERSION=$(VERSION) O=$(CURDIR)/build/sync CLI_O=$(CURDIR)/build/cli

svcsyncd:
	@$(MAKE) $(JOBS) $(DAEMON)

# kbuild writes beside the sources, so it gets a copy of them.
module:
	@mkdir -p build/module
	@cp -pru Kbuild VERSION kmod include build/module/
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/module modules

demo: setup
	@tests/as-root tests/vm/run tests/demo/demo.sh

check: setup
	@tests/as-root tests/check

check-full: setup
	@tests/as-root tests/check --full

# Needs Go, and no guest: real kube-proxy runs in namespaces of this machine.
oracle: setup
	@tests/as-root tests/api/equality

SEED ?= 1
WORLDS ?= 200
worlds: setup
	@tests/as-root tests/api/oracle --seed $(SEED) --worlds $(WORLDS)

bench: setup
	@tests/as-root tests/bench/run

lint: setup
	@tests/lint/run

format:
	@tests/lint/clang-format --fix

unit: setup
	@$(MAKE) -C tests/unit check

kunit: setup
	@tests/as-root tests/vm/run --kernel debug tests/kunit/run

install: svcctl svcsyncd
	@$(MAKE) -C cli VERSION=$(VERSION) O=$(CURDIR)/build/cli DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) install
	@$(MAKE) $(DAEMON) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) install

dkms-install:
	@command -v dkms >/dev/null || { echo 'dkms is missing: apt-get install dkms'; exit 1; }
	install -d $(DKMS_SOURCE)
	cp -r Kbuild VERSION COPYING kmod include $(DKMS_SOURCE)/
	sed 's/#MODULE_VERSION#/$(VERSION)/' dkms.conf >$(DKMS_SOURCE)/dkms.conf
	dkms install nf_svc/$(VERSION)

dkms-remove:
	dkms remove nf_svc/$(VERSION) --all
	rm -rf $(DKMS_SOURCE)

clean:
	rm -rf build
