package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A project is what a recipe of the cookbook is run in: files, the tree, what is in the environment
// beside, and what is printed by the recipe or by what is run after it to see what it made.
type project struct {
	files map[string]string
	tree  func(t *testing.T) string
	env   func(t *testing.T) []string
	then  string
	want  string
}

// projects are those of the recipes. The program is dynamic and fails anywhere but on arm64 and s390x.
var projects = map[string]project{
	"go": {files: map[string]string{
		"go.mod":    "module example\n\ngo 1.21\n",
		"a_test.go": "package example\n\nimport (\n\t\"runtime\"\n\t\"testing\"\n)\n\nfunc TestArch(t *testing.T) {\n\tif runtime.GOARCH != \"arm64\" {\n\t\tt.Fatal(runtime.GOARCH)\n\t}\n}\n",
	}, want: `(?m)^ok  \texample\t`},
	"cmake": {files: map[string]string{
		"hello.c":        helloC,
		"CMakeLists.txt": "cmake_minimum_required(VERSION 3.13)\nproject(hello C)\nenable_testing()\nadd_executable(hello hello.c)\nadd_test(NAME hello COMMAND hello)\n",
	}, want: "100% tests passed"},
	"meson": {files: map[string]string{
		"hello.c":     helloC,
		"meson.build": "project('hello', 'c')\ntest('hello', executable('hello', 'hello.c'))\n",
	}, want: `(?m)^Ok: +1 *$`},
	"make":      {files: map[string]string{"hello.c": helloC, "Makefile": checkedMakefile}, want: "(?m)^hello from arm64$"},
	"build-all": {files: map[string]string{"hello.c": helloC, "Makefile": checkedMakefile}, want: "(?m)^(arm64|s390x): done in [0-9]+ s\n(arm64|s390x): done in [0-9]+ s\n$"},
	"bwrap":     {want: "^aarch64\n$"},
	"cargo": {files: map[string]string{
		"Cargo.toml": "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"src/lib.rs": "#[test]\nfn arch() {\n    assert_eq!(std::env::consts::ARCH, \"aarch64\");\n}\n",
	}, want: `(?m)^test result: ok\. 1 passed`, env: rustc},
	"buildah": {want: "(?m)^arm64$", env: rootless},
	"podman":  {want: "(?m)^arm64$", env: rootless},
	"deb":     {files: debianSource, want: `in '\.\./hello_1_arm64\.deb'`, tree: updated},
	"sbuild":  {files: debianSource, want: "(?m)^Architecture: arm64$", env: ownHome, then: "dpkg-deb -f ../hello_1_arm64.deb"},
	"nix":     {files: map[string]string{"default.nix": nixExpression}, want: "(?m)^aarch64$", env: nixAlone, then: "cat ~/nix$(readlink result)"},
	"pytest": {files: map[string]string{
		"test_arch.py": "import platform\n\ndef test_arch():\n    assert platform.machine() == 'aarch64'\n",
	}, want: "(?m)^=+ 1 passed in ", tree: python},
}

// debianSource is a package that needs nothing but a compiler to be built.
var debianSource = map[string]string{
	"hello.c":              helloC,
	"debian/control":       "Source: hello\nMaintainer: x <x@example.org>\n\nPackage: hello\nArchitecture: any\nDescription: x\n",
	"debian/changelog":     "hello (1) unstable; urgency=low\n\n  * x\n\n -- x <x@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n",
	"debian/source/format": "3.0 (native)\n",
	"debian/rules": "#!/usr/bin/make -f\nclean:\nbuild:\n\tgcc -o hello hello.c\nbinary:\n\tinstall -D hello debian/tmp/usr/bin/hello\n" +
		"\tmkdir debian/tmp/DEBIAN\n\tdpkg-gencontrol\n\tdpkg-deb --root-owner-group -b debian/tmp ..\n",
}

// nixExpression has a program of the tree tell which machine it runs on.
const nixExpression = `{ system ? builtins.currentSystem }:
derivation {
  name = "machine";
  inherit system;
  builder = "${builtins.path { name = "tree"; path = builtins.getEnv "TREE"; }}/bin/busybox";
  args = [ "sh" "-c" "uname -m >$out" ];
}
`

const helloC = `#include <stdio.h>
int main(void)
{
#if defined __aarch64__
	puts("hello from arm64");
#elif defined __s390x__
	puts("hello from s390x");
#else
	return 1;
#endif
	return 0;
}
`

const checkedMakefile = "hello: hello.c\n\t$(CC) -o $@ hello.c\ncheck: hello\n\t./hello\n"

// The recipes of the cookbook do what they say, as they stand there.
func TestCookbook(t *testing.T) {
	text, err := os.ReadFile("../docs/cookbook.md")
	if err != nil {
		t.Fatal(err)
	}
	removeNew(t, containersLeave()...)
	bin := t.TempDir()
	for name, file := range map[string]string{"xunshare": binary(), "build-all": "../examples/build-all"} {
		if file, err = filepath.Abs(file); err == nil {
			err = os.Symlink(file, bin+"/"+name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	recipes := regexp.MustCompile("(?s)<!-- (run|full|elsewhere): ([^>]*) -->\n```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if blocks := strings.Count(string(text), "```sh"); blocks != len(recipes) {
		t.Errorf("%d recipes, %d of them say what runs them", blocks, len(recipes))
	}
	for _, r := range recipes {
		if kind, name, script := r[1], r[2], r[3]; kind == "run" || kind == "full" && os.Getenv("XUNSHARE_TEST_FULL") != "" {
			t.Run(name, func(t *testing.T) { cook(t, bin, name, script) })
		}
	}
}

// A second run replaces what the first has left, read-only directories too.
func TestBuildAllAgain(t *testing.T) {
	dir := t.TempDir()
	file, err := filepath.Abs("../examples/build-all")
	if err = errors.Join(err, os.Symlink(binary(), dir+"/xunshare"), os.MkdirAll(dir+"/project/src", 0o755)); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/project/src/file", "", 0o444)
	os.Chmod(dir+"/project/src", 0o555)
	t.Cleanup(func() { exec.Command("chmod", "-R", "u+w", dir).Run() })
	for range 2 {
		cmd := exec.Command(file, "ls src", "arm64")
		cmd.Dir, cmd.Env = dir+"/project", append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if r := finish(t, cmd); r.status != 0 || r.err != "" || !strings.HasPrefix(r.out, "arm64: done in ") {
			t.Errorf("%+v", r)
		}
	}
}

// cook runs a recipe in its project.
func cook(t *testing.T, bin, name, script string) {
	t.Parallel()
	p, known := projects[name]
	if !known {
		t.Fatal("there is no project for it")
	}
	dir := t.TempDir() + "/project"
	os.Mkdir(dir, 0o755)
	for file, text := range p.files {
		if err := os.MkdirAll(filepath.Dir(dir+"/"+file), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		write(t, dir+"/"+file, text, mode)
	}
	root := tree("arm64")
	if p.tree != nil {
		root = p.tree(t)
	}
	cmd := exec.Command("sh", "-ec", script+p.then)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TREE="+root)
	if p.env != nil {
		cmd.Env = append(cmd.Env, p.env(t)...)
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !regexp.MustCompile(p.want).Match(out) {
		t.Errorf("%v, want %s: %s", err, p.want, out)
	}
}
