package cmdline

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the options in packaging/completions anew")

// offers says of each option what the completions tell and offer. All else they take from the table
// (the letter, whether there is an argument) and from the help (the argument's name). It is in a
// test so that the binary does not carry it.
var offers = []offer{
	{name: "user", help: "new user namespace", with: files},
	{name: "mount", help: "new mount namespace", with: files},
	{name: "pid", help: "new pid namespace, for children", with: files},
	{name: "uts", help: "new UTS namespace (host name)", with: files},
	{name: "ipc", help: "new System V IPC namespace", with: files},
	{name: "net", help: "new network namespace", with: files},
	{name: "cgroup", help: "new cgroup namespace", with: files},
	{name: "time", help: "new time namespace", with: files},
	{name: "monotonic", help: "offset of the monotonic clock"},
	{name: "boottime", help: "offset of the boot-time clock"},
	{name: "fork", help: "run the program as a child"},
	{name: "init", help: "run the program under an init"},
	{name: "no-init", help: "make the program itself process 1 under --into"},
	{name: "forward-signals", help: "pass on SIGTERM and SIGINT"},
	{name: "kill-child", help: "send the child a signal when xunshare dies", with: signals},
	{name: "map-root-user", help: "be root inside"},
	{name: "map-current-user", help: "be yourself inside"},
	{name: "map", help: "choose an id map", words: "auto root current subids"},
	{name: "map-user", help: "be this user inside", with: users},
	{name: "map-group", help: "be in this group inside", with: groups},
	{name: "map-users", help: "map users", words: "auto subids all", repeated: true},
	{name: "map-groups", help: "map groups", words: "auto subids all", repeated: true},
	{name: "map-auto", help: "map your subordinate ids, from 0 on"},
	{name: "map-subids", help: "map your subordinate ids unchanged"},
	{name: "owner", help: "make this user the owner of the namespace"},
	{name: "setgroups", help: "allow or deny setgroups(2)", words: "allow deny"},
	{name: "setuid", help: "become this user inside, last of all"},
	{name: "setgid", help: "become this group inside"},
	{name: "keep-caps", help: "let the program keep its capabilities"},
	{name: "fake-ids", help: "make changes to unmapped ids appear to succeed"},
	{name: "into", help: "enter a tree, ready for use", with: directories},
	{name: "config", help: "take options from a file", with: files, repeated: true},
	{name: "root", help: "enter a directory as the root", with: directories},
	{name: "wd", help: "work in a directory, inside the root", with: directories},
	{name: "mount-proc", help: "mount a new proc", with: directories},
	{name: "propagation", help: "set how mounts propagate", words: "private slave shared unchanged"},
	{name: "bind", help: "show a file or directory of the host", with: files, repeated: true},
	{name: "ro-bind", help: "show a file or directory of the host read-only", with: files, repeated: true},
	{name: "tmpfs", help: "mount an empty tmpfs", with: directories, repeated: true},
	{name: "dev", help: "make a /dev"},
	{name: "sys", help: "mount /sys"},
	{name: "resolv-conf", help: "use the name servers of the host", words: "auto off"},
	{name: "bind-self", help: "show xunshare itself", with: files},
	{name: "read-only", help: "make the root read-only", words: "yes no"},
	{name: "ephemeral", help: "discard what is changed", with: directories},
	{name: "arch", help: "run programs of these architectures", words: "auto all none", with: architectures},
	{name: "emulator", help: "use this emulator", with: files, repeated: true},
	{name: "cpu", help: "the CPU that QEMU emulates"},
	{name: "emulator-env", help: "set a variable for the emulator", repeated: true},
	{name: "sysroot", help: "where libraries of an architecture are", with: directories, repeated: true},
	{name: "guest-setuid", help: "whether set-id bits count", words: "yes no"},
	{name: "binfmt", help: "who follows the rules", words: "kernel trace auto"},
	{name: "host-binfmt", help: "keep or hide the rules of this system", words: "keep hide"},
	{name: "native", help: "run tools of the tree natively", words: "@build @cc @clang @deb @go"},
	{name: "native-root", help: "where native tools come from", with: directories},
	{name: "native-tree", help: "a tree like those that the program enters", with: directories},
	{name: "list-native", help: "list what would run natively"},
	{name: "load-interp", help: "load a binfmt_misc rule", repeated: true},
	{name: "load-binfmt", help: "load a binfmt_misc rule", repeated: true},
	{name: "mount-binfmt", help: "mount a new binfmt_misc", with: directories},
	{name: "list-arches", help: "list architectures and emulators", words: "table json"},
	{name: "doctor", help: "tell what this machine lacks", words: "text json"},
	{name: "print-rule", help: "print the rules of architectures", with: architectures},
	{name: "suppress-sync", help: "let sync(2), fsync(2) and the like return at once"},
	{name: "clear-env", help: "give the program no environment"},
	{name: "whitelist-env", help: "give the program only these variables", with: variableList, repeated: true},
	{name: "setenv", help: "set a variable", repeated: true},
	{name: "unsetenv", help: "remove a variable", with: variable, repeated: true},
	{name: "hostname", help: "set the host name", with: hosts},
	{name: "no-new-privs", help: "keep set-user-id programs from gaining privileges"},
	{name: "json-status-fd", help: "write there, as JSON, what runs and how it ends", with: descriptors},
	{name: "verbose", help: "tell what was found, chosen and left out"},
	{name: "dry-run", help: "print what would be done"},
	{name: "help", help: "print the help"},
	{name: "version", help: "print the version"},
}

// An offer is what the completions know of an option.
type offer struct {
	name, help string
	words      string // those that may be given, apart from what with finds
	with       kind
	repeated   bool
}

// option is the row of the table.
func (d *offer) option() *option {
	i := slices.IndexFunc(table[:], func(f option) bool { return f.name == d.name })
	if i < 0 {
		return &option{}
	}
	return &table[i]
}

// The options in the completions are those that offers and the table say; -update writes them.
func TestCompletions(t *testing.T) {
	var names, tabled []string
	for _, d := range offers {
		names = append(names, d.name)
		if d.help == "" || strings.ContainsAny(d.help, `'[]:\`) {
			t.Errorf("the help of --%s, %q, is empty or needs to be quoted", d.name, d.help)
		}
	}
	for _, f := range table {
		tabled = append(tabled, f.name)
	}
	for _, name := range append(missing(tabled, names), missing(names, tabled)...) {
		t.Errorf("--%s is in one of the table and offers (completions_test.go), not in both", name)
	}
	if t.Failed() {
		return
	}
	for _, part := range [...]struct {
		file, from, to string // what is generated stands between these
		want           string
	}{
		{"xunshare.bash", "local options='\n", "\t'\n", bashOptions()},
		{"xunshare.bash", "case $option in\n", "\t\t?*) ;;\n", bashCases()},
		{"_xunshare", "_arguments -s -S -A '-*' : \\\n", "  '(-)1:program", zshOptions()},
		{"xunshare.fish", "may be left out.\n", "\n    set -l words (commandline", fishOptions()},
		{"xunshare.fish", "(__xunshare_complete_program)'\n", "# The end of the options.\n", fishCompletions()},
	} {
		generate(t, "../../packaging/completions/"+part.file, part.from, part.to, part.want)
	}
}

// generate compares what stands between two marks in the file, or writes it.
func generate(t *testing.T, file, from, to, want string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), from)
	got, tail, closed := strings.Cut(rest, to)
	switch {
	case !found || !closed:
		t.Errorf("%s has no %q before %q", file, from, to)
	case *update:
		if err := os.WriteFile(file, []byte(head+from+want+to+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	case got != want:
		has, needs := strings.Split(got, "\n"), strings.Split(want, "\n")
		t.Errorf("go test ./internal/cmdline -run TestCompletions -update changes %s from\n%s\nto\n%s",
			file, strings.Join(missing(has, needs), "\n"), strings.Join(missing(needs, has), "\n"))
	}
}
