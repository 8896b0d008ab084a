# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
boot_uml() { die 'not yet'; }
