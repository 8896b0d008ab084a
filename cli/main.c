// SPDX-License-Identifier: GPL-2.0
#include "command.h"

int main(int argc, char **argv)
{
	return (int)svcctl_main(argc, argv);
}
