package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

var update = flag.Bool("update", false, "write the golden plans")

// The golden plans: each file begins with a command line, behind "#" with the facts that hold, and
// goes on with the plan as --dry-run prints it.
func TestGoldenPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d golden plans: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { checkGolden(t, file) })
	}
}

func checkGolden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, want, _ := strings.Cut(string(text), "\n")
	line, facts, _ := strings.Cut(first, "#")
	asked, err := cmdline.Parse(strings.Fields(line))
	if err == nil {
		err = asked.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	o := resolve(asked, asked.NS, nil)
	got := verb.Format(plan(o, goldenFacts(o, facts)))
	if *update {
		if err := os.WriteFile(file, []byte(first+"\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("%s\nthe plan is\n%s\nand was\n%s", first, got, want)
	}
}

func goldenFacts(o *resolved, words string) *Facts {
	f := &Facts{NS: ns.Facts{UID: 1000, GID: 100}, Root: chroot.Facts{ProcDir: true, Here: o.enters() == "/"}, Dir: "/home/me"}
	f.Root.Mounts = goldenMounts(o, strings.Fields(words))
	f.Rules = rules.Choice{Loaded: o.Rules, Instance: len(o.Rules) > 0 || o.Foreign.None}
	o.NS.NeedsRoot = len(o.Rules) > 0
	f.Target = verb.Exec{Candidates: o.Program, Argv: o.Program, Env: []string{"PATH=/bin"}}
	if o.FakeIDs || o.NoSync {
		f.Filter = filterFacts{Filter: verb.Filter{Program: make([]unix.SockFilter, 2), Listen: o.FakeIDs}, unprivileged: !o.FakeIDs}
	}
	for _, word := range strings.Fields(words) {
		switch word {
		case "no-proc":
			f.Root.ProcDir = false
		case "companion":
			f.Rules.Companion = true
		case "initramfs":
			f.Root.OnInitramfs = true
		case "sub-ids":
			f.NS.UIDMap, f.NS.GIDMap = "/usr/bin/newuidmap", "/usr/bin/newgidmap"
			f.NS.Users = idmap.Map{{Inside: 1000, Outside: 1000, Count: 1}, {Inside: 5, Outside: 5000, Count: 10}}
			f.NS.Groups = idmap.Map{{Inside: 100, Outside: 100, Count: 1}, {Inside: 5, Outside: 5000, Count: 10}}
		}
	}
	return f
}
