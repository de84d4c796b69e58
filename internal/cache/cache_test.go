package cache

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("HOLD_STAGE"); dir != "" {
		os.Setenv("XDG_CACHE_HOME", dir)
		_, err := Open("key", func(string, *Sources) (string, error) {
			fmt.Println("making")
			time.Sleep(time.Hour)
			return "", nil
		})
		fmt.Println(err)
		os.Exit(1)
	}
	asuser.Main(m, nil)
}

// in makes the cache an empty one, whose directory it returns.
func in(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	return filepath.Join(dir, top)
}

// writes is a maker that counts its calls, from a source.
func writes(calls *int, source string) Maker {
	return func(dir string, from *Sources) (string, error) {
		*calls++
		from.Add(source)
		return "a text\n\nof two parts", os.WriteFile(dir+"/f", []byte("made"), 0o755)
	}
}

func open(t *testing.T, key string, maker Maker) *Entry {
	t.Helper()
	e, err := Open(key, maker)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(e.Dir + "/f"); err != nil || string(text) != "made" || e.Text != "a text\n\nof two parts" {
		t.Errorf("%q, %v, %q", text, err, e.Text)
	}
	return e
}

// An entry is made once, and anew when anything of it has changed, or what it was made from.
func TestAnew(t *testing.T) {
	for name, change := range map[string]func(e *Entry, source string) error{
		"nothing":             func(*Entry, string) error { return nil },
		"source":              func(_ *Entry, source string) error { return os.WriteFile(source, []byte("other"), 0o600) },
		"source gone":         func(_ *Entry, source string) error { return os.Remove(source) },
		"file":                func(e *Entry, _ string) error { return os.WriteFile(e.Dir+"/f", []byte("fake"), 0o755) },
		"file gone":           func(e *Entry, _ string) error { return os.Remove(e.Dir + "/f") },
		"file is a link":      func(e *Entry, s string) error { return errors.Join(os.Remove(e.Dir+"/f"), os.Symlink(s, e.Dir+"/f")) },
		"file's mode":         func(e *Entry, _ string) error { return os.Chmod(e.Dir+"/f", 0o777) },
		"manifest cut":        func(e *Entry, _ string) error { return os.Truncate(filepath.Dir(e.Dir)+"/manifest", 20) },
		"manifest gone":       func(e *Entry, _ string) error { return os.Remove(filepath.Dir(e.Dir) + "/manifest") },
		"others may write it": func(e *Entry, _ string) error { return os.Chmod(filepath.Dir(e.Dir), 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			cache := in(t)
			calls, source := 0, t.TempDir()+"/source"
			if err := os.WriteFile(source, []byte("source"), 0o600); err != nil {
				t.Fatal(err)
			}
			e := open(t, "key", writes(&calls, source))
			if err := change(e, source); err != nil {
				t.Fatal(err)
			}
			e.Close()
			open(t, "key", writes(&calls, source)).Close()
			open(t, "key", writes(&calls, source)).Close()
			want := 2
			if name == "nothing" {
				want = 1
			}
			if calls != want {
				t.Errorf("made %d times, want %d", calls, want)
			}
			if left, _ := filepath.Glob(cache + "/*"); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// An entry that somebody uses is there until they end, though another takes its name.
func TestUsed(t *testing.T) {
	in(t)
	calls, source := 0, t.TempDir()+"/source"
	used := open(t, "key", writes(&calls, source))
	file, err := os.Open(used.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.WriteFile(source, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, "key", writes(&calls, source)).Close()
	if names, err := file.Readdirnames(-1); err != nil || len(names) != 1 || calls != 2 {
		t.Errorf("%v, %v, made %d times", names, err, calls)
	}
}

// An entry of another key is not taken, even under its name.
func TestSameName(t *testing.T) {
	cache := in(t)
	calls := 0
	open(t, "one", writes(&calls, "/")).Close()
	if err := os.Rename(cache+"/"+name("one"), cache+"/"+name("two")); err != nil {
		t.Fatal(err)
	}
	open(t, "two", writes(&calls, "/")).Close()
	if calls != 2 {
		t.Errorf("made %d times", calls)
	}
}

// A maker that fails leaves nothing, and its error is returned.
func TestMakerFails(t *testing.T) {
	cache, failed := in(t), errors.New("failed")
	_, err := Open("key", func(dir string, from *Sources) (string, error) {
		return "", errors.Join(failed, os.WriteFile(dir+"/f", nil, 0o600))
	})
	if left, _ := filepath.Glob(cache + "/.*"); !errors.Is(err, failed) || len(left) > 0 {
		t.Errorf("%v, left: %v", err, left)
	}
}

// Many launches at once get one that is whole.
func TestParallel(t *testing.T) {
	in(t)
	var all sync.WaitGroup
	for range 50 {
		all.Add(1)
		go func() {
			defer all.Done()
			calls := 0
			e, err := Open("key", writes(&calls, "/"))
			if err != nil {
				t.Error(err)
				return
			}
			defer e.Close()
			if text, err := os.ReadFile(e.Dir + "/f"); err != nil || string(text) != "made" {
				t.Errorf("%q, %v", text, err)
			}
		}()
	}
	all.Wait()
}

// Many launches at once make entries of their own. None takes what another has only just begun for
// something that was left.
func TestParallelOthers(t *testing.T) {
	in(t)
	var all sync.WaitGroup
	for n := range 200 {
		all.Add(1)
		go func() {
			defer all.Done()
			calls := 0
			e, err := Open(strconv.Itoa(n), writes(&calls, "/"))
			if err != nil {
				t.Error(err)
				return
			}
			e.Close()
		}()
	}
	all.Wait()
}

// What somebody was making who was killed is removed by the next.
func TestKilled(t *testing.T) {
	cache := in(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "HOLD_STAGE="+os.Getenv("XDG_CACHE_HOME"))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 6)
	if _, err := out.Read(word); err != nil || string(word) != "making" {
		t.Fatalf("%q, %v", word, err)
	}
	calls := 0
	open(t, "other", writes(&calls, "/")).Close()
	if left, _ := filepath.Glob(cache + "/.*"); len(left) != 1 {
		t.Errorf("one is being made: %v", left)
	}
	cmd.Process.Kill()
	cmd.Wait()
	open(t, "another", writes(&calls, "/")).Close()
	if left, _ := filepath.Glob(cache + "/.*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A cache that is not the caller's alone is not used.
func TestForeign(t *testing.T) {
	for name, spoil := range map[string]func(cache string) error{
		"mode": func(cache string) error { return os.Chmod(cache, 0o777) },
		"link": func(cache string) error {
			return errors.Join(os.Rename(cache, cache+"x"), os.Symlink(cache+"x", cache))
		},
		"file": func(cache string) error {
			return errors.Join(os.Rename(cache, cache+"x"), os.WriteFile(cache, nil, 0o600))
		},
	} {
		cache := in(t)
		calls := 0
		open(t, "key", writes(&calls, "/")).Close()
		if err := spoil(cache); err != nil {
			t.Fatal(err)
		}
		if _, err := Open("key", writes(&calls, "/")); err == nil || calls != 1 {
			t.Errorf("%s: used, made %d times", name, calls)
		}
	}
}

// Without a place, or one that can be written to, there is an error.
func TestNoPlace(t *testing.T) {
	in(t)
	maker := func(string, *Sources) (string, error) { t.Error("made"); return "", nil }
	for home, says := range map[string]string{"": "HOME", "/proc": "/proc/.cache"} {
		t.Setenv("XDG_CACHE_HOME", "relative")
		t.Setenv("HOME", home)
		if _, err := Open("key", maker); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", home, err)
		}
	}
}

// Of more than the limit the entries used last are kept.
func TestLimit(t *testing.T) {
	cache := in(t)
	big := func(dir string, from *Sources) (string, error) {
		f, err := os.Create(dir + "/f")
		if err == nil {
			err = errors.Join(f.Truncate(limit/2+1), f.Close())
		}
		return "", err
	}
	for _, key := range []string{"a", "b", "a", "c"} {
		e, err := Open(key, big)
		if err != nil {
			t.Fatal(err)
		}
		e.Close()
		time.Sleep(10 * time.Millisecond) // of which the time stamps tell
	}
	for key, kept := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, err := os.Stat(cache + "/" + name(key)); (err == nil) != kept {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// The cache may be elsewhere, and the entry's path says where.
func TestLinked(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err == nil {
		err = errors.Join(os.Mkdir(dir+"/real", 0o700), os.Symlink(dir+"/real", dir+"/link"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", dir+"/link")
	calls := 0
	for range 2 {
		e := open(t, "key", writes(&calls, "/"))
		e.Close()
		if !strings.HasPrefix(e.Dir, dir+"/real/") {
			t.Error(e.Dir)
		}
	}
}

// An entry is held until the process ends, though nobody knows it any more.
func TestHeld(t *testing.T) {
	cache := in(t)
	calls := 0
	for range 2 { // one that is made, one that is found
		open(t, "key", writes(&calls, "/"))
	}
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // for finalizers
	}
	if held, err := lock(cache+"/"+name("key"), unix.LOCK_EX); err == nil {
		t.Error("nobody holds it", held)
	}
}

// Everybody may use what was made, whatever the umask is.
func TestUmask(t *testing.T) {
	in(t)
	defer unix.Umask(unix.Umask(0o077))
	calls := 0
	e := open(t, "key", writes(&calls, "/"))
	defer e.Close()
	for _, dir := range [...]string{e.Dir, filepath.Dir(e.Dir)} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
}

// A name may have several lines.
func TestNameWithLines(t *testing.T) {
	in(t)
	calls, source := 0, t.TempDir()+"/source\n\nanother"
	if err := os.WriteFile(source, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, "key", writes(&calls, source)).Close()
	open(t, "key", writes(&calls, source)).Close()
	if calls != 1 {
		t.Errorf("made %d times", calls)
	}
}
