package difftest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// facts are what is so for the caller. They make words of the numbers in an observation.
type facts struct {
	namespaces map[string]string // by their names in /proc/self/ns
	places     map[string]string // names of directories by device and inode
	session    int
	subIDs     bool   // the user is the one whom asuser gives sub-ids
	hostRoot   string // type and options of the mount that the tree is on
}

// kinds are the namespaces of /proc/self/ns.
var kinds = [...]string{"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"}

func lookAround(t *testing.T, b *bench) facts {
	t.Helper()
	f := facts{namespaces: map[string]string{}, places: map[string]string{}}
	for _, kind := range kinds {
		link, err := os.Readlink("/proc/self/ns/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		f.namespaces[kind] = link
	}
	for name, path := range map[string]string{"host root": "/", "tree": b.tree, "dir": b.dir, "usr of the tree": b.tree + "/usr"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		f.places[fmt.Sprintf("%d:%d", st.Dev, st.Ino)] = name
	}
	f.session, _ = unix.Getsid(0)
	subids, _ := os.ReadFile("/etc/subuid")
	f.subIDs = strings.Contains(string(subids), asuser.SubIDs)
	f.hostRoot = mountOf(b.tree)
	return f
}

// mountOf is the line of mountinfo for the mount that path is on, as a mount on "/".
func mountOf(path string) string {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	mounts := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		mounts[fields[4]] = mountLine(fields)
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		if line, ok := mounts[dir]; ok {
			return "/" + strings.TrimPrefix(line, dir)
		}
	}
}

// mountLine is a line of mountinfo without what is a number: where, how, the kinds of propagation,
// and the type.
func mountLine(fields []string) string {
	words := []string{fields[4], fields[5]}
	rest := fields[6:]
	for len(rest) > 1 && rest[0] != "-" {
		kind, _, _ := strings.Cut(rest[0], ":")
		words, rest = append(words, kind), rest[1:]
	}
	return strings.Join(append(words, rest[1:2]...), " ")
}

// whose says who a process is, seen from the program.
func whose(pid string, launcher int) string {
	switch pid {
	case "0", "1":
		return pid
	case strconv.Itoa(launcher):
		return "launcher"
	case strconv.Itoa(os.Getpid()):
		return "caller"
	}
	return "other"
}
