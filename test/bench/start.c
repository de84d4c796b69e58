//go:build ignore

// start spawns a program, waits for it and prints "NANOSECONDS CPU PEAK STATUS": how long that took, the processor time of the
// program and of all that it waited for, also in nanoseconds, the peak resident set in KiB of the largest of these, and the
// wait status.
//
// The clock is here and not in the Go driver for two reasons. No scheduler or collector of another runtime is in the
// interval. And a process carries the peak of the memory that it had before execve (setmax_mm_hiwater_rss in the kernel's
// exec_mmap): with vfork that is the memory of the parent, so a Go parent would lend its own megabytes to every contender.

#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long nanoseconds(struct timeval t)
{
	return t.tv_sec * 1000000000LL + t.tv_usec * 1000LL;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	struct rusage usage;
	long long begin, end;
	int status, err;
	pid_t pid;

	if (argc < 2)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&quiet, 0, 1);
	posix_spawn_file_actions_adddup2(&quiet, 0, 2);

	begin = now();
	err = posix_spawn(&pid, argv[1], &quiet, NULL, argv + 1, environ);
	if (!err && wait4(pid, &status, 0, &usage) != pid)
		return 1;
	end = now();

	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(err));
		return 1;
	}
	printf("%lld %lld %ld %d\n", end - begin, nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), usage.ru_maxrss, status);
	return 0;
}
