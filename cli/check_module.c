// SPDX-License-Identifier: GPL-2.0
/* svcctl check: the module itself. */
#include "check.h"

void check_module(struct checkup *checkup)
{
	if (!checkup->has_module)
		check_found(checkup, "%s", checkup->no_module);
	else if (checkup->info.abi_revision < NF_SVC_ABI_REVISION)
		check_found(
			checkup,
			"the module's ABI revision is %u, this svcctl knows %u: some of its commands will be refused",
			checkup->info.abi_revision, NF_SVC_ABI_REVISION);
}
