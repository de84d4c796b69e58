package test

import (
	"os/exec"
	"strings"
	"testing"
)

// A mount that is noexec is named, whether a program lies on it or what runs that, and so is what
// gets round it.
func TestNoExec(t *testing.T) {
	dir := t.TempDir()
	const round = "xunshare: hint: or add --ephemeral: its layer over the tree is not mounted noexec; --ephemeral=DIR keeps the changes\n"
	for name, c := range map[string]struct{ command, says, hint string }{
		"into":        {`"$0" --into="$2" --map=root true`, "/bin/true: is on ", round},
		"root":        {`"$0" -rm --root="$2" /bin/true`, "/bin/true: is on ", round},
		"here":        {`"$0" -r "$2/bin/true"`, "$2/bin/true: is on ", ""},
		"bound":       {`"$0" -rm --root="$1" --bind="$2":/mnt/x /mnt/x/bin/true`, "/mnt/x/bin/true: is on ", ""},
		"interpreter": {`printf '#! %s\n' "$2/bin/true" >"$3"; chmod +x "$3"; "$0" -r "$3"`, "$3: needs $2/bin/true, which is on ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			script := `mount -t tmpfs -o noexec,mode=755 x "$2" && cp -a "$1/." "$2" && ` + c.command
			args := []string{"-rm", "sh", "-c", script, binary(), tree(native), dir, t.TempDir() + "/script"}
			r := finish(t, exec.Command("unshare", args...))
			says := strings.NewReplacer("$2", dir, "$3", args[len(args)-1]).Replace(c.says)
			want := "xunshare: " + says + dir + ", which is mounted noexec, so nothing there can be executed\n" +
				"xunshare: hint: allow it: sudo mount -o remount,exec " + dir + "; or copy it to another file system\n" + c.hint
			if !strings.HasSuffix(strings.ReplaceAll(r.err, "/usr/bin/", "/bin/"), want) || r.status != 126 {
				t.Errorf("status %d, said %q\nwant %q", r.status, r.err, want)
			}
		})
	}
	script := `mount -t tmpfs -o noexec,mode=755 x "$2" && cp -a "$1/." "$2" && "$0" --into="$2" --map=root --ephemeral true`
	finish(t, exec.Command("unshare", "-rm", "sh", "-c", script, binary(), tree(native), dir)).want(t, "")
}
