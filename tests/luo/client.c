// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves a session that it made or retrieved itself with khoctl hold.
 *
 * usage: client new|retrieved NAME SOCKET
 */
#include <luo.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	int hold, session, rc;

	if (argc != 4)
		return 2;
	hold = luo_hold_connect(argv[3]);
	session = (strcmp(argv[1], "new") ? luo_retrieve_by_name : luo_create_by_name)(argv[2], 0);
	rc = hold < 0 ? hold : session < 0 ? session : luo_hold_leave(hold, session);
	printf("%s\n", strerror(-rc));
	return !!rc;
}
