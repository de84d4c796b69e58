package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mountPlans are those of TestPlans that are about mounts in a tree.
var mountPlans = map[string]testPlan{
	"open path and bind":   {steps: mounting("cat /tmp/hostname", OpenPath{"/", "root"}, Bind{From: "root", Path: "/etc", To: "/tmp"}, Close{"root"}), want: hostname()},
	"bind the root":        {steps: mounting("cat /tmp/etc/hostname", OpenPath{"/", "root"}, Bind{From: "root", Path: "/", To: "/tmp"}), want: hostname()},
	"bind a file":          {steps: mounting("cat /etc/passwd", Bind{Path: "/etc/hostname", To: "/etc/passwd"}), want: hostname()},
	"bind a link":          {steps: mounting("true", Bind{Path: "/proc/self/cwd", To: "/tmp"}), exit: 99, want: "mount it: move_mount /tmp"},
	"bind fails":           {steps: mounting("true", Bind{Path: "/nosuch", To: "/tmp"}), exit: 99, want: "mount it: open_tree /nosuch: no such file"},
	"bind on nothing":      {steps: mounting("true", Bind{Path: "/etc", To: "/nosuch"}), exit: 99, want: "mount it: move_mount /nosuch: no such file"},
	"bind read-only":       {steps: mounting("echo >$HOME/here && echo >/mnt/x", homeReadOnly), exit: 2, want: "Read-only file system"},
	"bind once, read-only": {steps: mounting("echo >$HOME/here && echo fine", homeReadOnly), want: "fine\n"},
	"read-only, all":       {steps: mounting("echo >/tmp/x", tmpfs("/tmp"), SetAttributes{Path: "/", Attributes: unix.MOUNT_ATTR_RDONLY, Recursive: true}), exit: 2, want: "Read-only file system"},
	"read-only, one":       {steps: mounting("echo >/tmp/x && echo fine", tmpfs("/tmp"), SetAttributes{Path: "/", Attributes: unix.MOUNT_ATTR_RDONLY}), want: "fine\n"},
	"read-only descriptor": {steps: mounting("echo >/tmp/x", newTmpfs, SetAttributes{Of: "new", Attributes: unix.MOUNT_ATTR_RDONLY}, MoveMount{From: "new", To: "/tmp"}), exit: 2, want: "Read-only file system"},
	"attributes fail":      {steps: mounting("true", SetAttributes{Path: "/nosuch", Attributes: unix.MOUNT_ATTR_RDONLY}), exit: 99, want: "mount_setattr /nosuch: no such file"},
	"new mount's options": {steps: mounting("stat -c %a /tmp", NewMount{Type: "tmpfs", Options: []string{"mode=741"}, As: "new"},
		MoveMount{From: "new", To: "/tmp"}), want: "741\n"},
	"new mount's option fails": {steps: mounting("true", NewMount{Type: "tmpfs", Options: []string{"nosuch"}, As: "new"}), exit: 99, want: "fsconfig nosuch: invalid argument"},

	"layer":            {steps: inLayer("cd /tmp; cat d/x f l; stat -c '%a %F' . d f l anew; rmdir anew; ls -A"), want: "x\nf\nx\n751 directory\n755 directory\n644 regular file\n777 symbolic link\n1777 directory\nd\nf\nl\n"},
	"layer takes more": {steps: inLayer("cat /tmp/new/hostname", MakeDir{Path: "/tmp/new", Mode: 0o755}, Bind{Path: "/etc", To: "/tmp/new"}), want: hostname()},
	"layer on a mount": {steps: inLayer("ls /tmp", NewMount{Type: "tmpfs", As: "new"}, MoveMount{From: "new", To: "/tmp"}, Layer{On: "new", Mode: 0o755}, MakeFile{Path: "/tmp/only"}), want: "only\n"},
	"layer's name":     {steps: inLayer("ls /tmp", Layer{Path: "/tmp", As: "kept"}, Close{"kept"}), want: ""},
	"layer fails":      {steps: mounting("true", Layer{Path: "/nosuch"}), exit: 99, want: "open /nosuch: no such file"},
	"layer on a file":  {steps: mounting("true", Layer{Path: "/etc/passwd"}), exit: 99, want: "open /etc/passwd: not a directory"},

	"mkdir":          {steps: mounting("stat -c %a /tmp/d", tmpfs("/tmp"), MakeDir{Path: "/tmp/d", Mode: 0o1777}), want: "1777\n"},
	"mkdir again":    {steps: mounting("stat -c %a /tmp/d", tmpfs("/tmp"), MakeDir{Path: "/tmp/d", Mode: 0o711}, MakeDir{Path: "/tmp/d", Mode: 0o700, Existing: true}), want: "711\n"},
	"chmod":          {steps: mounting("stat -c %a /tmp/f", tmpfs("/tmp"), MakeFile{Path: "/tmp/f"}, Chmod{Path: "/tmp/f", Mode: 0o751}, Chmod{Path: "/nosuch", Optional: true}), want: "751\n"},
	"mkdir fails":    {steps: mounting("true", tmpfs("/tmp"), MakeDir{Path: "/tmp/d/e", Mode: 0o755}), exit: 99, want: "mkdirat /tmp/d/e: no such file"},
	"mkdir exists":   {steps: mounting("true", MakeDir{Path: "/tmp", Mode: 0o755}), exit: 99, want: "mkdirat /tmp: file exists"},
	"symlink":        {steps: mounting("cat /tmp/l", tmpfs("/tmp"), Symlink{"/etc/hostname", "/tmp/l"}), want: hostname()},
	"unlink":         {steps: mounting("ls -A /tmp; echo end", tmpfs("/tmp"), MakeFile{Path: "/tmp/f"}, Unlink{Path: "/tmp/f"}), want: "end\n"},
	"unlink fails":   {steps: mounting("true", Unlink{Path: "/nosuch"}), exit: 99, want: "unlinkat /nosuch: no such file"},
	"reopen":         {steps: mounting("readlink /proc/self/fd/0", Reopen{"/dev/zero", 0, unix.O_RDONLY}), want: "/dev/zero\n"},
	"reopen fails":   {steps: mounting("readlink /proc/self/fd/0", Reopen{"/dev/zero", 0, unix.O_RDONLY}, Reopen{"/nosuch", 0, unix.O_RDONLY}), want: "/dev/zero\n"},
	"optional chdir": {steps: mounting("exit 3", Chdir{Path: "/nosuch", Optional: true}), exit: 3},

	"try, the first will do": {steps: mounting("stat -f -c %T /tmp; ls -A /tmp", Try{tmpfs("/tmp"), nil, []Call{Bind{Path: "/etc", To: "/tmp"}}}), want: "tmpfs\n"},
	"try, and what follows": {steps: mounting("cat /tmp/x/hostname", Try{tmpfs("/tmp"), []Call{MakeDir{Path: "/tmp/x", Mode: 0o755}, Bind{Path: "/etc", To: "/tmp/x"}}, []Call{Chdir{Path: "/nosuch"}}}),
		want: hostname()},
	"try, the second": {steps: mounting("cat /tmp/hostname /mnt/hostname", Try{forbidden, nil, []Call{Bind{Path: "/etc", To: "/tmp"}, Bind{Path: "/etc", To: "/mnt"}}}),
		want: hostname() + hostname()},
	"try, both fail":     {steps: mounting("true", Try{forbidden, nil, []Call{Chdir{Path: "/nosuch"}}}), exit: 99, want: "mount it: chdir /nosuch"},
	"try, another error": {steps: mounting("true", Try{tmpfs("/nosuch"), nil, []Call{Chdir{Path: "/"}}}), exit: 99, want: "mount it: mount /nosuch: no such file"},
	"try, no mount":      {steps: mounting("pwd", Try{Hostname{"x"}, nil, []Call{Chdir{Path: "/etc"}}}), want: "/etc\n"}, // of the namespace outside
	"try, under an init": {steps: underInit("pwd", Try{forbidden, nil, []Call{Chdir{Path: "/etc"}}}), want: "/etc\n"},
	"say":                {steps: mounting("echo after", Try{forbidden, nil, []Call{Say{"before\n"}}}), want: "before\nafter\n"},
	"a layer of a layer": {steps: inLayer("cat /tmp/d/x /tmp/f", Layer{Path: "/tmp", Mode: 0o755, Entries: entries}), want: "x\nf\n"},
	"many descriptors":   {steps: mounting("echo fine", manyDescriptors(maxSlots-1)...), want: "fine\n"},
	"hostname":           {steps: sethostname("box"), want: "box\n"},
	"hostname fails":     {steps: mounting("true", Hostname{"box"}), exit: 99, want: "sethostname box: operation not permitted"},
	"no new privileges":  {steps: mounting("grep NoNewPrivs /proc/self/status", NoNewPrivileges{}), want: "NoNewPrivs:\t1\n"},
}

// homeReadOnly is the tests' folder on /mnt.
var homeReadOnly = Bind{Path: os.Getenv("HOME"), To: "/mnt", Attributes: unix.MOUNT_ATTR_RDONLY}

// forbidden is a mount that the kernel refuses to a user namespace (EPERM): its type belongs to the administrator.
var forbidden = Mount{Source: "none", Target: "/tmp", Type: "debugfs"}

// mounting is mapped with a group too: who makes files needs one.
func mounting(text string, calls ...Call) func() []Step {
	return mapped(text, append([]Call{
		WriteFile{Path: "/proc/self/setgroups", Text: "deny"},
		WriteFile{Path: "/proc/self/gid_map", Text: fmt.Sprintf("0 %d 1", os.Getgid())}}, calls...)...)
}

var entries = []Entry{{Name: "d", Kind: Dir}, {Name: "f"}, {Name: "gone"}, {Name: "gone too", Kind: Dir}, {Name: "anew", Kind: Dir, Anew: 0o1777}, {Name: "l", Kind: Link, Link: "d/x"}}

// inLayer runs a script in /tmp, which has a directory d with a file x in it, a file f and a link l, all seen through a layer.
func inLayer(text string, calls ...Call) func() []Step {
	return func() []Step {
		home := os.Getenv("HOME") + "/layered"
		for _, err := range []error{os.MkdirAll(home+"/d", 0o700), os.Chmod(home+"/d", 0o755),
			os.WriteFile(home+"/d/x", []byte("x\n"), 0o644), os.WriteFile(home+"/f", []byte("f\n"), 0o644)} {
			if err != nil {
				panic(err)
			}
		}
		calls = append([]Call{Bind{Path: home, To: "/tmp"}, Layer{Path: "/tmp", Mode: 0o751, Entries: entries}}, calls...)
		return mounting(text, calls...)()
	}
}

func manyDescriptors(n int) (calls []Call) {
	for i := range n {
		calls = append(calls, OpenPath{"/", FD(fmt.Sprint(i))})
	}
	return calls
}

func sethostname(name string) func() []Step {
	return func() []Step {
		steps := mounting("hostname", Hostname{name})()
		steps[0].Call = Clone{newUser | unix.CLONE_NEWUTS}
		return steps
	}
}
