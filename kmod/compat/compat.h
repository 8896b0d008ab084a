/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_COMPAT_H
#define _NF_SVC_COMPAT_H

/*
 * The one place that knows how kernels differ. The code is written for the
 * newest kernel; Kbuild looks into the headers and defines HAVE_* by what it
 * finds there, because distributions' kernels do not keep to version numbers.
 */

/* 6.10: the second argument went, the source of __string() is remembered. */
#ifdef HAVE_ASSIGN_STR_TWO
#define nf_svc_assign_str(dst, src) __assign_str(dst, src)
#else
#define nf_svc_assign_str(dst, src) __assign_str(dst)
#endif

/* 6.6: a dump has a struct genl_info as other requests have. */
#ifdef HAVE_GENL_INFO_DUMP
#define nf_svc_dump_attrs(cb) (genl_info_dump(cb)->attrs)
#else
#define nf_svc_dump_attrs(cb) (genl_dumpit_info(cb)->attrs)
#endif

/* 6.2: an operation is split by doit and dumpit before it is asked about. */
#ifdef HAVE_GENL_SPLIT_OPS
#define nf_svc_genl_op struct genl_split_ops
#else
#define nf_svc_genl_op struct genl_ops
#endif

#endif /* _NF_SVC_COMPAT_H */
