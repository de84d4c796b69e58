package rulefile

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

// instance mounts an instance of binfmt_misc, which is new if no other mount of it is left.
func instance(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	switch err := unix.Mount("binfmt_misc", dir, "binfmt_misc", 0, ""); {
	case err == unix.EPERM && !hasInstances():
		t.Skip("a user has no binfmt_misc before Linux 6.7 (commit 21ca59b365c0)") // InNamespaces makes a failure of it where it has to
	case err != nil:
		t.Fatal("mount binfmt_misc:", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, 0) })
	return dir
}

// hasInstances tells whether this kernel is of 6.7 or later.
func hasInstances() bool {
	var u unix.Utsname
	var major, minor int
	if unix.Uname(&u) == nil {
		fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	}
	return major > 6 || major == 6 && minor >= 7
}

func register(t testing.TB, dir string, rules ...string) {
	t.Helper()
	for _, r := range rules {
		writeTo(t, dir, "register", r)
	}
}

func writeTo(t testing.TB, dir, name, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}

// shown is what the kernel shows of each rule.
func shown(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, name := range listDir(dir) {
		if name == "register" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

func names(rules []*binfmt.Rule) (names []string) {
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return names
}

// A rule that was read and registered in another instance is what it was, and in the same place.
func TestRegisteredAgain(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	rules := []string{a, b, c, `:w:M:9:\x00\xff\x0a:\x00\x0f\xff:/bin/true:PF`, ":x\ny:E::.::rel/a b\nflags:C",
		":rare :M:255:\xe9::/bin/q\x80,;|:O", `xsamexMxx\x7f\x78xx/bin/lsx`}
	for _, arch := range []string{"arm64", "armhf", "mipsn32", "x86-64", "microblaze"} {
		for _, r := range binfmt.FindArch(arch).Rules("/usr/bin/true", "OCF") {
			rules = append(rules, r.String())
		}
	}
	dir := instance(t)
	register(t, dir, rules...)
	first, want := listDir(dir), shown(t, dir)
	read, skipped, err := Registered(dir)
	if err != nil || len(skipped) > 0 || len(read) != len(rules) {
		t.Fatalf("%d of %d rules, skipped %q, %v", len(read), len(rules), skipped, err)
	}
	if err := unix.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}

	dir = instance(t)
	if left := shown(t, dir); len(left) != 1 {
		t.Fatalf("it is the same instance: %q", left)
	}
	for _, r := range read {
		register(t, dir, r.String())
	}
	if second := listDir(dir); !slices.Equal(first, second) {
		t.Errorf("the order was %q, is %q", first, second)
	}
	for name, text := range shown(t, dir) {
		if text != want[name] {
			t.Errorf("%s was\n%s\nis\n%s", name, want[name], text)
		}
	}
}

// The last of the rules is the one that the kernel tries first, whatever was removed, disabled and
// registered before. Which one it takes says the interpreter, a script for each rule.
func TestRegisteredOrder(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	dir, scripts := instance(t), t.TempDir()
	target := filepath.Join(scripts, "target")
	if err := os.WriteFile(target, []byte("XUNSHARE"), 0o755); err != nil {
		t.Fatal(err)
	}
	again := func(name string) {
		script := filepath.Join(scripts, name)
		if err := os.WriteFile(script, []byte("#!/bin/sh\necho "+name), 0o755); err != nil {
			t.Fatal(err)
		}
		register(t, dir, ":"+name+":M::XUNSHARE::"+script+":")
	}
	random := rand.New(rand.NewSource(1))
	for i := range 300 { // more than one getdents(2) returns
		again(fmt.Sprintf("rule-with-a-long-name-%d", random.Intn(1e9)*1000+i))
	}
	for range 100 {
		all, _, err := Registered(dir)
		if err != nil {
			t.Fatal(err)
		}
		name := all[random.Intn(len(all))].Name
		writeTo(t, dir, name, "0")
		switch random.Intn(3) {
		case 0:
			writeTo(t, dir, name, "1")
		case 1:
			writeTo(t, dir, name, "-1")
			again(name)
		}
	}
	checkOrder(t, dir, target)
}

// checkOrder removes the rules from the last one on and looks which one the kernel takes.
func checkOrder(t *testing.T, dir, target string) {
	t.Helper()
	all, _, err := Registered(dir)
	if err != nil || len(all) < 100 || len(all) >= 300 {
		t.Fatalf("%d rules, %v", len(all), err)
	}
	for i := len(all) - 1; i >= 0; i -= 5 {
		out, err := exec.Command(target).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != all[i].Name {
			t.Fatalf("the kernel takes %q (%v), the last of %d rules is %q", got, err, i, all[i].Name)
		}
		for _, r := range all[max(0, i-4) : i+1] {
			writeTo(t, dir, r.Name, "-1")
		}
	}
}

// What cannot be registered again is said, and the rest is kept.
func TestRegisteredSkips(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	dir := instance(t)
	magic := strings.Repeat("M", 200)
	register(t, dir, a, ":long:M::"+magic+":"+magic+":/bin/"+strings.Repeat("q", 400)+":", ":off:M::MZ::/q:", b)
	writeTo(t, dir, "off", "0")
	rules, skipped, err := Registered(dir)
	if got := names(rules); err != nil || !slices.Equal(got, []string{"a", "b:c"}) {
		t.Errorf("%q, %v", got, err)
	}
	if len(skipped) != 1 || !strings.HasPrefix(skipped[0], `rule "long": it cannot be written so that the kernel takes it again: rule: it has 20`) {
		t.Errorf("skipped %q", skipped)
	}

	writeTo(t, dir, "status", "0")
	if rules, skipped, err := Registered(dir); len(rules)+len(skipped) != 0 || err != nil {
		t.Errorf("switched off: %q, skipped %q, %v", names(rules), skipped, err)
	}
}

func TestRegisteredNone(t *testing.T) {
	plain := files(t, map[string]string{"/status": "enabled\n", "/a": entryCases[0].text}).Root
	for _, dir := range []string{plain, plain + "/none", plain + "/a", plain + "/a/b", "/proc", ""} {
		if rules, skipped, err := Registered(dir); len(rules)+len(skipped) != 0 || err != nil {
			t.Errorf("%q: %q, skipped %q, %v", dir, names(rules), skipped, err)
		}
	}
	if os.Getuid() == 0 {
		return
	}
	if err := os.Chmod(plain, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(plain, 0o755)
	if _, _, err := Registered(plain); !errors.Is(err, unix.EACCES) || err.Error() != plain+": permission denied" {
		t.Errorf("closed: %v", err)
	}
}

// manyRules mounts an instance of 35 rules that are as long as those of emulators.
func manyRules(t testing.TB) (dir string) {
	dir = instance(t)
	for i := range 35 {
		r := binfmt.FindArch("arm64").Rule("/usr/libexec/qemu-binfmt/aarch64-binfmt-P", "POC")
		r.Name = fmt.Sprint("qemu-", i)
		register(t, dir, r.String())
	}
	return dir
}

// Every launch with rules looks at the host's: for each the rule, its name and text, magic and
// mask, and the reader.
func TestRegisteredCost(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	dir := manyRules(t)
	if n := testing.AllocsPerRun(10, func() { _, _, _ = Registered(dir) }); n > 35*7 {
		t.Errorf("%.0f allocations for 35 rules", n)
	}
}

// BenchmarkRegistered needs a user namespace around it, and XUNSHARE_TEST_AS_ROOT=1.
func BenchmarkRegistered(b *testing.B) {
	if os.Getuid() != 0 {
		b.Skip("only root of a namespace can have an instance")
	}
	dir := manyRules(b)
	b.ReportAllocs()
	for b.Loop() {
		if rules, _, err := Registered(dir); len(rules) != 35 {
			b.Fatal(err)
		}
	}
}
