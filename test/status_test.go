package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// withStatus runs xunshare with --json-status-fd=3 and returns the objects that it writes.
func withStatus(t *testing.T, args ...string) (result, []map[string]any) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command(binary(), append([]string{"--json-status-fd=3"}, args...)...)
	cmd.ExtraFiles = []*os.File{file}
	r := finish(t, cmd)
	text, _ := os.ReadFile(file.Name())
	var objects []map[string]any
	for line := range strings.Lines(string(text)) {
		object := map[string]any{}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		objects = append(objects, object)
	}
	return r, objects
}

// What runs is announced before it runs, with its namespaces, and its end reported; the program has
// no such descriptor.
func TestStatus(t *testing.T) {
	const script = `for i in user mnt pid uts ipc net; do readlink /proc/self/ns/$i; done; (echo >&3) 2>/dev/null && echo leaked`
	for _, options := range []string{"-r", "-c", "-rm", "-rpf --mount-proc", "-rpf --init --mount-proc", "-f", "", "-r -l " + rule(t, "s390x")} {
		r, objects := withStatus(t, append(words(options), "sh", "-c", script+"; exit 7")...)
		if len(objects) != 2 || r.status != 7 || objects[1]["exit-code"] != 7.0 || objects[1]["signal"] != nil {
			t.Errorf("%s: %v, %+v", options, objects, r)
			continue
		}
		var want strings.Builder
		for _, kind := range words("user mnt pid uts ipc net") {
			fmt.Fprintf(&want, "%s:[%.0f]\n", kind, objects[0][kind+"-namespace"])
		}
		if r.out != want.String() || objects[0]["child-pid"].(float64) < 2 {
			t.Errorf("%s: announced %v, printed %q", options, objects[0], r.out)
		}
	}
	_, objects := withStatus(t, "-rpf", "--init", "sh", "-c", "kill -TERM $$")
	if len(objects) != 2 || objects[1]["exit-code"] != 143.0 || objects[1]["signal"] != "SIGTERM" {
		t.Errorf("after a signal: %v", objects)
	}
}

// What does not begin is reported too, with the step and the errno.
func TestStatusOfFailures(t *testing.T) {
	for _, c := range []struct {
		args string
		want map[string]any
	}{
		{"-rpf --mount-proc=/nosuch true", map[string]any{"step": "mount a new proc", "operation": "mount", "path": "/nosuch", "errno": "ENOENT", "exit-code": 1.0}},
		{"-r --root=/nosuch true", map[string]any{"error": "root /nosuch: there is no such directory", "exit-code": 1.0}},
		{"--init true", map[string]any{"exit-code": 1.0}},
		{"--arch=nosuch true", map[string]any{"exit-code": 1.0}},
		{"-r /bin/nosuch", map[string]any{"errno": "ENOENT", "operation": "execve", "exit-code": 127.0}},
	} {
		r, objects := withStatus(t, words(c.args)...)
		last := map[string]any{}
		if n := len(objects); n > 0 {
			last = objects[n-1]
		}
		for key, want := range c.want {
			if last[key] != want {
				t.Errorf("%s: %s is %v, want %v: %+v", c.args, key, last[key], want, r)
			}
		}
		if text, _ := last["error"].(string); text == "" || !strings.HasPrefix(r.err, "xunshare: "+text+"\n") {
			t.Errorf("%s: error %q, stderr %q", c.args, text, r.err)
		}
	}
	for fd, want := range map[string]string{"9": "descriptor 9 is not open", "0": "descriptor 0 is not open for writing", "x": "is not the number of a descriptor"} {
		cmd := exec.Command(binary(), "--json-status-fd="+fd, "true")
		if r := finish(t, cmd); r.status != 1 || !strings.Contains(r.err, want) {
			t.Errorf("descriptor %s: %+v", fd, r)
		}
	}
}
