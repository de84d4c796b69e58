package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An old root that is really gone leaves nested user namespaces possible.
func TestNestedNamespaces(t *testing.T) {
	run(t, "-rm", "--root="+tree(native), "/bin/unshare", "-U", "/bin/busybox", "id", "-u").want(t, "65534\n")
	root := withoutProc(t, native)
	os.Mkdir(root+"/proc", 0o755)
	copyFile(t, binary(), root+"/bin/xunshare")
	run(t, "-rpf", "--mount-proc", "--root="+root, "/bin/xunshare", "-r", "/bin/xunshare", "-rm", "/bin/id", "-u").want(t, "0\n")
}

// Nothing of the host can be reached from inside the root.
func TestRootIsAllThereIs(t *testing.T) {
	r := run(t, "-rmpf", "--mount-proc", "--root="+tree(native), "/bin/sh", "-c",
		"pwd; cd ../../..; pwd; ls -d /etc/hostname /lib 2>/dev/null; chroot ../.. pwd; grep -c . /proc/self/mountinfo")
	r.want(t, "/\n/\n/\n2\n")
}

// mountinfo of a tree that is on a mount with mounts below it has those too, and no more.
func TestWorkingDirectory(t *testing.T) {
	home := os.Getenv("HOME")
	for _, c := range []struct{ args, want string }{
		{"-r pwd", home},
		{"-r --wd=/usr pwd", "/usr"},
		{"-r --wd=.. pwd", filepath.Dir(home)},
		{"-rm --root=" + tree(native) + " pwd", "/"},
		{"-r --root=" + tree(native) + " pwd", "/"},
		{"-rm --root=" + tree(native) + " --wd=/usr/bin pwd", "/usr/bin"},
		{"-rm --root=" + tree(native) + " --wd=usr pwd", "/usr"},
		{"-r --root=" + tree(native) + " --wd=usr pwd", "/usr"},
	} {
		cmd := exec.Command(binary(), words(c.args)...)
		cmd.Dir = home
		finish(t, cmd).want(t, c.want+"\n")
	}
	// A relative root is one of the caller's directory.
	cmd := exec.Command(binary(), "-rm", "--root=trees/"+native, "/bin/sh", "-c", "pwd; ls -d usr")
	cmd.Dir = dir()
	finish(t, cmd).want(t, "/\nusr\n")
}

func TestIds(t *testing.T) {
	me := fmt.Sprint(os.Getuid())
	for _, c := range []struct{ args, want string }{
		{"-r id -u", "0"},
		{"-r id -g", "0"},
		{"-U id -u", "65534"},
		{"-c id -u", me},
		{"--map-user=5 id -u", "5"},
		{"--map-user=5 id -g", "65534"},
		{"--map-group=daemon id -gn", "daemon"},
		{"--map-user=nobody -r id -u", "0"},
		{"-r cat /proc/self/setgroups", "deny"},
		{"-U cat /proc/self/setgroups", "allow"},
		{"-U --setgroups=deny cat /proc/self/setgroups", "deny"},
		{"-r --setgroups=deny cat /proc/self/setgroups", "deny"},
	} {
		run(t, words(c.args)...).want(t, c.want+"\n")
	}
}

// Each namespace is new if it was asked for, and the caller's if not.
func TestNamespaces(t *testing.T) {
	all := "mnt uts ipc net pid_for_children cgroup time user"
	for option, kind := range map[string]string{"-rm": "mnt", "-ru": "uts", "-ri": "ipc", "-rn": "net",
		"-rpf": "pid_for_children", "-rC": "cgroup", "-rT": "time", "-r": "user", "-rTf": "time"} {
		for _, k := range words(all) {
			ours, err := os.Readlink("/proc/self/ns/" + k)
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, option, "readlink", "/proc/self/ns/"+k)
			isNew := strings.TrimSpace(r.out) != ours
			if r.status != 0 || isNew != (k == kind || k == "user") {
				t.Errorf("%s: namespace %s: new %v, status %d %s", option, k, isNew, r.status, r.err)
			}
		}
	}
}

func TestPids(t *testing.T) {
	run(t, "-rpf", "--mount-proc", "sh", "-c", "echo $$ /proc/[0-9]*").want(t, "1 /proc/1\n")
	run(t, "-rp", "sh", "-c", "sh -c 'echo $$'; true").want(t, "1\n")
	// Without --fork only the children are in the new namespace, and the first of them is all there
	// can be.
	if r := run(t, "-rp", "sh", "-c", "test $$ != 1 && sh -c true; sh -c true"); r.status == 0 || !strings.Contains(r.err, "fork") {
		t.Errorf("a second child: %+v", r)
	}
}

func TestPropagation(t *testing.T) {
	for option, want := range map[string]string{"private": "", "slave": "master:", "shared": "shared:", "unchanged": "master:"} {
		r := run(t, "-r", "sh", "-c", "exec \"$@\" cat /proc/self/mountinfo", "sh", binary(), "-rm", "--propagation=shared",
			binary(), "-rm", "--propagation="+option)
		root := ""
		for _, line := range strings.Split(r.out, "\n") {
			if f := words(line); len(f) > 6 && f[4] == "/" {
				root = f[6]
			}
		}
		if want == "" && root != "-" || !strings.HasPrefix(root, want) {
			t.Errorf("%s: the root mount says %q: %s%s", option, root, r.out, r.err)
		}
	}
}

func TestProgramLookup(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		os.MkdirAll(filepath.Dir(home+"/"+name), 0o755)
		if err := os.WriteFile(home+"/"+name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("a/tool", "#!/bin/sh\necho first\n", 0o644) // not executable: the search goes on
	write("b/tool", "#!/bin/sh\necho second $0 $1\n", 0o755)
	write("b/text", "echo text $1\n", 0o755)
	write("b/loop", "#!"+home+"/b/nosuch\n", 0o755)
	for _, c := range []struct {
		path, args, out, err string
		status               int
	}{
		{"a:b", "tool x", "second " + home + "/b/tool x\n", "", 0},
		{"a", "tool", "", "not executable", 126},
		{"b", "text y", "text y\n", "", 0},
		{"b", "nosuch", "", "there is no such program", 127},
		{"b", "loop", "", "is a script for " + home + "/b/nosuch, which is not there", 127},
		{"b", "/", "", "is a directory", 126},
		{"b", home + "/a/tool", "", "not executable", 126},
		{"b", home + "/b/tool/x", "", "not a directory", 126},
	} {
		cmd := exec.Command(binary(), append([]string{"-r"}, words(c.args)...)...)
		cmd.Env = []string{"PATH=" + home + "/" + strings.ReplaceAll(c.path, ":", ":"+home+"/")}
		r := finish(t, cmd)
		if r.status != c.status || r.out != c.out || !strings.Contains(r.err, c.err) {
			t.Errorf("PATH %s: %s: %+v, want %q %q %d", c.path, c.args, r, c.out, c.err, c.status)
		}
	}
	if r := run(t, "-r", "/bin/ls -l"); r.status != 127 || !strings.Contains(r.err, "put no quotes around all of them") {
		t.Errorf("%+v", r)
	}
}

func TestShell(t *testing.T) {
	for _, c := range []struct{ env, args, want string }{
		{"SHELL=/bin/busybox", "-rm --root=" + tree(native), ""},
		{"", "-rm --root=" + tree(native), "-sh /\n"},
		{"SHELL=/bin/sh", "-r --wd=/", "-sh /\n"},
	} {
		cmd := exec.Command(binary(), words(c.args)...)
		cmd.Env = []string{"PATH=/usr/bin:/bin", c.env}
		cmd.Stdin = strings.NewReader("echo $0 $PWD\n")
		if r := finish(t, cmd); r.out != c.want && c.want != "" {
			t.Errorf("%s %s: %+v, want %q", c.env, c.args, r, c.want)
		}
	}
	cmd := exec.Command(binary(), "-rm", "--root="+tree(native))
	cmd.Env = []string{"SHELL=/bin/nosuch"}
	if r := finish(t, cmd); r.status != 127 || !strings.Contains(r.err, "/bin/nosuch: there is no such program in "+tree(native)) {
		t.Errorf("a shell that is not there: %+v", r)
	}
}
