package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// needSubIDs is for tests that need the account with sub-ids that root gives the tests.
func needSubIDs(t *testing.T) {
	t.Helper()
	text, _ := os.ReadFile("/etc/subuid")
	if !strings.Contains(string(text), asuser.SubIDs) {
		asuser.Skip(t, "only root can give the tests an account with sub-ids")
	}
}

// columns is a map of /proc as it is asked for.
func columns(text string) string {
	var lines []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		lines = append(lines, strings.Join(words(line), " "))
	}
	return strings.Join(lines, ", ")
}

// All ranges of a user are used, and the helpers of shadow-utils write them.
func TestSubIDs(t *testing.T) {
	needSubIDs(t)
	me := os.Getuid()
	for _, c := range []struct{ args, want string }{
		{"--map-auto", "0 2000000 65536, 65536 3000000 1000"},
		{"--map-auto -r", fmt.Sprintf("0 %d 1, 1 2000000 65536, 65537 3000000 1000", me)},
		{"--map-auto -c", fmt.Sprintf("%d %d 1, 0 2000000 %d, %d %d %d, 65537 3000000 1000", me, me, me, me+1, 2000000+me, 65536-me)},
		{"--map-subids -r", fmt.Sprintf("0 %d 1, 2000000 2000000 65536, 3000000 3000000 1000", me)},
		{"--map-users=auto --map-group=0", "0 2000000 65536, 65536 3000000 1000"},
		{"--map-users=5:2000000:10 --map-users=50:2000010:10 --map-groups=auto", "5 2000000 10, 50 2000010 10"},
		{"--map-users=2000000,5,10 -r", fmt.Sprintf("0 %d 1, 5 2000000 10", me)},
	} {
		r := run(t, append(words(c.args), "cat", "/proc/self/uid_map")...)
		if r.status != 0 || columns(r.out) != c.want {
			t.Errorf("%s maps %q, want %q: %+v", c.args, columns(r.out), c.want, r)
		}
	}
}

// With a map of many groups setgroups stays allowed, and ids can really be changed to.
func TestSubIDsAreUsable(t *testing.T) {
	needSubIDs(t)
	run(t, "--map-auto", "-r", "cat", "/proc/self/setgroups").want(t, "allow\n")
	run(t, "--map-auto", "-r", "-S", "7", "-G", "8", "sh", "-c", "id -u; id -g; id -G").want(t, "7\n8\n8\n")
	run(t, "--map-auto", "-r", "--setgroups=deny", "cat", "/proc/self/setgroups").want(t, "deny\n")
	run(t, "-rm", "--map-auto", "-l", rule(t, "arm64"), "--root="+tree("arm64"), "/bin/sh", "-c", "uname -m; cat /proc/self/gid_map | wc -l").want(t, "aarch64\n3\n")
	home := os.Getenv("HOME")
	run(t, "--map-auto", "-r", "sh", "-c", "cd "+home+" && touch f && chown 5:6 f && stat -c %u:%g f && rm f").want(t, "5:6\n")
}

// The best map there is: sub-ids where they can be mapped, or else one id and what makes up for it.
// It is told which.
func TestMapAuto(t *testing.T) {
	needSubIDs(t)
	me := os.Getuid()
	const script = "cat /proc/self/uid_map; grep Seccomp: /proc/self/status"
	fake := exec.Command("setpriv", "--no-new-privs", binary(), "--verbose", "--map=auto", "sh", "-c", script)
	for _, c := range []struct {
		cmd        *exec.Cmd
		want, note string
	}{
		{exec.Command(binary(), "--map=auto", "sh", "-c", script), fmt.Sprintf("0 %d 1, 1 2000000 65536, 65537 3000000 1000, Seccomp: 0", me), ""},
		{exec.Command(binary(), "--map=subids", "sh", "-c", script), fmt.Sprintf("0 %d 1, 1 2000000 65536, 65537 3000000 1000, Seccomp: 0", me), ""},
		{exec.Command(binary(), "--map=root", "sh", "-c", script), fmt.Sprintf("0 %d 1, Seccomp: 0", me), ""},
		{exec.Command(binary(), "--map=current", "sh", "-c", script), fmt.Sprintf("%d %d 1, Seccomp: 0", me, me), ""},
		{fake, fmt.Sprintf("0 %d 1, Seccomp: 2", me), "xunshare: note: only one id is mapped: /usr/bin/newuidmap cannot map ids: programs started here get no new privileges"},
	} {
		r := finish(t, c.cmd)
		if r.status != 0 || columns(r.out) != c.want || !strings.HasPrefix(r.err, c.note) {
			t.Errorf("%v: %+v, want %q and %q", c.cmd.Args, r, c.want, c.note)
		}
	}
	for ids, args := range map[string][]string{"subids": {"--map=auto", "true"}, "": {"-r", "true"}} {
		_, objects := withStatus(t, args...)
		if got, _ := objects[0]["ids"].(string); got != ids {
			t.Errorf("%q: announced %v", args, objects[0])
		}
	}
}

// A helper that fails or is killed ends the launch; what it said is in the error; the program never
// starts.
func TestHelperFails(t *testing.T) {
	needSubIDs(t)
	for script, want := range map[string]string{
		"echo no way >&2; exit 3": "map the users: newuidmap: exit status 3: no way",
		"kill -9 $$":              "map the users: newuidmap: signal: killed",
	} {
		path := t.TempDir()
		for name, text := range map[string]string{"newuidmap": script, "newgidmap": "exec /usr/bin/newgidmap \"$@\""} {
			if err := os.WriteFile(path+"/"+name, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(binary(), "--map-auto", "echo", "started")
		cmd.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
		if r := finish(t, cmd); r.status != 1 || r.out != "" || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v, want %q", script, r, want)
		}
	}
}

// manyRanges are options for as many ranges, none of which adjoins another.
func manyRanges(n int) (options []string) {
	for i := range n {
		options = append(options, fmt.Sprintf("--map-users=%d:%d:1", 2*i, 2000000+2*i))
	}
	return options
}

func TestBadSubIDs(t *testing.T) {
	needSubIDs(t)
	for _, c := range []struct {
		args, says string
		status     int
	}{
		{"--map-users=0:0:10 true", "map the users: newuidmap:", 1},
		{"--map-users=0:0:10 true", "hint: you can map only your sub-ids", 1},
		{"--map-users=x true", "it has to be INNER:OUTER:COUNT", 1},
		{"--map-users=0:0:0 true", "the count is 0", 1},
		{"--map-users=auto --map-users=0:2000000:5 true", "overlap", 1},
		{"--map-users=auto --map-users=0:2000000:5 true", "hint: each id can be mapped once", 1},
		{strings.Join(manyRanges(341), " ") + " true", "the id map has 341 extents, the kernel takes 340\nxunshare: hint: each id", 1},
		{"--map-users=all true", "newuidmap", 1},
	} {
		if r := run(t, words(c.args)...); r.status != c.status || !strings.Contains(r.err, c.says) || r.out != "" {
			t.Errorf("%s: %+v, want status %d, %q", c.args, r, c.status, c.says)
		}
	}
	for path, want := range map[string]string{"/nosuch": "newuidmap"} {
		cmd := exec.Command(binary(), "--map-auto", "/bin/true")
		cmd.Env = []string{"PATH=" + path}
		if r := finish(t, cmd); r.status == 0 || !strings.Contains(r.err, want) || !strings.Contains(r.err, "hint: ") {
			t.Errorf("PATH=%s: %+v, want %q", path, r, want)
		}
	}
	r := finish(t, exec.Command("setpriv", "--no-new-privs", binary(), "--map-auto", "true"))
	if r.status != 1 || !strings.Contains(r.err, "no_new_privs") {
		t.Errorf("with no_new_privs: %+v", r)
	}
}

// badHelpers is a PATH in which newuidmap and newgidmap are programs that refuse.
func badHelpers(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	for _, name := range []string{"newuidmap", "newgidmap"} {
		if err := os.WriteFile(path+"/"+name, []byte("#!/bin/sh\necho no way >&2; exit 3\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return "PATH=" + path + ":" + os.Getenv("PATH")
}

// A launch that is tried again without sub-ids, because a helper has refused them, is one to the
// caller: nothing is said twice, and no namespace is kept twice, or of a launch that came to
// nothing.
func TestHelperRefuses(t *testing.T) {
	needSubIDs(t)
	cmd := exec.Command(binary(), "--verbose", "--into="+tree("arm64"), "/bin/true")
	cmd.Env = append(os.Environ(), badHelpers(t))
	r := finish(t, cmd)
	for _, want := range []string{"--arch=auto: aarch64", "aarch64: QEMU", "no resolv.conf", "the kernel is to follow the rules", "newuidmap: exit status 3: no way"} {
		if r.status != 0 || strings.Count(r.err, want) != 1 {
			t.Errorf("%+v, want %q once", r, want)
		}
	}
	file := t.TempDir() + "/ns"
	os.WriteFile(file, nil, 0o644)
	for options, want := range map[string]string{"--map=auto": "1\n", "--map-auto": "0\n"} {
		script := binary() + " " + options + " --uts=" + file + " true 2>/dev/null; grep -c " + file + " /proc/self/mountinfo; true"
		cmd := exec.Command(binary(), "-cm", "--keep-caps", "env", badHelpers(t), "sh", "-c", script)
		finish(t, cmd).want(t, want)
	}
}

// A namespace is kept when the child has entered it, and not before.
func TestKeptTimeNamespace(t *testing.T) {
	file := t.TempDir() + "/ns"
	os.WriteFile(file, nil, 0o644)
	const script = `for i in 1 2 3 4 5 6 7 8; do
		inside=$(timeout -s KILL 9 $0 $1 --fork --time=$2 readlink /proc/self/ns/time)
		kept=$(stat -Lc 'time:[%i]' $2)
		test "$inside" = "$kept" || echo "$inside is not $kept"
		umount $2
	done`
	for _, options := range []string{"-i", "--map-users=all"} {
		run(t, "-rm", "sh", "-c", script, binary(), options, file).want(t, "")
	}
}
