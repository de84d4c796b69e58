package binfmt

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// checkMatches checks that of all built-in rules only those for the architecture target match.
func checkMatches(t *testing.T, what string, start []byte, target string) {
	t.Helper()
	hits := 0
	for i := range arches {
		for _, r := range arches[i].Rules("/q", "") {
			if !r.Matches(start, "") {
				continue
			}
			hits++
			if arches[i].Name != target {
				t.Errorf("%s: rule %s matches", what, r.Name)
			}
		}
	}
	if want := min(1, len(target)); hits != want {
		t.Errorf("%s: %d rules match, want %d", what, hits, want)
	}
}

// row is a line of the table, by the names of its columns.
type row map[string]string

func table(t *testing.T) (rows []row) {
	t.Helper()
	text, err := os.ReadFile("testdata/arches.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case names == nil:
			names = fields
		default:
			r := row{}
			for i, f := range fields {
				r[names[i]] = strings.TrimPrefix(f, "-")
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func hexRule(r *Rule) string {
	return hex.EncodeToString(r.Magic) + "/" + hex.EncodeToString(r.Mask)
}

// Two rows of the table may be one architecture: "i386 (EM_486)" is an old e_machine.
func TestArchesAreThoseOfTheTable(t *testing.T) {
	rows := table(t)
	old := 0
	for _, r := range rows {
		name, isOld := strings.CutSuffix(r["qemu_target"], " (EM_486)")
		a := FindArch(name)
		if a == nil || a.Name != name {
			t.Errorf("%s: FindArch gives %+v", name, a)
			continue
		}
		if isOld {
			old++
			checkRule(t, a, a.Rules("/q", "F"), 1, r["best_magic"]+"/"+r["best_mask"])
			continue
		}
		checkRow(t, a, r)
		checkRule(t, a, a.Rules("/q", "F"), 0, r["best_magic"]+"/"+r["best_mask"])
		if r["extra_rule"] != "" {
			checkRule(t, a, a.Rules("/q", "F"), 1, r["extra_rule"])
		}
	}
	if len(arches) != len(rows)-old {
		t.Errorf("%d architectures, the table has %d", len(arches), len(rows)-old)
	}
}

func checkRow(t *testing.T, a *Arch, r row) {
	t.Helper()
	got := fmt.Sprint(a.Class, a.Data, a.Machine, a.Debian, a.Go, a.Compat)
	class, _ := strconv.Atoi(r["ei_class"])
	data, _ := strconv.Atoi(r["ei_data"])
	machine, _ := strconv.Atoi(r["e_machine"])
	want := fmt.Sprint(class, data, machine, r["debian"], r["goarch"], r["compat"])
	if got != want {
		t.Errorf("%s is %s, in the table %s", a.Name, got, want)
	}
	if (a.FlagsMask != 0) != (r["e_flags_test"] != "") {
		t.Errorf("%s: flags mask %#x, in the table %q", a.Name, a.FlagsMask, r["e_flags_test"])
	}
	if wantOld := r["extra_rule"] != "" || a.Name == "i386"; (a.Old != 0) != wantOld {
		t.Errorf("%s: old e_machine %d", a.Name, a.Old)
	}
}

func checkRule(t *testing.T, a *Arch, rules []*Rule, i int, want string) {
	t.Helper()
	if i >= len(rules) {
		t.Errorf("%s has %d rules only", a.Name, len(rules))
		return
	}
	r := rules[i]
	if got := hexRule(r); got != want {
		t.Errorf("rule %s is\n %s, in the table\n %s", r.Name, got, want)
	}
	wantName := "qemu-" + a.Name + []string{"", "-old"}[i]
	if r.Name != wantName || r.Type != 'M' || r.Offset != 0 || r.Interpreter != "/q" || r.Flags != "F" {
		t.Errorf("rule %+v", r)
	}
	if parsed, err := Parse(r.String()); err != nil || hexRule(parsed) != want {
		t.Errorf("rule %s cannot be read back: %v", r, err)
	}
}

func TestRuleIsTheFirstOfRules(t *testing.T) {
	for i := range arches {
		if a, b := arches[i].Rule("/q", "OC").String(), arches[i].Rules("/q", "OC")[0].String(); a != b {
			t.Errorf("%s and %s", a, b)
		}
	}
}

// Programs and shared objects of every architecture, with either e_machine, hit its rule and no
// other; objects and core dumps hit none. Arch agrees with the rules.
func TestRulesMatchTheirOwn(t *testing.T) {
	for i := range arches {
		a := &arches[i]
		for _, machine := range []uint16{a.Machine, a.Old} {
			for typ := uint16(1); typ <= 4 && machine != 0; typ++ {
				f := elfFile{Header: Header{Class: a.Class, Data: a.Data, Type: typ, Machine: machine, Flags: a.Flags | ^a.FlagsMask}}
				target := ""
				if typ == 2 || typ == 3 {
					target = a.Name
				}
				checkMatches(t, fmt.Sprintf("%s machine %d type %d", a.Name, machine, typ), f.bytes(), target)
				if f.Arch() != a {
					t.Errorf("Arch of %+v is %+v", f.Header, f.Arch())
				}
			}
		}
	}
}

// What is in use in bytes 7 to 15, and what is not.
func TestRulesAndIdent(t *testing.T) {
	for _, c := range []struct {
		what   string
		arch   string
		offset int
		bytes  string
		want   bool
	}{
		{"AppImage", "x86_64", 8, "AI\x02", true},
		{"OSABI GNU", "hppa", 7, "\x03", true},
		{"OSABI FreeBSD", "x86_64", 7, "\x09", false},
		{"OSABI of the old ARM ABI", "arm", 7, "\x61", true},
		{"OSABI FDPIC", "armeb", 7, "\x41", true},
		{"OSABI FDPIC on another", "sh4", 7, "\x41", false},
		{"ABI version 1", "loongarch64", 8, "\x01", true},
		{"MIPS FP64", "mips", 8, "\x03", true},
		{"mark in the padding", "x86_64", 15, "\x51", false},
		{"EI_VERSION 0", "i386", 6, "\x00", false},
		{"high byte of e_machine", "ppc64le", 19, "\x01", false},
		{"n32 flag", "mips", 39, "\x20", false},
		{"other flags", "mips", 36, "\x70\x00\x10\x05", true},
		{"n32 flag", "mipsel", 36, "\x20", false},
		{"without the n32 flag", "mipsn32el", 36, "\x00", false},
	} {
		a := FindArch(c.arch)
		b := elfFile{Header: Header{Class: a.Class, Data: a.Data, Type: 2, Machine: a.Machine, Flags: a.Flags}}.bytes()
		copy(b[c.offset:], c.bytes)
		if got := a.Rule("/q", "").Matches(b, ""); got != c.want {
			t.Errorf("%s: rule for %s matches: %v", c.what, c.arch, got)
		}
	}
}

func TestArchUnknown(t *testing.T) {
	for what, h := range map[string]Header{
		"x32":                {Class: 1, Data: 1, Machine: 62},
		"arm64 ILP32":        {Class: 1, Data: 1, Machine: 183},
		"s390 of 31 bits":    {Class: 1, Data: 2, Machine: 22},
		"parisc64":           {Class: 2, Data: 2, Machine: 15},
		"no machine":         {Class: 2, Data: 1, Machine: 0},
		"0xbaab of 64 bits":  {Class: 2, Data: 2, Machine: 0xbaab},
		"486 in big-endian":  {Class: 1, Data: 2, Machine: 6},
		"an empty header":    {},
		"microblaze reverse": {Class: 1, Data: 2, Machine: 0xabba},
	} {
		if a := h.Arch(); a != nil {
			t.Errorf("%s is %s", what, a.Name)
		}
		f := elfFile{Header: h}
		f.Type = typeExec
		if h.Class != 0 {
			checkMatches(t, what, f.bytes(), "")
		}
	}
}

func TestMIPSFlags(t *testing.T) {
	for _, c := range []struct {
		data  byte
		flags uint32
		want  string
	}{
		{2, 0x70001005, "mips"}, {1, 0x70001005, "mipsel"}, {2, 0x20, "mipsn32"}, {1, 0x80000027, "mipsn32el"},
	} {
		h := Header{Class: 1, Data: c.data, Machine: 8, Flags: c.flags}
		if h.Arch() != FindArch(c.want) {
			t.Errorf("%+v is %+v", h, h.Arch())
		}
	}
}

func TestHost(t *testing.T) {
	host := Host()
	if host == nil {
		t.Fatal("this architecture is not in the table")
	}
	own, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	h, err := readHeader(own)
	if err != nil || h.Arch() != host || !host.RunsOn(host) {
		t.Errorf("the host is %s, its programs %+v, %v", host.Name, h, err)
	}
}

func TestRunsOn(t *testing.T) {
	pairs := map[string]bool{
		"i386 x86_64": true, "arm aarch64": true, "ppc ppc64": true, "mips mips64": true, "mipsel mips64el": true,
		"mipsn32 mips64": true, "mipsn32el mips64el": true, "sparc sparc64": true, "sparc32plus sparc64": true,
	}
	for i := range arches {
		for j := range arches {
			a, host := &arches[i], &arches[j]
			if want := i == j || pairs[a.Name+" "+host.Name]; a.RunsOn(host) != want {
				t.Errorf("%s on %s: %v", a.Name, host.Name, !want)
			}
		}
		if arches[i].RunsOn(nil) {
			t.Errorf("%s runs on nothing", arches[i].Name)
		}
	}
}

// Whatever rule xunshare makes, programs of the host itself must not be taken by the rule for
// another one.
func TestOwnBinaryHitsOwnRuleOnly(t *testing.T) {
	own, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	start := make([]byte, Window)
	if _, err := own.ReadAt(start, 0); err != nil {
		t.Fatal(err)
	}
	checkMatches(t, "the test", start, Host().Name)
}
