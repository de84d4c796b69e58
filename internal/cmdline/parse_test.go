package cmdline

import (
	"os"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/ns"
)

const goodRule = `:ppc:M::\x7fELF\x01\x02\x01:\xff\xff\xff\xff\xff\xff\xff:/qemu-ppc:OC`

func parsed(t *testing.T, line string) *Options {
	t.Helper()
	o, err := Parse(append([]string{"xunshare"}, strings.Fields(line)...))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return o
}

// The last of several options that say the same wins, whichever they are.
func TestLastMapWins(t *testing.T) {
	me := uint32(os.Geteuid())
	for _, c := range []struct {
		line string
		user uint32
	}{
		{"-r", 0}, {"-c", me}, {"-r -c", me}, {"-c -r", 0}, {"-r --map-user=7", 7}, {"--map-user=7 -r", 0},
		{"--map-user=+08", 8}, {"--map-user=4294967294", 4294967294},
	} {
		o := parsed(t, c.line)
		if o.NS.Users.Single == nil || *o.NS.Users.Single != c.user || !o.NS.Kinds.Has(ns.User) {
			t.Errorf("%q maps to %v in %x, want %d", c.line, o.NS.Users.Single, o.NS.Kinds, c.user)
		}
	}
}

func TestImplications(t *testing.T) {
	for _, c := range []struct {
		line  string
		kinds ns.Kind
		fork  bool
	}{
		{"", 0, false},
		{"-m -u -i -n -p -C -T -U", ns.Mount | ns.UTS | ns.IPC | ns.Net | ns.PID | ns.Cgroup | ns.Time | ns.User, false},
		{"--map-group=3", ns.User, false},
		{"--mount-proc", ns.Mount, false},
		{"--mount-binfmt=/x", ns.Mount | ns.User, false},
		{"-l " + goodRule, ns.Mount | ns.User, false},
		{"--load-binfmt " + goodRule, ns.Mount | ns.User, false},
		{"--kill-child", 0, true},
		{"--root=/ --wd=/ --propagation=shared --setgroups=deny", 0, false},
	} {
		if o := parsed(t, c.line); o.NS.Kinds != c.kinds || o.NS.Fork != c.fork {
			t.Errorf("%q makes %x, fork %v; want %x, %v", c.line, o.NS.Kinds, o.NS.Fork, c.kinds, c.fork)
		}
	}
}

// What is wrong is said in one sentence, the leftmost first.
func TestBadOptions(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"--map-user=4294967295", `--map-user: user "4294967295": not an id`},
		{"--map-user=99999999999999999999", `not an id`},
		{"--map-user=", `there is no user`},
		{"--setgroups=x", `--setgroups: "x" is neither allow nor deny`},
		{"--propagation=x", `--propagation: "x" is none of private, slave, shared, unchanged`},
		{"--kill-child=9", `--kill-child: signal "9" is not known`},
		{"--kill-child=RTMIN", `signal "RTMIN" is not known`},
		{"--kill-child=RTMIN+31", `signal "RTMIN+31" is not known`},
		{"--root=", `--root: the argument is empty`},
		{"--mount-proc=", `--mount-proc: the argument is empty`},
		{"-l :x", `--load-interp: rule`},
		{"--setgroups=x --bogus", `neither allow nor deny`},
		{"--bogus --setgroups=x", `there is no option --bogus`},
		{"--kill-child=9 --help", `signal "9" is not known`},
	} {
		_, err := Parse(append([]string{"xunshare"}, strings.Fields(c.line)...))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one sentence with %q", c.line, err, c.want)
		}
	}
}

func TestHelpIsHeardAtItsPlace(t *testing.T) {
	if o := parsed(t, "-r --help --bogus --map-user=x"); !o.Help {
		t.Error("--help was not heard before what is wrong behind it")
	}
	if o := parsed(t, "-V --help"); !o.Version || o.Help {
		t.Error("-V was not heard before --help")
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-r --setgroups=allow", "exclude each other"},
		{"-r --setgroups=deny", ""},
		{"-U --setgroups=allow", ""},
		{"-r -l " + goodRule, ""},
		{"-r -l " + goodRule + " --load-binfmt " + goodRule, `rule "ppc"`},
		{"--doctor --emulator=arm64=/x", ""},
		{"--list-arches --emulator=arm64=/x", ""},
		{"--print-rule=arm64 --emulator=/x", ""},
		{"--emulator=arm64=/x", "--emulator is for the architectures of --arch"},
		{"--list-arches json", `--list-arches runs no program, and "json" is one`},
		{"--doctor true", "--doctor runs no program"},
		{"--print-rule=arm64 true", "--print-rule runs no program"},
		{"--into=/ --list-native x", "--list-native runs no program"},
		{"--list-arches=json", ""},
		{"--doctor --", ""},
		{"--hostname=", "--hostname: the argument is empty"},
		{"--into=/ --hostname=", ""},
	} {
		o := parsed(t, c.line)
		err := o.Validate()
		if got := message(err); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
	}
}

func TestKillSignals(t *testing.T) {
	for name, want := range map[string]int{"KILL": 9, "sigterm": 15, "Hup": 1, "RTMIN+1": 35, "RT2": 36, "RTMAX-0": 64, "SIGRTMIN+0": 34} {
		if o := parsed(t, "--kill-child="+name); int(o.NS.DeathSigno) != want || !o.NS.KillChild {
			t.Errorf("%s is %d, want %d", name, o.NS.DeathSigno, want)
		}
	}
}

// The descriptor is known whatever is wrong, and wherever.
func TestStatusDespiteErrors(t *testing.T) {
	for _, c := range []struct {
		line string
		fd   int
	}{
		{"--into=nosuch --json-status-fd=5 true", 5},
		{"--config=/nosuch --json-status-fd 5", 5},
		{"--bogus --json-status-fd=5", 5},
		{"-rQ --json-status-fd=5 -- true", 5},
		{"--map=x --json-s=4 --json-status-fd=5", 5},
		{"--user= --json-status-fd=5", 5},
		{"--json-status-fd=5 --json-status-fd=x", 5},
		{"--bogus true --json-status-fd=5", -1},
		{"--bogus -- --json-status-fd=5", -1},
		{"--bogus --root --json-status-fd=5", -1},
	} {
		o, err := Parse(append([]string{"xunshare"}, strings.Fields(c.line)...))
		if err == nil || o.Status != c.fd {
			t.Errorf("%s: %v, descriptor %d, want %d", c.line, err, o.Status, c.fd)
		}
	}
}
