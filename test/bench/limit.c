//go:build ignore

// limit makes the system calls that no launcher into a root can do without, and no others: it is what the launchers are
// measured against. It looks nothing up, checks nothing twice and cleans nothing up; do not use it for anything else.
//
//   limit [-l RULE] ROOT PROGRAM [ARGUMENT...]

#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *rule, *root;
static char uid_map[32], gid_map[32];

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(127);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static void map_ids(void)
{
	put("/proc/self/uid_map", uid_map);
	put("/proc/self/setgroups", "deny");
	put("/proc/self/gid_map", gid_map);
}

// The rule is written while the emulator's path still resolves on the host; its flag F opens the emulator there and then.
static void load_rule(void)
{
	must(!mount("binfmt_misc", "proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL), "mount binfmt_misc");
	put("proc/sys/fs/binfmt_misc/register", rule);
}

static void enter_root(void)
{
	must(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "make / rprivate");
	must(!mount(root, root, NULL, MS_BIND | MS_REC, NULL), "bind root on itself");
	must(!chdir(root), "chdir to root");
	must(!mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
	if (rule)
		load_rule();
	must(!syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(!umount2(".", MNT_DETACH), "detach the old root");
}

static int child(void *target)
{
	char **argv = target;

	map_ids();
	enter_root();
	execv(argv[0], argv);
	must(0, argv[0]);
	return 127;
}

static int wait_for(pid_t pid)
{
	int status;

	must(pid > 0, "clone");
	must(waitpid(pid, &status, 0) == pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));
	int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_VM | CLONE_VFORK | SIGCHLD;

	if (argc > 2 && !strcmp(argv[1], "-l")) {
		rule = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc < 3)
		return 2;
	root = argv[1];
	snprintf(uid_map, sizeof uid_map, "0 %u 1\n", geteuid());
	snprintf(gid_map, sizeof gid_map, "0 %u 1\n", getegid());
	return wait_for(clone(child, stack + sizeof stack, flags, argv + 2));
}
