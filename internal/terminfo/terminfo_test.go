package terminfo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// source has what is hard: numbers that need four bytes, an odd number of booleans and of bytes,
// capabilities that ncurses does not know.
const source = `odd|a terminal,
	am, bce, km, colors#256, pairs#0x10000, cols#80, it#8, cup=\E[%i%p1%d;%p2%dH, clear=\E[H\E[2J, el@,
	Su, Tc, XT, U8#70000, U9#5, kxIN=\E[I, Smulx=\E[4\:%p1%dm,
direct|more colors,
	am, RGB, colors#0x1000000, pairs#0x10000, cup=\E[%i%p1%d;%p2%dH,
short|as ever,
	am, colors#8, cols#80, cup=\E[%i%p1%d;%p2%dH, XT,
`

// compiled compiles source with the ncurses of this machine.
func compiled(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd := exec.Command("tic", "-x", "-o", dir, "-")
	cmd.Stdin = bytes.NewReader([]byte(source))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tic: %v: %s", err, out)
	}
	return dir
}

// infocmp prints a description.
func infocmp(t *testing.T, dir, name string) string {
	t.Helper()
	out, err := exec.Command("infocmp", "-x1", "-A", dir, name).CombinedOutput()
	if err != nil {
		t.Fatalf("infocmp %s: %v: %s", name, err, out)
	}
	_, text, _ := bytes.Cut(out, []byte("\n")) // the first line names the file
	return string(text)
}

func TestOld(t *testing.T) {
	dir, old := compiled(t), t.TempDir()
	for name, c := range map[string]struct{ magic, change string }{
		"odd":    {"\x1a\x01", "0x7fff"},
		"direct": {"\x1e\x02", ""},
		"short":  {"\x1a\x01", ""},
	} {
		data := Old(Find(name, func(v string) string { return map[string]string{"TERMINFO": dir}[v] }))
		if len(data) < headerSize || string(data[:2]) != c.magic {
			t.Fatalf("%s begins with %q", name, data[:min(2, len(data))])
		}
		file := Files(old, name)[0]
		os.MkdirAll(filepath.Dir(file), 0o755)
		os.WriteFile(file, data, 0o644)
		want := []byte(infocmp(t, dir, name))
		if c.change != "" {
			want = bytes.ReplaceAll(bytes.ReplaceAll(want, []byte("0x10000"), []byte(c.change)), []byte("U8#70000"), []byte("U8#"+c.change))
		}
		if got := infocmp(t, old, name); got != string(want) {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

// Where something is cut off, the description stays as it is.
func TestOldDamaged(t *testing.T) {
	whole := Find("odd", func(v string) string { return map[string]string{"TERMINFO_DIRS": "x::" + compiled(t)}[v] })
	for n := range whole {
		if got := Old(whole[:n]); len(got) != n && !bytes.HasPrefix(got, []byte("\x1a\x01")) {
			t.Errorf("%d bytes became %d", n, len(got))
		}
	}
}

func FuzzOld(f *testing.F) {
	f.Add([]byte("\x1e\x02\x01\x00\x01\x00\x01\x00\x00\x00\x00\x00x\x00\x01\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, data []byte) { Old(data) })
}

func TestFind(t *testing.T) {
	home := t.TempDir()
	write := func(file, text string) {
		os.MkdirAll(filepath.Dir(home+file), 0o755)
		os.WriteFile(home+file, []byte(text), 0o644)
	}
	const good = "\x1a\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	write("/.terminfo/n/nosuch-1", good+"1")
	write("/.terminfo/6e/nosuch-2", good+"2")
	write("/.terminfo/n/nosuch-3", "no description at all")
	write("/other/n/nosuch-1", good+"3")
	for name, want := range map[string]string{"nosuch-1": good + "1", "nosuch-2": good + "2", "nosuch-3": "", "nosuch-4": ""} {
		if got := Find(name, func(v string) string { return map[string]string{"HOME": home, "TERMINFO_DIRS": home + "/other"}[v] }); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"xterm": true, "": false, "../x": false, ".": false, "a/b": false, "x+y": true} {
		if IsName(name) != want {
			t.Errorf("IsName(%q)", name)
		}
	}
}
