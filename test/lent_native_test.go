package test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Where the target enters trees by itself, their programs run natively as far as they inherit the
// descriptor of the folder, and nothing else changes.
func TestNativeLent(t *testing.T) {
	const isLent, makesProgram = `^/\d+/readlink\n$`, "cd /tmp; gcc -flto -O2 -x c /mnt/main.c -lm -o t && ./t | wc -l; gcc -v 2>&1 | grep -o -e '--build=[a-z0-9_]*'"
	const trees, none = "--arch=arm64 --native --native-tree=ROOT", "--no-proc"
	for _, c := range []struct{ name, options, script, want string }{
		{"by name", "", whoRuns, isLent},
		{"one alone", "--native=readlink", whoRuns, isLent},
		{"not asked for", "--native=-readlink", whoRuns, isEmulated},
		{"compiler", "", makesProgram, "^2\n--build=x86_64\n$"},
		{"scripts", "", `printf '#!/bin/sh\nreadlink /proc/self/exe\n' >/tmp/s; chmod 755 /tmp/s; echo /tmp/s | xargs env`, isLent},
		{"closed", "", `bash -c "exec 99>&-; ` + whoRuns + `"`, isEmulated},
		{"another directory", "", `bash -c "exec 99</; ` + whoRuns + `"`, isEmulated},
		{"a root in it", "", "(cd -P /proc/self/fd/99/..; ls -d ../../bfd ../etc) 2>/dev/null; " + whoRuns, `^\.\./\.\./bfd\n/\d+/readlink\n$`},
		{"sealed", "", "(touch /proc/self/fd/99/x; rm -r /proc/self/fd/99/*) 2>/dev/null; " + whoRuns, isLent},
		{"the machine", "", "bash -c 'echo $HOSTTYPE'; uname -m; make -sf " + makefile + " host", "^aarch64\naarch64\naarch64-unknown-linux-gnu\n$"},
		{"preloaded", "", "LD_PRELOAD=libm.so.6 " + whoRuns, isEmulated},
		{"no /proc", none, "gcc -v 2>&1 | grep -o -e '--build=[a-z0-9_]*'; gcc -x c /mnt/main.c -lm -o /tmp/t && /tmp/t | wc -l", "^--build=aarch64\n2\n$"},
		{"sub-ids", "--map=auto", whoRuns, isLent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := buildTree("arm64")
			if strings.Contains(c.options, "--map=auto") {
				needSubIDs(t)
			}
			proc := "--proc /proc"
			if c.options == none {
				c.options, proc = "", "--dir /proc"
			}
			inside := words("bwrap --bind ROOT / --dev /dev --tmpfs /tmp --ro-bind testdata/build /mnt " + proc)
			args := append(words(trees+" "+c.options), inside...)
			for i, arg := range args {
				args[i] = strings.ReplaceAll(arg, "ROOT", root)
			}
			r := run(t, append(args, "/bin/sh", "-c", c.script)...)
			if r.status != 0 || !regexp.MustCompile(c.want).MatchString(r.out) || r.err != "" {
				t.Errorf("%+v, want %s", r, c.want)
			}
		})
	}
}

// The tool itself, and what else it starts of this machine, are told nothing of the tree. Without a
// cache the folder is in memory; with a tracer there is none.
func TestNativeLentOutside(t *testing.T) {
	root := buildTree("arm64")
	args := words("--arch=arm64 --native --native-tree=" + root)
	r := run(t, append(args, "bash", "-c", "echo $HOSTTYPE$MAKE_HOST")...)
	host, err := exec.Command("bash", "-c", "echo $HOSTTYPE").Output()
	if r.out != string(host) || err != nil {
		t.Errorf("%+v, %v, want %s", r, err, host)
	}
	inside := "bwrap --bind " + root + " / --proc /proc --dev /dev /bin/sh -c '" + whoRuns + "; touch /proc/self/fd/99/x 2>&1'; [ ! -e /proc/self/fd/98 ]"
	cmd := exec.Command(binary(), append(args, "sh", "-c", inside)...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME=/proc")
	if r := finish(t, cmd); !regexp.MustCompile(`^/\d+/readlink\n.*Read-only file system\n$`).MatchString(r.out) || !strings.Contains(r.err, "made in memory, anew each time") {
		t.Errorf("without a cache: %+v", r)
	}
	again := append(args, binary())
	if r := run(t, append(again, append(args, "sh", "-c", inside[:strings.Index(inside, "; [")])...)...); !strings.HasSuffix(r.out, "/readlink\n"+"touch: cannot touch '/proc/self/fd/99/x': Read-only file system\n") {
		t.Errorf("in another: %+v", r)
	}
	r = run(t, append(args, "--binfmt=trace", "sh", "-c", "true")...)
	if r.status != 0 || !strings.Contains(r.err, "all programs are emulated: a tracer cannot show") {
		t.Errorf("traced: %+v", r)
	}
	list := run(t, append(args, "--list-native")...)
	if !strings.Contains(list.out, "natively, /usr/bin/dash\n") || !strings.Contains(list.out, "$^X") == strings.Contains(list.out, "\nperl ") {
		t.Errorf("%+v", list)
	}
}
