package difftest

import "strings"

// kept are cases of namespaces that are bound on files: by unshare(1), with --fork, while the
// program runs already, which may see the mount or not.
var kept = []Case{
	{Args: `-r --uts="$dir/ns"`, Who: User},
	{Args: `--net="$dir/ns"`, Who: User},
	{Args: `-r --net=/nosuch`},
	{Args: `-r --net "$dir/ns"`, Program: NoProgram},
	{Args: `-u"$dir/ns"`},
	{Args: `-rp --pid="$dir/ns"`},

	{Args: `--uts="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--ipc="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--net="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--cgroup="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--time="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--time="$dir/ns" --boottime 1000`, Who: Root, Private: true, After: look},
	{Args: `--time="$dir/ns" -f`, Who: Root, Private: true, After: look, Ignore: "mounts"},
	{Args: "", Program: pinned(`"$0" --mount="$dir/ns" echo in it; ` + look), Who: Root},
	{Args: "", Program: pinned(`"$0" -f --mount="$dir/ns" echo in it; ` + look), Who: Root},
	{Args: "", Program: pinned(`"$0" -r --mount="$dir/ns" echo in it; ` + look), Who: Root, Since: "2.42", Lacks: "binding with --user"},
	{Args: `--pid="$dir/ns" -f`, Who: Root, Private: true, After: look, Ignore: "mounts"},
	{Args: `--pid="$dir/ns" -f --mount-proc`, Who: Root, Private: true, After: look, Ignore: "mounts"},
	{Args: `--pid="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--user="$dir/ns"`, Who: Root, Private: true, After: look, Since: "2.42", Lacks: "a working --user=FILE"},
	{Args: `--user="$dir/ns" -r`, Who: Root, Private: true, After: look, Since: "2.42", Lacks: "a working --user=FILE"},
	{Args: `--user="$dir/ns" -rf`, Who: Root, Private: true, After: look, Since: "2.42", Lacks: "a working --user=FILE"},
	{Args: `-r --uts="$dir/ns"`, Who: Root, Private: true, After: look, Since: "2.42", Lacks: "binding with --user"},
	{Args: `-r --net="$dir/ns" -f`, Who: Root, Private: true, After: look, Ignore: "mounts", Since: "2.42", Lacks: "binding with --user"},
	{Args: `--uts="$dir/ns" -f`, Who: Root, Private: true, After: look, Ignore: "mounts"},
	{Args: `--uts="$dir/ns" --net="$dir/plain" -f`, Who: Root, Private: true, After: look, Ignore: "mounts"},
	{Args: `--uts="$dir/plain" --uts="$dir/ns"`, Who: Root, Private: true, After: look},
	{Args: `--uts="$dir/ns" -S 1003 -G 1003`, Who: Root, Private: true, After: look},
	{Args: `--uts="$dir/ns" -R "$tree"`, Who: Root, Private: true, After: look},
	{Args: `--uts="$dir/ns"`, Program: "sh -c 'hostname kept'", Who: Root, Private: true, After: `nsenter --uts="$dir/ns" hostname`},
	{Args: `--uts="$dir/ns"`, Program: "sh -c 'exit 7'", Who: Root, Private: true, After: look},
	{Args: `--uts="$dir/ns"`, Program: "nosuch", Who: Root, Private: true, After: look, Differs: "bound first", Want: Observation{"out": ""}},
	{Args: `--uts=/nosuch`, Who: Root, Private: true, After: look},
	{Args: `--uts="$dir/folder"`, Who: Root, Private: true, After: look},
	{Args: `--uts=`, Who: Root, Private: true, After: look},
	{Args: `-f --uts=/nosuch`, Who: Root, Private: true, Differs: "bound first", Want: refused("1")},
	{Args: `-pf --net=/nosuch --mount-proc`, Who: Root, Private: true, Differs: "bound first", Want: refused("1")},
	{Args: "", Program: pinned(`mount --make-rshared /; "$0" --mount="$dir/ns" echo in it; ` + look), Who: Root},
}

// pinned runs commands in a mount namespace of their own, and on one processor: the kernel gives
// namespaces numbers that grow on each processor only, and binds no mount namespace that does not
// have a higher one than its own (mnt_ns_loop in fs/namespace.c, as of Linux 6.18).
func pinned(commands string) string {
	return `taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" unshare -m --propagation private sh -c '` +
		strings.ReplaceAll(commands, "'", `'\''`) + `' "$0"`
}

// look says what is bound on which file.
const look = `awk -v d="$dir/" '/nsfs/ { sub(d, "", $5); print $4, $5 }' /proc/self/mountinfo`
