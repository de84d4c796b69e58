package cmdline

// Usage is what --help prints: written by hand, grouped by purpose, at most 80 columns.
const Usage = `Usage: xunshare [options] [program [argument...]]

Run a program, or a login shell, in new namespaces and in another root. Programs
of a foreign architecture run there too, with an emulator of the host:

  xunshare --into=TREE [PROGRAM]            enter a tree of any architecture
  xunshare --arch=arm64 PROGRAM             run arm64 programs on this system

Namespaces (=FILE keeps one by binding it on that file; this needs privilege):
  -U, --user[=FILE]         new user namespace
  -m, --mount[=FILE]        new mount namespace
  -p, --pid[=FILE]          new pid namespace, for children: use it with --fork
  -u, --uts[=FILE]          new UTS namespace (host name)
  -i, --ipc[=FILE]          new System V IPC namespace
  -n, --net[=FILE]          new network namespace
  -C, --cgroup[=FILE]       new cgroup namespace
  -T, --time[=FILE]         new time namespace
      --monotonic=SECONDS   offset of its monotonic clock (needs --time)
      --boottime=SECONDS    offset of its boot-time clock (needs --time)
Processes:
  -f, --fork                run the program as a child
      --init                run it under an init (needs --pid, implies --fork)
      --no-init             no init with --into: the program itself is process 1
      --forward-signals     pass on SIGTERM and SIGINT (implies --fork)
      --kill-child[=SIG]    send it SIG if xunshare dies (KILL; implies --fork)
Ids (the maps and --owner imply --user):
  -r, --map-root-user       be root inside
  -c, --map-current-user    be yourself inside
      --map=NAME            root, current, subids (you as 0, sub-ids from 1 on),
                            or auto: subids if possible, or root and --fake-ids
      --map-user=USER       be this user inside (number or name)
      --map-group=GROUP     be in this group inside (number or name)
      --map-users=SPEC      map users: INNER:OUTER:COUNT, auto, subids or all
      --map-groups=SPEC     map groups in the same way; both may be repeated
      --map-auto            map your subordinate ids, from 0 on: auto for both
      --map-subids          map your subordinate ids unchanged: subids for both
      --owner=UID:GID       make this user own the user namespace (needs root)
      --setgroups=WORD      allow or deny setgroups(2)
  -S, --setuid=UID          become this user inside, last of all
  -G, --setgid=GID          become this group inside, and leave all others
      --keep-caps           let the program keep the namespace's capabilities
      --fake-ids            make changes to unmapped ids appear to succeed
A tree, ready for use:
      --into=DIR            do all that a tree needs: -Umpiu --init --arch=auto
                            --root=DIR --mount-proc --sys --dev --map=auto
                            --resolv-conf=auto, with a --hostname and a clean
                            environment; a NAME without / stands for options in
                            ~/.config/xunshare/NAME.conf
      --config=FILE         take options from FILE, one a line
Root and mounts:
  -R, --root=DIR            enter DIR as the root
  -w, --wd=DIR              work in DIR, inside the root
      --mount-proc[=DIR]    mount a new proc on DIR (/proc; implies --mount)
      --propagation=WORD    private (default), slave, shared or unchanged
Mounts in the root, in the order given; the tree on disk stays as it is:
      --bind=SRC[:DST]      show SRC of the host, with all that is mounted in it
      --ro-bind=SRC[:DST]   the same, read-only
      --tmpfs=DST[:OPTS]    mount an empty tmpfs; OPTS as in size=1g,mode=755
      --dev                 make a /dev with the usual devices
      --sys                 mount /sys
      --resolv-conf=WORD    auto for the host's name servers, off for none
      --bind-self[=PATH]    show xunshare itself (/usr/local/bin/xunshare)
      --read-only[=WORD]    make the root read-only but for these; no for never
      --ephemeral[=DIR]     discard what is changed, or keep it in DIR
Foreign architectures (--arch and rules imply --user and --mount):
      --arch=NAME,...       run programs of these architectures: auto (what the
                            program or the tree is for), all, none, or names
      --emulator=[ARCH=]PATH
                            use this emulator (default: the one that is found)
      --cpu=NAME            the CPU that QEMU emulates
      --emulator-env=NAME=VALUE
                            a variable for the emulator; may be repeated
      --sysroot=[ARCH:]DIR  where dynamic programs find libraries (/usr/TRIPLET)
      --guest-setuid=WORD   yes (default) or no: whether set-id bits count
      --binfmt=WORD         kernel or trace: who follows rules (default: auto)
      --host-binfmt=WORD    keep (default) or hide the rules of this system
      --native[=LIST]       run tools of the tree natively: @build (default),
                            @cc, @clang, @deb, @go, names; -NAME leaves one out
      --native-root=DIR     take them from the system in DIR, not from this one
      --native-tree=DIR     the tree, where PROGRAM enters one like it by itself
      --list-native         list what would run natively, and run nothing
  -l, --load-interp=RULE, --load-binfmt=RULE
                            load a binfmt_misc rule; may be repeated. RULE is
                            :name:type:offset:magic:mask:interpreter:flags,
                            @FILE with such lines, or the name of a rule
      --mount-binfmt[=DIR]  mount a new binfmt_misc, for root inside to change
      --list-arches[=FORM]  list architectures and emulators, as table or json
      --doctor[=FORM]       tell what this machine lacks, as text or json
      --print-rule=ARCH     print the rules that --arch would load
Other:
      --suppress-sync       let sync(2), fsync(2) and the like return at once
      --clear-env           give the program no environment
      --whitelist-env=LIST  give it only these variables, as in HOME,TERM
      --setenv=NAME=VALUE   set a variable
      --unsetenv=NAME       remove a variable
      --hostname=NAME       set the host name (implies --uts)
      --no-new-privs        keep set-user-id programs from gaining privileges
      --json-status-fd=FD   write to FD, as JSON, what runs and how it ends
      --verbose             tell what was found, chosen and left out
      --dry-run             print what would be done, and do nothing
  -h, --help                print this help
  -V, --version             print the version

Exit status: the program's; 128+N in a shell if signal N ended it; 127 if it is
not found, 126 if it cannot be executed, 1 for other failures. See xunshare(1).
`
