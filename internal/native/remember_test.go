package native

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Once the user has installed what a hint names, programs are looked for anew, even if no file that
// was there before has changed.
func TestRememberMissing(t *testing.T) {
	const guest, host = "/usr/lib/go-1.19/pkg/tool/linux_arm64/compile", "/usr/lib/go-1.19" + goTools + runtime.GOARCH + "/compile"
	for name, missing := range map[string]string{
		"program": host, "version": "/usr/lib/go-1.19/VERSION",
	} {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		files := map[string]string{"/usr/lib/go-1.19/VERSION": "go1.19.8", guest: "program", ":/usr/lib/go-1.19/VERSION": "go1.19.8",
			":" + host: "program", ":/usr/bin/x": ""}
		f := systems(t, files)
		text, err := os.ReadFile(f.HostRoot + missing)
		if err = errors.Join(err, os.Remove(f.HostRoot+missing)); err != nil {
			t.Fatal(err)
		}
		r, err := Parse("go-compile")
		if err != nil {
			t.Fatal(err)
		}
		if tools := f.remember(r); tools[0].Host != "" {
			t.Errorf("%s: %+v", name, tools)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(f.HostRoot+missing), 0o755), os.WriteFile(f.HostRoot+missing, text, 0o755)); err != nil {
			t.Fatal(err)
		}
		if tools := f.remember(r); tools[0].Host == "" {
			t.Errorf("%s: %+v", name, tools)
		}
	}
}
