//go:build ignore

// calls makes one system call many times.
//
//   calls [-f] getppid|chown|unmapped|fsync COUNT
//
// With -f behind a filter of one instruction, which allows everything: no filter costs less. chown is to the caller's own id,
// unmapped to one that the caller's namespace does not have.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int filter(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

static uid_t user;
static gid_t group;

static long call(const char *name, const char *home)
{
	switch (name[0]) {
	case 'g':
		return syscall(SYS_getppid) < 0;
	case 'c':
		return chown(home, user, group);
	case 'u':
		return chown(home, 5, 5);
	}
	return fsync(0);
}

int main(int argc, char **argv)
{
	const char *home = getenv("HOME");

	user = getuid();
	group = getgid();
	if (argc > 1 && !strcmp(argv[1], "-f")) {
		if (filter())
			return perror("seccomp"), 1;
		argc--, argv++;
	}
	for (long n = argc == 3 && home ? atol(argv[2]) : 0; n > 0; n--)
		if (call(argv[1], home))
			return perror(argv[1]), 1;
	return 0;
}
