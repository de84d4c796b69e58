package chroot

import "testing"

// Work of the parent is shown by --dry-run in the words of strace(1), as calls are.
func TestWorkInWords(t *testing.T) {
	if got, want := (lookAtLent{&Lent{Path: "/etc/resolv.conf"}}).String(), `open("/proc/CHILD/root/etc/resolv.conf", O_RDONLY)`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What was added to a file is taken out of it again, wherever it stands in it, and nothing else is.
func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		"a:1\nme:2\n":      "a:1\n",
		"me:2\na:1\n":      "a:1\n",
		"a:1\nme:2\nb:3\n": "a:1\nb:3\n",
		"a:1\nsome:2\n":    "a:1\nsome:2\n",
		"a:1\nme:2":        "a:1\nme:2",
		"me:2\n":           "",
	} {
		if got := without(text, "me:2\n"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
