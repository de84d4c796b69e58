# fish completion for xunshare(1). The options are generated: see CONTRIBUTING.md.

# Prints the program and its arguments; fails as long as the command line has options only.
function __xunshare_program
    # "=" after an option that needs an argument, "=?" where it may be left out.
    set -l options U user='?' m mount='?' p pid='?' u uts='?'
    set -a options i ipc='?' n net='?' C cgroup='?' T time='?'
    set -a options monotonic= boottime= f/fork init no-init forward-signals kill-child='?' r/map-root-user
    set -a options c/map-current-user map= map-user= map-group= map-users=+ map-groups=+ map-auto map-subids
    set -a options owner= setgroups= S/setuid= G/setgid= keep-caps fake-ids into= config=+
    set -a options R/root= w/wd= mount-proc='?' propagation= bind=+ ro-bind=+ tmpfs=+ dev
    set -a options sys resolv-conf= bind-self='?' read-only='?' ephemeral='?' arch= emulator=+ cpu=
    set -a options emulator-env=+ sysroot=+ guest-setuid= binfmt= host-binfmt= native='?' native-root= native-tree=
    set -a options list-native l/load-interp=+ load-binfmt=+ mount-binfmt='?' list-arches='?' doctor='?' print-rule= suppress-sync
    set -a options clear-env whitelist-env=+ setenv=+ unsetenv=+ hostname= no-new-privs json-status-fd= verbose
    set -a options dry-run h/help V/version

    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    argparse -s $options -- $words 2>/dev/null
    and set -q argv[1]
    and not string match -q -- '-*' $argv[1]
    or return
    string join0 -- $argv
    return 0
end

function __xunshare_complete_program
    set -l words (__xunshare_program | string split0)
    __fish_complete_subcommand --commandline $words
end

function __xunshare_signals
    kill -l | string split ' '
end

function __xunshare_variables
    set -l listed (string match -r '^.*,' -- (commandline -ct | string replace -r '^--[^=]*=' ''))
    set -q listed[1]; or set listed ''
    printf '%s\n' $listed(set -nx)
end

function __xunshare_arches
    xunshare --list-arches 2>/dev/null | string match -r '^\S+' | string match -v ARCHITECTURE
end

complete -c xunshare -f
complete -c xunshare -n '__xunshare_program >/dev/null' -x -a '(__xunshare_complete_program)'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s U -l user -F -d 'new user namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s m -l mount -F -d 'new mount namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s p -l pid -F -d 'new pid namespace, for children'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s u -l uts -F -d 'new UTS namespace (host name)'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s i -l ipc -F -d 'new System V IPC namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s n -l net -F -d 'new network namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s C -l cgroup -F -d 'new cgroup namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s T -l time -F -d 'new time namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l monotonic -x -d 'offset of the monotonic clock'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l boottime -x -d 'offset of the boot-time clock'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s f -l fork -d 'run the program as a child'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l init -d 'run the program under an init'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l no-init -d 'make the program itself process 1 under --into'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l forward-signals -d 'pass on SIGTERM and SIGINT'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l kill-child -a '(__xunshare_signals)' -d 'send the child a signal when xunshare dies'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s r -l map-root-user -d 'be root inside'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s c -l map-current-user -d 'be yourself inside'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map -x -a 'auto root current subids' -d 'choose an id map'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-user -x -a '(__fish_complete_users)' -d 'be this user inside'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-group -x -a '(__fish_complete_groups)' -d 'be in this group inside'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-users -x -a 'auto subids all' -d 'map users'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-groups -x -a 'auto subids all' -d 'map groups'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-auto -d 'map your subordinate ids, from 0 on'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l map-subids -d 'map your subordinate ids unchanged'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l owner -x -d 'make this user the owner of the namespace'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l setgroups -x -a 'allow deny' -d 'allow or deny setgroups(2)'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s S -l setuid -x -d 'become this user inside, last of all'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s G -l setgid -x -d 'become this group inside'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l keep-caps -d 'let the program keep its capabilities'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l fake-ids -d 'make changes to unmapped ids appear to succeed'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l into -x -a '(__fish_complete_directories)' -d 'enter a tree, ready for use'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l config -x -a '(__fish_complete_path)' -d 'take options from a file'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s R -l root -x -a '(__fish_complete_directories)' -d 'enter a directory as the root'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s w -l wd -x -a '(__fish_complete_directories)' -d 'work in a directory, inside the root'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l mount-proc -a '(__fish_complete_directories)' -d 'mount a new proc'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l propagation -x -a 'private slave shared unchanged' -d 'set how mounts propagate'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l bind -x -a '(__fish_complete_path)' -d 'show a file or directory of the host'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l ro-bind -x -a '(__fish_complete_path)' -d 'show a file or directory of the host read-only'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l tmpfs -x -a '(__fish_complete_directories)' -d 'mount an empty tmpfs'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l dev -d 'make a /dev'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l sys -d 'mount /sys'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l resolv-conf -x -a 'auto off' -d 'use the name servers of the host'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l bind-self -F -d 'show xunshare itself'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l read-only -a 'yes no' -d 'make the root read-only'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l ephemeral -a '(__fish_complete_directories)' -d 'discard what is changed'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l arch -x -a 'auto all none (__xunshare_arches)' -d 'run programs of these architectures'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l emulator -x -a '(__fish_complete_path)' -d 'use this emulator'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l cpu -x -d 'the CPU that QEMU emulates'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l emulator-env -x -d 'set a variable for the emulator'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l sysroot -x -a '(__fish_complete_directories)' -d 'where libraries of an architecture are'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l guest-setuid -x -a 'yes no' -d 'whether set-id bits count'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l binfmt -x -a 'kernel trace auto' -d 'who follows the rules'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l host-binfmt -x -a 'keep hide' -d 'keep or hide the rules of this system'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l native -a '@build @cc @clang @deb @go' -d 'run tools of the tree natively'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l native-root -x -a '(__fish_complete_directories)' -d 'where native tools come from'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l native-tree -x -a '(__fish_complete_directories)' -d 'a tree like those that the program enters'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l list-native -d 'list what would run natively'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s l -l load-interp -x -d 'load a binfmt_misc rule'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l load-binfmt -x -d 'load a binfmt_misc rule'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l mount-binfmt -a '(__fish_complete_directories)' -d 'mount a new binfmt_misc'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l list-arches -a 'table json' -d 'list architectures and emulators'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l doctor -a 'text json' -d 'tell what this machine lacks'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l print-rule -x -a '(__xunshare_arches)' -d 'print the rules of architectures'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l suppress-sync -d 'let sync(2), fsync(2) and the like return at once'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l clear-env -d 'give the program no environment'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l whitelist-env -x -a '(__xunshare_variables)' -d 'give the program only these variables'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l setenv -x -d 'set a variable'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l unsetenv -x -a '(__xunshare_variables)' -d 'remove a variable'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l hostname -x -a '(__fish_print_hostnames)' -d 'set the host name'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l no-new-privs -d 'keep set-user-id programs from gaining privileges'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l json-status-fd -x -d 'write there, as JSON, what runs and how it ends'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l verbose -d 'tell what was found, chosen and left out'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -l dry-run -d 'print what would be done'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s h -l help -d 'print the help'
complete -c xunshare -n 'not __xunshare_program >/dev/null' -s V -l version -d 'print the version'
# The end of the options.
