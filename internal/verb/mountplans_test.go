package verb_test

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/verb"
)

// mountPlans are those of TestPlans that are about mounts in a tree.
var mountPlans = map[string]testPlan{
	"open path and bind":   {steps: mounting("cat /tmp/hostname", verb.OpenPath{"/", "root"}, verb.Bind{From: "root", Path: "/etc", To: "/tmp"}, verb.Close{"root"}), want: hostname()},
	"bind the root":        {steps: mounting("cat /tmp/etc/hostname", verb.OpenPath{"/", "root"}, verb.Bind{From: "root", Path: "/", To: "/tmp"}), want: hostname()},
	"bind a file":          {steps: mounting("cat /etc/passwd", verb.Bind{Path: "/etc/hostname", To: "/etc/passwd"}), want: hostname()},
	"bind a link":          {steps: mounting("true", verb.Bind{Path: "/proc/self/cwd", To: "/tmp"}), exit: 99, want: "mount it: move_mount /tmp"},
	"bind fails":           {steps: mounting("true", verb.Bind{Path: "/nosuch", To: "/tmp"}), exit: 99, want: "mount it: open_tree /nosuch: no such file"},
	"bind on nothing":      {steps: mounting("true", verb.Bind{Path: "/etc", To: "/nosuch"}), exit: 99, want: "mount it: move_mount /nosuch: no such file"},
	"bind read-only":       {steps: mounting("echo >$HOME/here && echo >/mnt/x", homeReadOnly), exit: 2, want: "Read-only file system"},
	"bind once, read-only": {steps: mounting("echo >$HOME/here && echo fine", homeReadOnly), want: "fine\n"},
	"read-only, all":       {steps: mounting("echo >/tmp/x", tmpfs("/tmp"), verb.SetAttributes{Path: "/", Attributes: unix.MOUNT_ATTR_RDONLY, Recursive: true}), exit: 2, want: "Read-only file system"},
	"read-only, one":       {steps: mounting("echo >/tmp/x && echo fine", tmpfs("/tmp"), verb.SetAttributes{Path: "/", Attributes: unix.MOUNT_ATTR_RDONLY}), want: "fine\n"},
	"read-only descriptor": {steps: mounting("echo >/tmp/x", newTmpfs, verb.SetAttributes{Of: "new", Attributes: unix.MOUNT_ATTR_RDONLY}, verb.MoveMount{From: "new", To: "/tmp"}), exit: 2, want: "Read-only file system"},
	"attributes fail":      {steps: mounting("true", verb.SetAttributes{Path: "/nosuch", Attributes: unix.MOUNT_ATTR_RDONLY}), exit: 99, want: "mount_setattr /nosuch: no such file"},
	"new mount's options": {steps: mounting("stat -c %a /tmp", verb.NewMount{Type: "tmpfs", Options: []string{"mode=741"}, As: "new"},
		verb.MoveMount{From: "new", To: "/tmp"}), want: "741\n"},
	"new mount's option fails": {steps: mounting("true", verb.NewMount{Type: "tmpfs", Options: []string{"nosuch"}, As: "new"}), exit: 99, want: "fsconfig nosuch: invalid argument"},

	"layer":            {steps: inLayer("cd /tmp; cat d/x f l; stat -c '%a %F' . d f l anew; rmdir anew; ls -A"), want: "x\nf\nx\n751 directory\n755 directory\n644 regular file\n777 symbolic link\n1777 directory\nd\nf\nl\n"},
	"layer takes more": {steps: inLayer("cat /tmp/new/hostname", verb.MakeDir{Path: "/tmp/new", Mode: 0o755}, verb.Bind{Path: "/etc", To: "/tmp/new"}), want: hostname()},
	"layer on a mount": {steps: inLayer("ls /tmp", verb.NewMount{Type: "tmpfs", As: "new"}, verb.MoveMount{From: "new", To: "/tmp"}, verb.Layer{On: "new", Mode: 0o755}, verb.MakeFile{Path: "/tmp/only"}), want: "only\n"},
	"layer's name":     {steps: inLayer("ls /tmp", verb.Layer{Path: "/tmp", As: "kept"}, verb.Close{"kept"}), want: ""},
	"layer fails":      {steps: mounting("true", verb.Layer{Path: "/nosuch"}), exit: 99, want: "open /nosuch: no such file"},
	"layer on a file":  {steps: mounting("true", verb.Layer{Path: "/etc/passwd"}), exit: 99, want: "open /etc/passwd: not a directory"},

	"mkdir":          {steps: mounting("stat -c %a /tmp/d", tmpfs("/tmp"), verb.MakeDir{Path: "/tmp/d", Mode: 0o1777}), want: "1777\n"},
	"mkdir again":    {steps: mounting("stat -c %a /tmp/d", tmpfs("/tmp"), verb.MakeDir{Path: "/tmp/d", Mode: 0o711}, verb.MakeDir{Path: "/tmp/d", Mode: 0o700, Existing: true}), want: "711\n"},
	"chmod":          {steps: mounting("stat -c %a /tmp/f", tmpfs("/tmp"), verb.MakeFile{Path: "/tmp/f"}, verb.Chmod{Path: "/tmp/f", Mode: 0o751}, verb.Chmod{Path: "/nosuch", Optional: true}), want: "751\n"},
	"mkdir fails":    {steps: mounting("true", tmpfs("/tmp"), verb.MakeDir{Path: "/tmp/d/e", Mode: 0o755}), exit: 99, want: "mkdirat /tmp/d/e: no such file"},
	"mkdir exists":   {steps: mounting("true", verb.MakeDir{Path: "/tmp", Mode: 0o755}), exit: 99, want: "mkdirat /tmp: file exists"},
	"symlink":        {steps: mounting("cat /tmp/l", tmpfs("/tmp"), verb.Symlink{"/etc/hostname", "/tmp/l"}), want: hostname()},
	"unlink":         {steps: mounting("ls -A /tmp; echo end", tmpfs("/tmp"), verb.MakeFile{Path: "/tmp/f"}, verb.Unlink{Path: "/tmp/f"}), want: "end\n"},
	"unlink fails":   {steps: mounting("true", verb.Unlink{Path: "/nosuch"}), exit: 99, want: "unlinkat /nosuch: no such file"},
	"reopen":         {steps: mounting("readlink /proc/self/fd/0", verb.Reopen{"/dev/zero", 0, unix.O_RDONLY}), want: "/dev/zero\n"},
	"reopen fails":   {steps: mounting("readlink /proc/self/fd/0", verb.Reopen{"/dev/zero", 0, unix.O_RDONLY}, verb.Reopen{"/nosuch", 0, unix.O_RDONLY}), want: "/dev/zero\n"},
	"bequeath":       {steps: mounting("cat /proc/self/fd/99/hostname", verb.OpenPath{Path: "/etc", As: "etc"}, verb.Bequeath{FD: "etc", Number: 99}), want: hostname()},
	"bequeath fails": {steps: mounting("true", verb.OpenPath{Path: "/etc", As: "etc"}, verb.Bequeath{FD: "etc", Number: 1 << 30}), exit: 99, want: "dup3: bad file descriptor"},
	"optional chdir": {steps: mounting("exit 3", verb.Chdir{Path: "/nosuch", Optional: true}), exit: 3},

	"try, the first will do": {steps: mounting("stat -f -c %T /tmp; ls -A /tmp", verb.Try{First: tmpfs("/tmp"), Else: []verb.Call{verb.Bind{Path: "/etc", To: "/tmp"}}}), want: "tmpfs\n"},
	"try, and what follows": {steps: mounting("cat /tmp/x/hostname", verb.Try{First: tmpfs("/tmp"), Then: []verb.Call{verb.MakeDir{Path: "/tmp/x", Mode: 0o755}, verb.Bind{Path: "/etc", To: "/tmp/x"}}, Else: []verb.Call{verb.Chdir{Path: "/nosuch"}}}),
		want: hostname()},
	"try, the second": {steps: mounting("cat /tmp/hostname /mnt/hostname", verb.Try{First: forbidden, Else: []verb.Call{verb.Bind{Path: "/etc", To: "/tmp"}, verb.Bind{Path: "/etc", To: "/mnt"}}}),
		want: hostname() + hostname()},
	"try, any error": {steps: mounting("cat /tmp/hostname", verb.Try{First: verb.Chdir{Path: "/nosuch"}, Any: true, Else: []verb.Call{verb.Bind{Path: "/etc", To: "/tmp"}}}),
		want: hostname()},
	"try, both fail":     {steps: mounting("true", verb.Try{First: forbidden, Else: []verb.Call{verb.Chdir{Path: "/nosuch"}}}), exit: 99, want: "mount it: chdir /nosuch"},
	"try, another error": {steps: mounting("true", verb.Try{First: tmpfs("/nosuch"), Else: []verb.Call{verb.Chdir{Path: "/"}}}), exit: 99, want: "mount it: mount /nosuch: no such file"},
	"try, no mount":      {steps: mounting("pwd", verb.Try{First: verb.Hostname{"x"}, Else: []verb.Call{verb.Chdir{Path: "/etc"}}}), want: "/etc\n"}, // of the namespace outside
	"try, under an init": {steps: underInit("pwd", verb.Try{First: forbidden, Else: []verb.Call{verb.Chdir{Path: "/etc"}}}), want: "/etc\n"},
	"say":                {steps: mounting("echo after", verb.Try{First: forbidden, Else: []verb.Call{verb.Say{"before\n"}}}), want: "before\nafter\n"},
	"a layer of a layer": {steps: inLayer("cat /tmp/d/x /tmp/f", verb.Layer{Path: "/tmp", Mode: 0o755, Entries: entries}), want: "x\nf\n"},
	"many descriptors":   {steps: mounting("echo fine", manyDescriptors(machine.MaxSlots-1)...), want: "fine\n"},
	"hostname":           {steps: sethostname("box"), want: "box\n"},
	"hostname fails":     {steps: mounting("true", verb.Hostname{"box"}), exit: 99, want: "sethostname box: operation not permitted"},
	"no new privileges":  {steps: mounting("grep NoNewPrivs /proc/self/status", verb.NoNewPrivileges{}), want: "NoNewPrivs:\t1\n"},
}

// homeReadOnly is the tests' folder on /mnt.
var homeReadOnly = verb.Bind{Path: os.Getenv("HOME"), To: "/mnt", Attributes: unix.MOUNT_ATTR_RDONLY}

// forbidden is a mount that the kernel refuses to a user namespace (EPERM): its type belongs to the
// administrator.
var forbidden = verb.Mount{Source: "none", Target: "/tmp", Type: "debugfs"}

// mounting is mapped with a group too: making files takes one.
func mounting(text string, calls ...verb.Call) func() []verb.Step {
	return mapped(text, append([]verb.Call{
		verb.WriteFile{Path: "/proc/self/setgroups", Text: "deny"},
		verb.WriteFile{Path: "/proc/self/gid_map", Text: fmt.Sprintf("0 %d 1", os.Getgid())}}, calls...)...)
}

var entries = []verb.Entry{{Name: "d", Kind: verb.Dir}, {Name: "f"}, {Name: "gone"}, {Name: "gone too", Kind: verb.Dir}, {Name: "anew", Kind: verb.Dir, Anew: 0o1777}, {Name: "l", Kind: verb.Link, Link: "d/x"}}

// inLayer runs a script in /tmp, which has a directory d with a file x in it, a file f and a link
// l, all seen through a layer.
func inLayer(text string, calls ...verb.Call) func() []verb.Step {
	return func() []verb.Step {
		home := os.Getenv("HOME") + "/layered"
		for _, err := range []error{os.MkdirAll(home+"/d", 0o700), os.Chmod(home+"/d", 0o755),
			os.WriteFile(home+"/d/x", []byte("x\n"), 0o644), os.WriteFile(home+"/f", []byte("f\n"), 0o644)} {
			if err != nil {
				panic(err)
			}
		}
		calls = append([]verb.Call{verb.Bind{Path: home, To: "/tmp"}, verb.Layer{Path: "/tmp", Mode: 0o751, Entries: entries}}, calls...)
		return mounting(text, calls...)()
	}
}

func manyDescriptors(n int) (calls []verb.Call) {
	for i := range n {
		calls = append(calls, verb.OpenPath{"/", verb.FD(fmt.Sprint(i))})
	}
	return calls
}

func sethostname(name string) func() []verb.Step {
	return func() []verb.Step {
		steps := mounting("hostname", verb.Hostname{name})()
		steps[0].Call = verb.Clone{newUser | unix.CLONE_NEWUTS}
		return steps
	}
}
