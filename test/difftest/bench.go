package difftest

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed probe.sh
var probe string

// A bench is the place where cases are run: files that they need, and the facts that observations
// are compared with.
type bench struct {
	dir, tree string
	facts     facts
}

// newBench copies the tree, which is one of this machine's architecture with a shell in it.
func newBench(t *testing.T, tree string) *bench {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "difftest-")
	must(err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(os.Chmod(dir, 0o755)) // another user, with --setuid, needs it too
	b := &bench{dir: dir, tree: dir + "/tree"}
	must(exec.Command("cp", "-a", "--no-preserve=ownership", tree, b.tree).Run())
	for name, text := range files {
		must(os.MkdirAll(filepath.Dir(dir+"/"+name), 0o755))
		must(os.WriteFile(dir+"/"+name, []byte(text), modes[name]|0o644))
		must(os.Chmod(dir+"/"+name, modes[name]|0o644))
	}
	// The probe has the same path inside the tree.
	must(os.MkdirAll(b.tree+dir, 0o755))
	must(os.WriteFile(b.tree+dir+"/probe", []byte(probe), 0o755))
	must(os.MkdirAll(b.tree+"/proc", 0o755))
	must(os.Mkdir(dir+"/folder", 0o755))
	must(os.Symlink("loop", dir+"/loop"))
	b.facts = lookAround(t, b)
	return b
}

// files are what cases find in $dir.
var files = map[string]string{
	"probe":          probe,
	"plain":          "",
	"text":           "echo text $0 $#\n",
	"empty":          "",
	"noshell":        "#!/bin/nosuch\n",
	"first/tool":     "#!/bin/sh\necho first\n",
	"second/tool":    "#!/bin/sh\necho second\n",
	"bad/newuidmap":  "#!/bin/sh\nexit 3\n",
	"dead/newuidmap": "#!/bin/sh\nkill -9 $$\n",
	"shut/newuidmap": "",
	"ns":             "",
}

// modes are added to those of a plain file.
var modes = map[string]os.FileMode{
	"probe": 0o755, "text": 0o755, "empty": 0o755, "noshell": 0o755, "second/tool": 0o755, "bad/newuidmap": 0o755, "dead/newuidmap": 0o755,
}

// environment is what every case gets.
func (b *bench) environment() []string {
	env := []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + b.dir, "WORDS=two words",
		"dir=" + b.dir, "tree=" + b.tree, "probe=" + b.dir + "/probe"}
	if counters := os.Getenv("GOCOVERDIR"); counters != "" {
		env = append(env, "GOCOVERDIR="+counters)
	}
	return env
}
