/* caller HOW FILE ARGUMENT...: executes a file in one of the ways that there are. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *file, **args;

static int at(int dir, const char *name, int flags)
{
	return syscall(SYS_execveat, dir, name, args, environ, flags);
}

static void *executes(void *unused)
{
	execv(file, args);
	return unused;
}

static void *waits(void *unused)
{
	pause();
	return unused;
}

static int waited(pid_t pid)
{
	int status = 0;
	waitpid(pid, &status, 0);
	printf("status %d, own memory %s\n", WEXITSTATUS(status), file);
	return 0;
}

/* ends_meanwhile has a child execute the file many times, and end while it does: killed, or by _exit in another thread. */
static int ends_meanwhile(int killed)
{
	for (int i = 0; i < 400; i++) {
		pthread_t thread;
		pid_t pid = fork();
		if (pid == 0 && killed) {
			execv(file, args);
		} else if (pid == 0) {
			pthread_create(&thread, NULL, executes, NULL);
			usleep(i % 40 * 50);
			_exit(0);
		}
		if (killed) {
			usleep(i % 40 * 50);
			kill(pid, SIGKILL);
		}
		alarm(60);
		waitpid(pid, NULL, 0);
	}
	puts("all have ended");
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argv[1];
	pthread_t thread;
	pid_t pid;
	int fd;
#define IS(name) (strcmp(how, name) == 0)
	file = argv[2];
	args = argv + 2;
	if (IS("plain")) {
		execv(file, args);
	} else if (IS("unseeing")) { /* of other users' processes */
		prctl(PR_CAPBSET_DROP, 19L /* CAP_SYS_PTRACE */);
		execv(file, args);
	} else if (IS("renamed")) {
		args[0] = "another";
		execv(file, args);
	} else if (IS("empty")) {
		args[argc - 2] = NULL;
		args[0] = NULL;
		execv(file, args);
	} else if (IS("null")) {
		syscall(SYS_execve, file, NULL, environ);
	} else if (IS("bad")) {
		syscall(SYS_execve, file, 1L, environ);
	} else if (IS("nowhere")) {
		syscall(SYS_execve, 1L, args, environ);
	} else if (IS("noenv")) {
		execve(file, args, (char *[]){NULL});
	} else if (IS("descriptor")) {
		fd = open(file, O_RDONLY);
		at(fd, "", AT_EMPTY_PATH);
	} else if (IS("closing")) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		at(fd, "", AT_EMPTY_PATH);
	} else if (IS("path")) {
		fd = open(file, O_PATH);
		at(fd, "", AT_EMPTY_PATH);
	} else if (IS("none")) {
		at(99, "", AT_EMPTY_PATH);
	} else if (IS("dir") || IS("dirclosing")) {
		char *copy = strdup(file);
		fd = open(dirname(strdup(file)), O_PATH | (IS("dir") ? 0 : O_CLOEXEC));
		at(fd, basename(copy), 0);
	} else if (IS("nofollow")) {
		at(AT_FDCWD, file, AT_SYMLINK_NOFOLLOW);
	} else if (IS("relative")) {
		char *copy = strdup(file);
		chdir(dirname(strdup(file)));
		execv(basename(copy), args);
	} else if (IS("dotted")) {
		char *name;
		chdir(dirname(strdup(file)));
		mkdir("below", 0755);
		chdir("below");
		asprintf(&name, "../%s", basename(strdup(file)));
		execv(name, args);
	} else if (IS("gone")) {
		char *name;
		chdir(dirname(strdup(file)));
		mkdir("gone", 0755);
		chdir("gone");
		rmdir("../gone");
		asprintf(&name, "../%s", basename(strdup(file)));
		execv(name, args);
	} else if (IS("killed") || IS("leaving")) {
		return ends_meanwhile(IS("killed"));
	} else if (IS("thread")) {
		pthread_create(&thread, NULL, waits, NULL);
		pthread_create(&thread, NULL, executes, NULL);
		pthread_join(thread, NULL);
	} else if (IS("leader")) {
		pthread_create(&thread, NULL, waits, NULL);
		execv(file, args);
	} else if (IS("vfork")) {
		if ((pid = vfork()) == 0) {
			execv(file, args);
			_exit(9);
		}
		return waited(pid);
	} else if (IS("spawn")) {
		fd = posix_spawn(&pid, file, NULL, NULL, args, environ);
		if (fd == 0)
			return waited(pid);
		errno = fd;
	} else if (IS("blocked")) {
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigaddset(&set, SIGTRAP);
		sigprocmask(SIG_BLOCK, &set, NULL);
		signal(SIGUSR2, SIG_IGN);
		signal(SIGTRAP, SIG_IGN);
		raise(SIGUSR1);
		execv(file, args);
	} else if (IS("long")) {
		static char text[3 << 20];
		memset(text, 'x', sizeof text - 1);
		execv(file, (char *[]){file, text, NULL});
	} else if (IS("many")) {
		static char *list[100001];
		for (int i = 0; i < 100000; i++)
			list[i] = i ? "" : file;
		execve(file, list, (char *[]){"A=1", NULL});
	} else if (IS("full")) {
		struct rlimit limit = {5, 5};
		while (dup(0) >= 0 && dup(0) < 4)
			;
		setrlimit(RLIMIT_NOFILE, &limit);
		execv(file, args);
	} else if (IS("shut")) {
		closefrom(3);
		execv(file, args);
	} else if (IS("unshared")) {
		if (unshare(CLONE_FS | CLONE_FILES) == 0)
			execv(file, args);
	} else if (IS("self")) {
		fd = open(file, O_RDONLY);
		dup2(fd, 50);
		execv("/proc/self/fd/50", args);
	}
	printf("%s\n", strerror(errno));
	return 1;
}
