package main

// usage is what --help prints: written by hand, grouped by purpose, at most 80 columns.
const usage = `Usage: xunshare [options] [program [argument...]]

Run a program, or the login shell, in new namespaces and in another root: one of
a foreign architecture too, whose programs an emulator of the host runs.

Namespaces:
  -U, --user               new user namespace
  -m, --mount              new mount namespace
  -p, --pid                new pid namespace, for children: use it with --fork
  -u, --uts                new UTS namespace (host name)
  -i, --ipc                new System V IPC namespace
  -n, --net                new network namespace
  -C, --cgroup             new cgroup namespace
  -T, --time               new time namespace
  -f, --fork               run the program as a child
      --kill-child[=SIG]   the child gets SIG when xunshare dies (implies --fork)

Ids (all imply --user):
  -r, --map-root-user      be root inside
  -c, --map-current-user   be yourself inside
      --map-user=USER      be this user inside (number or name)
      --map-group=GROUP    be in this group inside (number or name)
      --setgroups=WORD     allow or deny setgroups(2)

Root and mounts:
  -R, --root=DIR           enter DIR as the root
  -w, --wd=DIR             work in DIR, inside the root
      --mount-proc[=DIR]   mount a new proc on DIR (/proc; implies --mount)
      --propagation=WORD   private (default), slave, shared or unchanged

Foreign architectures (all imply --user and --mount):
  -l, --load-binfmt=RULE   load a binfmt_misc rule; may be repeated. RULE is
                           :name:type:offset:magic:mask:interpreter:flags
                           With flag F the emulator is taken from the host,
                           without it from the root. Also --load-interp.
      --mount-binfmt[=DIR] mount the new binfmt_misc on DIR
                           (/proc/sys/fs/binfmt_misc)

Other:
      --dry-run            print what would be done, and do nothing
  -h, --help               print this help
  -V, --version            print the version

Exit status: the program's own; 128+N in a shell if signal N ended it; 127 if it
is not found, 126 if it cannot be executed, 1 if anything else fails.
`
