package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// finding is what --doctor=json says of one check.
type finding struct {
	Check, Result, Detail string
	Remedy                []string
}

// diagnosis reads what --doctor=json has printed.
func diagnosis(t *testing.T, r result) map[string]finding {
	t.Helper()
	var list []finding
	decoder := json.NewDecoder(strings.NewReader(r.out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil || len(list) == 0 {
		t.Fatalf("%v: %+v", err, r)
	}
	found := map[string]finding{}
	for _, f := range list {
		if f.Check == "" || f.Detail == "" || f.Remedy == nil || !slices.Contains([]string{"ok", "limited", "no"}, f.Result) {
			t.Errorf("%+v", f)
		}
		found[f.Check] = f
	}
	return found
}

// says fails the test unless the check has this result, with these words in its detail and
// remedies.
func says(t *testing.T, found map[string]finding, check, result string, words ...string) {
	t.Helper()
	f := found[check]
	text := f.Detail + "\n" + strings.Join(f.Remedy, "\n")
	if f.Result != result {
		t.Errorf("%s: %+v, want %s", check, f, result)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s does not say %q: %+v", check, word, f)
		}
	}
}

// doctor runs it and wants that sentence, or none if the main job works.
func doctor(t *testing.T, r result, want string) map[string]finding {
	t.Helper()
	status, stderr := 0, ""
	if want != "" {
		status, stderr = 1, "xunshare: an ordinary user cannot enter a foreign tree here, for want of: "+want+"\n"
	}
	if r.status != status || r.err != stderr {
		t.Errorf("status %d, %q, want %d, %q", r.status, r.err, status, stderr)
	}
	return diagnosis(t, r)
}

// Where the other tests work, the main job works, and whoever asks changes nothing.
func TestDoctor(t *testing.T) {
	mounts, before := text(t, "/proc/self/mountinfo"), entries(t, os.TempDir())
	run(t, "--version") // the program is new, and its first execution waits for the disk
	begin := time.Now()
	found := doctor(t, run(t, "--doctor=json"), "")
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
	for _, check := range []string{"kernel", "user-namespaces", "mounts", "proc", "binfmt_misc", "overlay", "set-id", "config", "emulator-aarch64"} {
		says(t, found, check, "ok")
	}
	if text(t, "/proc/self/mountinfo") != mounts || !slices.Equal(entries(t, os.TempDir()), before) {
		t.Error("something is left behind")
	}
	r := run(t, "--doctor")
	if r.status != 0 || r.err != "" || strings.Count(r.out, "\nok ") < 8 {
		t.Errorf("%+v", r)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), "go-") { // of others who work here
			names = append(names, e.Name())
		}
	}
	return names
}

// With sub-ids the helpers map them.
func TestDoctorSubIDs(t *testing.T) {
	needSubIDs(t)
	says(t, doctor(t, run(t, "--doctor=json"), ""), "id-maps", "ok", "66537 users and 66537 groups")
	r := finish(t, exec.Command("setpriv", "--no-new-privs", binary(), "--doctor=json"))
	found := doctor(t, r, "")
	says(t, found, "id-maps", "limited", "only one id is mapped", "no_new_privs", "NoNewPrivileges= of systemd")
	says(t, found, "set-id", "limited", "no_new_privs", "NoNewPrivileges= of systemd")
}

// The architectures that are named all have to work; of the common ones one has to.
func TestDoctorArches(t *testing.T) {
	found := doctor(t, run(t, "--doctor=json", "--arch=arm64"), "")
	if _, more := found["emulator-arm"]; more {
		t.Errorf("%v", found)
	}
	found = doctor(t, run(t, "--doctor=json", "--arch=arm64,s390x", "--emulator=s390x=/nosuch"), "emulators")
	says(t, found, "emulator-aarch64", "ok")
	says(t, found, "emulator-s390x", "no", "/nosuch")
	found = doctor(t, run(t, "--doctor=json", "--emulator=s390x=/nosuch", "--emulator=m68k=/nosuch"), "")
	says(t, found, "emulator-aarch64", "ok")
	says(t, found, "emulator-s390x", "no", "/nosuch")
	says(t, found, "emulator-m68k", "no", "/nosuch")
}

// sick runs it after a script has broken something, by root of a namespace.
func sick(t *testing.T, script string) result {
	t.Helper()
	return run(t, "-rm", "/bin/sh", "-c", script+"; exec "+binary()+" --doctor=json")
}

func TestDoctorLacking(t *testing.T) {
	found := doctor(t, sick(t, "for d in /usr/libexec/qemu-binfmt /run/binfmt /usr/local/bin /usr/bin; do [ ! -d $d ] || mount -t tmpfs none $d; done; PATH=/nosuch"), "emulators")
	says(t, found, "emulator-aarch64", "no", "no emulator for aarch64 was found", "--emulator=aarch64=PATH")
	says(t, found, "binfmt_misc", "ok")

	found = doctor(t, sick(t, "echo 0 >/proc/sys/user/max_user_namespaces"), "user-namespaces")
	says(t, found, "user-namespaces", "no", "no space left on device", "sysctl user.max_user_namespaces=")
	for _, check := range []string{"id-maps", "mounts", "proc", "overlay"} {
		says(t, found, check, "no", "needs user-namespaces")
	}

	found = doctor(t, sick(t, "mount -t tmpfs none /proc/fs"), "")
	says(t, found, "proc", "limited", "parts of /proc are masked here", "unmask=ALL")

	found = doctor(t, sick(t, "mount -t tmpfs none /proc"), "user-namespaces")
	says(t, found, "user-namespaces", "no", "/proc is not mounted here")
	says(t, found, "emulator-aarch64", "no", "needs user-namespaces")

	says(t, doctor(t, sick(t, "export XDG_CONFIG_HOME=conf"), ""), "config", "limited", "XDG_CONFIG_HOME=conf")
	says(t, doctor(t, sick(t, "export HOME=/nosuch; unset XDG_CONFIG_HOME"), ""), "config", "ok", "/nosuch/.config/xunshare")

	closed := t.TempDir()
	os.Mkdir(closed+"/xunshare", 0)
	t.Setenv("XDG_CONFIG_HOME", closed)
	says(t, doctor(t, run(t, "--doctor=json"), ""), "config", "limited", "permission denied", "chmod u+rwx "+closed+"/xunshare")
}

// In containers it says what a launch says.
func TestDoctorInContainer(t *testing.T) {
	found := doctor(t, docker.start(t, "xunshare --doctor=json --arch=arm64", "arm64"), "user-namespaces")
	says(t, found, "user-namespaces", "no", "clone: operation not permitted", "a seccomp filter is in force")
	found = doctor(t, podman.start(t, "xunshare --doctor=json --arch=arm64", "arm64"), "")
	says(t, found, "proc", "limited", "parts of /proc are masked here")
	says(t, found, "emulator-aarch64", "ok")
	found = doctor(t, dockerAdmin.start(t, "xunshare --doctor=json --arch=arm64", "arm64"), "")
	says(t, found, "mounts", "limited", noteMove)
	found = doctor(t, podman.with(noPivot, noMoves).start(t, "xunshare --doctor=json --arch=arm64", "arm64"), "")
	says(t, found, "mounts", "limited", noteRoot)
	found = doctor(t, podman.with(noMounts).start(t, "xunshare --doctor=json --arch=arm64", "arm64"), "mounts")
	says(t, found, "mounts", "no", "operation not permitted")
}

// A launch that the machine refuses, without a better hint, leads to it.
func TestDoctorIsNamed(t *testing.T) {
	r := podman.with(refuse(unix.EPERM, "setns")).start(t, "xunshare -rT true")
	if r.status == 0 || !strings.Contains(r.err, "xunshare: hint: xunshare --doctor tells what this machine lacks\n") {
		t.Errorf("%+v", r)
	}
}
