package binfmt

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		content string
		want    Image
		words   string
	}{
		{"", Image{Kind: KindEmpty}, "an empty file"},
		{"echo hello\n", Image{Kind: KindText}, "a text without a #! line"},
		{"#", Image{Kind: KindText}, "a text without a #! line"},
		{"\x00", Image{Kind: KindData}, "data"},
		{"\x7fEL", Image{Kind: KindText}, "a text without a #! line"},
		{"MZ\x90\x00", Image{Kind: KindData}, "data"},
		{strings.Repeat("x", Window) + "\x00", Image{Kind: KindText}, "a text without a #! line"},
		{"#!/bin/sh\n", Image{Kind: KindScript, Interpreter: "/bin/sh"}, "a script"},
		{"#!/usr/bin/env  python3 -u\n", Image{Kind: KindScript, Interpreter: "/usr/bin/env", Argument: "python3 -u"}, "a script"},
	} {
		got, err := Inspect(strings.NewReader(c.content))
		if err != nil || *got != c.want {
			t.Errorf("Inspect(%q) = %+v, %v, want %+v", c.content, got, err, c.want)
			continue
		}
		if got.Kind.String() != c.words {
			t.Errorf("%q is %s, want %s", c.content, got.Kind, c.words)
		}
	}
}

func TestInspectEmptyArgument(t *testing.T) {
	image, err := Inspect(strings.NewReader("#!/bin/echo \x00a\n"))
	if err != nil || *image != (Image{Kind: KindScript, Interpreter: echo}) {
		t.Errorf("%+v, %v", image, err)
	}
}

func TestInspectELF(t *testing.T) {
	image, err := Inspect(bytes.NewReader(elfFile{Header: header(1, 2, 20), headers: 9, interp: "/lib/ld.so.1\x00"}.bytes()))
	if err != nil || image.Kind != KindELF || image.ELF.Interp != "/lib/ld.so.1" || image.Kind.String() != "an ELF file" {
		t.Errorf("%+v, %v", image, err)
	}
	if image, err := Inspect(strings.NewReader(elfMagic + "\x02")); err == nil || errors.Is(err, errNotELF) || image != nil {
		t.Errorf("five bytes of ELF: %+v, %v", image, err)
	}
}

// path returns a name of /bin/echo that is n bytes long.
func path(n int) string {
	const end = "/bin/echo"
	return strings.Repeat("/", n-len(end)) + end
}

const echo = "/bin/echo"

// shebangs are first lines; those without a program are none that the kernel takes.
var shebangs = []struct{ line, interpreter, argument string }{
	{"#!/bin/echo\n", echo, ""},
	{"#!/bin/echo", echo, ""},
	{"#! /bin/echo\n", echo, ""},
	{"#! \t /bin/echo \t\n", echo, ""},
	{"#!/bin/echo a\n", echo, "a"},
	{"#!/bin/echo\ta\n", echo, "a"},
	{"#!/bin/echo \t a  b\tc \t\nd\n", echo, "a  b\tc"},
	{"#!/bin/echo a", echo, "a"},
	{"#!/bin/echo a  ", echo, "a  "}, // a NUL follows, so the end is not trimmed
	{"#!/bin/echo a\r\n", echo, "a\r"},
	{"#!/bin/echo\x00a\n", echo, ""},
	{"#!/bin/echo a\x00b\n", echo, "a"},
	{"#!/bin/echo a \x00b\n", echo, "a "},
	{"#!/bin/echo\r\n", echo + "\r", ""}, // which is not there
	{"#!", "", ""},
	{"#!\n", "", ""},
	{"#! \t\n", "", ""},
	{"#! \t", "", ""},
	{"#!\x00/bin/echo\n", "", ""},
	{"#!\n/bin/echo\n", "", ""},
	{" #!/bin/echo\n", "", ""},
	{"# !/bin/echo\n", "", ""},
	{"#!" + path(252) + "\n", path(252), ""},
	{"#!" + path(253) + "\n", path(253), ""}, // the newline is byte 255
	{"#!" + path(253) + " x\n", path(253), ""},
	{"#!" + path(253) + "x\n", "", ""},
	{"#!" + path(254) + "\n", "", ""}, // cut off
	{"#!" + path(252) + " \n", path(252), ""},
	{"#!" + path(252) + " abc\n", path(252), ""},
	{"#!" + path(251) + " abc\n", path(251), "a"},
	{"#!" + path(252), path(252), ""},
	{"#!" + path(253), path(253), ""},
	{"#!" + path(254), "", ""},
	{"#!/bin/echo " + strings.Repeat("x", 300) + "\n", echo, strings.Repeat("x", 255-12)},
	{"#!/bin/echo " + strings.Repeat("x", 240) + "   yy\n", echo, strings.Repeat("x", 240)},
	{"#!" + strings.Repeat(" ", 300) + "/bin/echo\n", "", ""},
	{"#!" + strings.Repeat(" ", 254-9) + "/bin/echo\n", "", ""},
	{"#!" + strings.Repeat(" ", 253-9) + "/bin/echo\n", echo, ""},
}

func TestShebang(t *testing.T) {
	for _, c := range shebangs {
		image, err := Inspect(strings.NewReader(c.line))
		if err != nil {
			t.Fatal(err)
		}
		if (image.Kind == KindScript) != (c.interpreter != "") || image.Interpreter != c.interpreter || image.Argument != c.argument {
			t.Errorf("%q is %+v, want %q with argument %q", c.line, *image, c.interpreter, c.argument)
		}
	}
}

// The kernel reads the same lines in the same way.
func TestShebangInKernel(t *testing.T) {
	script := filepath.Join(t.TempDir(), "s")
	for _, c := range shebangs {
		if err := os.WriteFile(script, []byte(c.line), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(script).Output()
		want := script + "\n"
		if c.argument != "" {
			want = c.argument + " " + want
		}
		runs := strings.HasSuffix(c.interpreter, echo)
		var errno syscall.Errno
		errors.As(err, &errno)
		switch {
		case !runs && errno != syscall.ENOEXEC && errno != syscall.ENOENT && errno != syscall.EACCES:
			t.Errorf("%q runs: %q, %v", c.line, out, err)
		case runs && (err != nil || string(out) != want):
			t.Errorf("%q prints %q, %v, want %q", c.line, out, err, want)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, c := range shebangs {
		f.Add([]byte(c.line))
	}
	for _, e := range []elfFile{
		{Header: header(1, 1, 3)}, {Header: header(1, 2, 20), headers: 3, interp: "/lib/ld.so.1\x00"},
		{Header: header(2, 1, 62), headers: 2, interp: "/l\x00"}, {Header: header(2, 2, 21), interp: "/lib64/ld64.so.1\x00"},
	} {
		f.Add(e.bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		image, err := Inspect(bytes.NewReader(b))
		if err != nil {
			if image != nil || !bytes.HasPrefix(b, []byte(elfMagic)) {
				t.Errorf("%+v, %v", image, err)
			}
			return
		}
		if (image.Kind == KindELF) != (image.ELF != nil) || (image.Kind == KindScript) != (image.Interpreter != "") {
			t.Errorf("%+v", image)
		}
		if image.ELF != nil && (len(image.ELF.Interp) >= maxInterp || strings.Contains(image.ELF.Interp, "\x00")) {
			t.Errorf("interpreter %q", image.ELF.Interp)
		}
		if strings.ContainsAny(image.Interpreter, " \t\n\x00") || strings.ContainsAny(image.Argument, "\n\x00") ||
			image.Kind != KindScript && image.Argument != "" || len(image.Interpreter)+len(image.Argument) > Window-3 {
			t.Errorf("%+v", image)
		}
	})
}
