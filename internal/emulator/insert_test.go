package emulator

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// environmentOf runs a copy of a static program that prints its environment, with that one and
// some arguments.
func environmentOf(t *testing.T, program string, inserted []Variable, args, env []string) string {
	t.Helper()
	fd, err := Copy{Env: inserted}.Of(program)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	out, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	attr := os.ProcAttr{Env: append([]string{}, env...), Files: []*os.File{nil, out, out}} // unlike exec.Cmd it leaves env as it is
	process, err := os.StartProcess(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd), append([]string{"env"}, args...), &attr)
	if err != nil {
		t.Fatal(err)
	}
	if state, err := process.Wait(); err != nil || !state.Success() {
		t.Errorf("%v, %v", state, err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compiled is a C program.
func compiled(t *testing.T, source, flags string) string {
	t.Helper()
	file := t.TempDir() + "/program"
	compiler := "gcc"
	if runtime.GOARCH == "arm64" {
		compiler = "aarch64-linux-gnu-gcc" // Debian's own has this name too
	}
	cmd := exec.Command(compiler, append(strings.Fields(flags), "-O", "-x", "c", "-o", file, "-")...)
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// printer is C that prints arguments and environment, and whether the stack and the auxiliary
// vector are as they should.
const printer = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
extern char **environ;
static __thread int local = 42;
int main(int argc, char **argv) {
	if (argv[0][0] != '/') printf("argv[0] is %s", argv[0]);
	for (int i = 1; i < argc; i++) printf("<%s>", argv[i]);
	for (char **e = environ; *e; e++) printf("[%s]", *e);
	if (local != 42 || getauxval(AT_PAGESZ) < 4096 || !getauxval(AT_RANDOM) || getauxval(AT_SECURE)) printf("bad");
	if (strcmp(getenv("LAST") ? getenv("LAST") : "", "x")) printf("no LAST");
	free(malloc(1 << 20)); free(malloc(100));
	return 0;
}
`

// A copy finds variables in its environment that are not there, at most twice each because of the
// stack's alignment.
func TestInsert(t *testing.T) {
	if len(code()) == 0 {
		asuser.Skip(t, "no instructions for this machine")
	}
	last := Variable{Text: "LAST=x"}
	long := strings.Repeat("v", 5000)
	many := slices.Repeat([]string{"OTHER=1"}, 3000)
	for _, link := range []string{"-static", "-static-pie", "-static -no-pie -Wl,-z,noseparate-code"} {
		program := compiled(t, printer, link)
		for _, c := range []struct {
			inserted  []Variable
			args, env []string
			want      string
		}{
			{[]Variable{last}, nil, nil, "[LAST=x]"},
			{[]Variable{last}, []string{"a", "", "b c"}, nil, "<a><><b c>[LAST=x]"},
			{[]Variable{{Text: "A=1"}, last}, nil, nil, "[A=1][LAST=x]"},
			{[]Variable{{Text: "A=1"}, last}, nil, []string{"A=2"}, "[A=2][LAST=x]"},
			{[]Variable{{Text: "A=1"}, last}, nil, []string{"AB=2", "=", "A", ""}, "[AB=2][=][A][][A=1][LAST=x]"},
			{[]Variable{{Text: "A=1"}, {Text: "B=2", Companion: true}, last}, nil, []string{"A="}, "[A=][LAST=x]"},
			{[]Variable{{Text: "A=1"}, {Text: "B=2", Companion: true}, last}, nil, []string{"B=3"}, "[B=3][A=1][B=2][LAST=x]"},
			{[]Variable{last, {Text: "A=" + long}, {Text: "B=3"}}, nil, nil, "[LAST=x][A=" + long + "][B=3]"},
			{[]Variable{last, {Text: "A=1"}}, nil, many, strings.Repeat("[OTHER=1]", 3000) + "[LAST=x][A=1]"},
			{[]Variable{{Text: "LAST=y"}}, nil, []string{"LAST=x"}, "[LAST=x]"},
		} {
			got := environmentOf(t, program, c.inserted, c.args, c.env)
			if got != c.want && got != c.want+c.want[strings.LastIndex(c.want, "["):] {
				t.Errorf("%s: %d variables into %d: %.300q, want %.300q", link, len(c.inserted), len(c.env), got, c.want)
			}
		}
	}
}
