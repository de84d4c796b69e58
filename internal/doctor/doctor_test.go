package doctor

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/emulator"
)

// The manual and the table have the same releases: a feature that one of them lacks is told to
// nobody.
func TestFeaturesAreTheManuals(t *testing.T) {
	page, err := os.ReadFile("../../docs/xunshare.1")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n.Sh KERNEL SUPPORT\n")
	section, _, _ = strings.Cut(section, "\n.El\n")
	var manual, table []string
	for _, m := range regexp.MustCompile(`(?m)^\.It (\d+\.\d+)$`).FindAllStringSubmatch(section, -1) {
		manual = append(manual, m[1])
	}
	for _, f := range features {
		table = append(table, fmt.Sprintf("%d.%d", f.major, f.minor))
	}
	if len(manual) == 0 || !slices.Equal(manual, table) {
		t.Errorf("the manual has %q, the table %q", manual, table)
	}
}

func TestJudgeRelease(t *testing.T) {
	for _, c := range []struct {
		release, result string
		lacks, has      string
	}{
		{"7.3.0-rc1", OK, "", "without"},
		{"6.18.44-generic", OK, "flags T, L and D of rules (since 7.3)", "(since 6.16)"},
		{"6.7.0", OK, "--ephemeral over another user's tree (since 6.16)", "(since 6.7)"},
		{"6.1.0-51-amd64", Limited, "rules of a user namespace's own (since 6.7)", "(since 5.11)"},
		{"5.10.0", Limited, "--ephemeral for an ordinary user (since 5.11)", "(since 5.7)"},
		{"10.0", OK, "", "without"},
		{"odd", OK, "", "without"},
	} {
		f := judgeRelease(c.release)
		if f.Result != c.result || !strings.Contains(f.Detail, c.lacks) || strings.Contains(f.Detail, c.has) {
			t.Errorf("%s: %+v", c.release, f)
		}
	}
}

// The names are promised, and each is there once.
func TestNames(t *testing.T) {
	want := "kernel user-namespaces id-maps mounts proc tracing binfmt_misc overlay 32-bit set-id config"
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What could not be tried names the check that failed first, and so does what the main job lacks.
func TestCause(t *testing.T) {
	was := checks
	defer func() { checks = was }()
	failing := func(name string) {
		for i, c := range checks {
			if c.name == name {
				checks[i].look = func(p *patient) Finding {
					switch name {
					case users:
						p.users = users
					case mounts:
						p.mounts = mounts
					case rules:
						p.rules = rules
					}
					return Finding{Result: No, Detail: "forced"}
				}
			}
		}
	}
	for _, name := range []string{users, mounts, rules} {
		checks = was
		failing(name)
		findings, lacking, err := examine(&cmdline.Options{})
		if err != nil || !slices.Equal(lacking, []string{name}) {
			t.Errorf("%s fails: for want of %q, %v", name, lacking, err)
		}
		waits := 0
		for _, f := range findings {
			if f.Detail == "needs "+name {
				waits++
				if f.Result != No || len(f.Remedy) > 0 {
					t.Errorf("%+v", f)
				}
			}
		}
		if waits == 0 {
			t.Errorf("%s fails, and nothing needs it", name)
		}
	}
}

func TestTooOld(t *testing.T) {
	for _, c := range []struct {
		emulator emulator.Emulator
		old      bool
	}{
		{emulator.Emulator{Kind: emulator.QEMU, Version: emulator.Version{Major: 5, Minor: 2}}, true},
		{emulator.Emulator{Kind: emulator.QEMU, Version: emulator.Version{Major: 6}}, false},
		{emulator.Emulator{Kind: emulator.QEMU}, false},
		{emulator.Emulator{Kind: emulator.Box64}, false},
		{emulator.Emulator{Path: "/usr/libexec/qemu-binfmt/arm-binfmt-P", Kind: emulator.QEMU, Version: emulator.Version{Major: 5}}, false},
	} {
		if got := tooOld(&c.emulator); got != c.old {
			t.Errorf("%+v: %v", c.emulator, got)
		}
	}
}

func TestFormat(t *testing.T) {
	got := format([]Finding{{Check: "mounts", Result: No, Detail: "refused", Remedy: []string{"do this", "or that"}}, {Check: "32-bit", Result: OK, Detail: "fine"}})
	want := "no       mounts               refused\n         hint: do this\n         hint: or that\nok       32-bit               fine\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
