package cmdline

import (
	"slices"
	"strings"
	"testing"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ args, options, program, fails string }{
		{args: ""},
		{args: "ls -l", program: "ls -l"},
		{args: "-r ls -r", options: "--map-root-user=", program: "ls -r"},
		{args: "-rpf", options: "--map-root-user= --pid= --fork="},
		{args: "-rR/dir ls", options: "--map-root-user= --root=/dir", program: "ls"},
		{args: "-rR /dir ls", options: "--map-root-user= --root=/dir", program: "ls"},
		{args: "-R -r", options: "--root=-r"},
		{args: "--root /dir -w x", options: "--root=/dir --wd=x"},
		{args: "--root=/a=b", options: "--root=/a=b"},
		{args: "--root= x", options: "--root=", program: "x"},
		{args: "--mount-proc /x", options: "--mount-proc=/proc", program: "/x"},
		{args: "--mount-proc=/x", options: "--mount-proc=/x"},
		{args: "--kill-child ls", options: "--kill-child=KILL", program: "ls"},
		{args: "-- -r", program: "-r"},
		{args: "-r -- -- x", options: "--map-root-user=", program: "-- x"},
		{args: "- x", program: "- x"},
		{args: "--map-r --mount-p --kill=TERM --ver", options: "--map-root-user= --mount-proc=/proc --kill-child=TERM --version="},
		{args: "--user --mount", options: "--user= --mount="},
		{args: "--load x", options: "--load-interp=x"},
		{args: "--load-b x", options: "--load-binfmt=x"},
		{args: "-lx", options: "--load-interp=x"},
		{args: "--bogus", fails: "there is no option --bogus"},
		{args: "-r --bogus -p", options: "--map-root-user=", fails: "there is no option --bogus"},
		{args: "-rXp", options: "--map-root-user=", fails: "there is no option -X"},
		{args: "--map", fails: "--map needs an argument"},
		{args: "--mo", fails: "--mo may be --mount or --monotonic or --mount-proc or --mount-binfmt"},
		{args: "--ma", fails: "--ma may be --map-root-user or --map-current-user or --map-user or --map-group or --map-users or --map-groups or --map-auto or --map-subids or --map"},
		{args: "=", program: "="},
		{args: "-=", fails: "there is no option -="},
		{args: "--fork=x", fails: "--fork takes no argument"},
		{args: "-m=x", options: "--mount=", fails: "a short option takes no '=': write --mount=x"},
		{args: "-rf=x", options: "--map-root-user= --fork=", fails: "--fork takes no argument"},
		{args: "-R", fails: "-R needs an argument"},
		{args: "--root", fails: "--root needs an argument"},
	} {
		options, program, err := normalize(strings.Fields(c.args))
		if got := strings.Join(options, " "); got != c.options {
			t.Errorf("%q: options %q, want %q", c.args, got, c.options)
		}
		if got := strings.Join(program, " "); got != c.program {
			t.Errorf("%q: program %q, want %q", c.args, got, c.program)
		}
		if got := message(err); got != c.fails {
			t.Errorf("%q: error %q, want %q", c.args, got, c.fails)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// FuzzNormalize holds what is always so: the program is the end of the command line, and in front
// of it stand known options in normal form.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"-rpf\x00ls", "--root\x00/x", "-R/x", "--\x00-r", "--map-r", "--kill=9\x00-", "-\xff", "--=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		options, program, _ := normalize(args)
		if !slices.Equal(program, args[len(args)-len(program):]) {
			t.Errorf("%q: the program %q is not its end", args, program)
		}
		for _, option := range options {
			name, _, ok := strings.Cut(strings.TrimPrefix(option, "--"), "=")
			if f, err := byName(name); !ok || err != nil || f.name != name {
				t.Errorf("%q: %q is no option in normal form", args, option)
			}
		}
	})
}
