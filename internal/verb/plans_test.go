package verb_test

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

const newUser = unix.CLONE_NEWUSER | unix.CLONE_NEWNS

// plans are tried by TestPlans, each in a process of its own.
var plans = map[string]testPlan{
	"exit status":         {steps: sh(0, "exit 7"), exit: 7},
	"in place":            {steps: here("echo $PPID"), want: fmt.Sprint(os.Getpid())},
	"in place fails":      {steps: func() []verb.Step { return []verb.Step{{verb.Chdir{Path: "/nosuch"}, "go there"}} }, exit: 99, want: "go there: chdir /nosuch: no such file"},
	"in place last":       {steps: func() []verb.Step { return []verb.Step{{verb.Chdir{Path: "/"}, "go there"}} }, exit: 0},
	"exec not there":      {steps: candidates("nosuch", "/bin/nosuch", "/nosuch/nosuch"), exit: 99, want: "execve nosuch: no such file"},
	"exec denied":         {steps: candidates("passwd", "/etc/passwd", "/nosuch"), exit: 99, want: "operation execve path passwd"},
	"exec directory":      {steps: candidates("/", "/"), exit: 99, want: "permission denied"},
	"exec second place":   {steps: candidates("true", "/etc/true", "/bin/true"), exit: 0},
	"exec text":           {steps: script(true), exit: 5},
	"exec text, no sh":    {steps: script(false), exit: 99, want: "exec format error"},
	"uid map":             {steps: mapped("id -u"), want: "0\n"},
	"mount":               {steps: mapped("ls -A /tmp; stat -f -c %T /tmp", tmpfs("/tmp")), want: "tmpfs"},
	"mount fails":         {steps: mapped("true", tmpfs("/nosuch")), exit: 99, want: "mount it: mount /nosuch: no such file"},
	"optional mount":      {steps: mapped("exit 3", optional("/nosuch")), exit: 3},
	"unmount":             {steps: mapped("ls -A /tmp", tmpfs("/tmp"), verb.Unmount{Target: "/tmp", Flags: unix.MNT_DETACH}), want: "xunshare-test-"},
	"unmount fails":       {steps: mapped("true", verb.Unmount{Target: "/nosuch"}), exit: 99, want: "umount2 /nosuch"},
	"new mount":           {steps: mapped("stat -f -c %T /tmp", newTmpfs, verb.MoveMount{From: "new", To: "/tmp"}), want: "tmpfs"},
	"new mount fails":     {steps: mapped("true", verb.NewMount{Type: "nosuch", As: "new"}), exit: 99, want: "fsopen nosuch: no such device"},
	"reconfigure":         {steps: mapped("mount -o remount,bind,rw /tmp; touch /tmp/x", newTmpfs, verb.Reconfigure{"new", "ro"}, verb.MoveMount{From: "new", To: "/tmp"}), exit: 1, want: "Read-only file system"},
	"reconfigure fails":   {steps: mapped("true", newTmpfs, verb.Reconfigure{"new", "nosuch"}), exit: 99, want: "fsconfig nosuch: invalid argument"},
	"write below":         {steps: mapped("true", newTmpfs, verb.WriteFile{Dir: "new", Path: "x", Text: "y"}), exit: 99, want: "open x: no such file"},
	"clone tree":          {steps: mapped("cat /tmp/hostname", verb.CloneTree{"/etc", "etc"}, verb.MoveMount{From: "etc", To: "/tmp"}), want: hostname()},
	"mount on a mount":    {steps: mapped("ls /tmp/hostname", newTmpfs, verb.MoveMount{From: "new", To: "/tmp"}, verb.CloneTree{"/etc", "etc"}, verb.MoveMount{From: "etc", OnTo: "new"}), want: "/tmp/hostname"},
	"fchdir":              {steps: mapped("pwd", verb.CloneTree{"/etc", "etc"}, verb.MoveMount{From: "etc", To: "/tmp"}, verb.Chdir{FD: "etc"}), want: "/tmp"},
	"chroot":              {steps: mapped("true", verb.Chroot{Path: "/etc"}), exit: 99, want: "execve /bin/sh: no such file"},
	"pivot_root fails":    {steps: mapped("true", verb.PivotRoot{".", "."}), exit: 99, want: "pivot_root ."},
	"map by parent":       {steps: parental("id -u", verb.WriteMap{"uid_map", fmt.Sprintf("5 %d 1", os.Getuid())}), want: "5\n"},
	"map refused":         {steps: parental("true", verb.WriteMap{"uid_map", "0 0 5"}), exit: 99, want: "by the parent: write /proc/"},
	"helper":              {steps: parental("true", verb.Helper{"/bin/sh", []string{"-c", "true"}}), exit: 98, want: "sh: exit status"},
	"helper fails":        {steps: parental("true", verb.Helper{"/bin/ls", []string{"/nosuch"}}), exit: 98, want: "error: by the parent: ls: exit status 2: "},
	"helper is not there": {steps: parental("true", verb.Helper{"/bin/nosuch", nil}), exit: 99, want: "no such file"},
	"helpers":             {steps: parental("echo x", verb.Helper{"/bin/echo", nil}, verb.Helper{"/bin/echo", nil}), want: "x\n"},
	"claim":               {steps: parental("true", &verb.Claim{Dir: "/usr"})},
	"claim again":         {steps: parental("true", &verb.Claim{Dir: "/usr"}, &verb.Claim{Dir: "/usr"}), exit: 98, want: "by the parent: /usr: another launch is using it"},
	"persist":             {steps: parental("true", verb.Persist{"net", "/etc/passwd"}), exit: 99, want: "by the parent: mount /etc/passwd: operation not permitted"},
	"task in place": {steps: func() []verb.Step {
		return []verb.Step{{verb.Helper{"/bin/echo", nil}, "by a thread"}, run([]string{"/bin/echo", "y"}, nil)}
	}, want: "y\n"},
	"task in place fails": {steps: func() []verb.Step {
		return []verb.Step{{verb.Helper{"/bin/false", nil}, "by a thread"}, run([]string{"/bin/echo", "y"}, nil)}
	}, exit: 98, want: "by a thread: false"},
	"failure after a task": {steps: func() []verb.Step {
		return []verb.Step{{verb.Helper{"/bin/true", nil}, "by a thread"}, {verb.Chdir{Path: "/nosuch"}, "go"}}
	}, exit: 99, want: "go: chdir /nosuch"},
	"before the clone": {steps: func() []verb.Step {
		return append([]verb.Step{{verb.Chdir{Path: "/etc"}, "go"}}, sh(0, "pwd; exit 2")()...)
	}, exit: 2, want: "/etc\n"},
	"set ids":            {steps: mapped("id -u; id -g", verb.SetUser{0}), want: "0\n"},
	"setuid fails":       {steps: mapped("true", verb.SetUser{4294967294}), exit: 99, want: "setuid: invalid argument"},
	"setgid fails":       {steps: mapped("true", verb.SetGroup{5}), exit: 99, want: "setgid: invalid argument"},
	"setgroups fails":    {steps: mapped("true", verb.DropGroups{}), exit: 99, want: "setgroups: operation not permitted"},
	"capabilities":       {steps: mapped("grep -c 'Cap[IA][nm][hb]:.0000000000000fff' /proc/self/status", verb.KeepCapabilities{11}), want: "2\n"},
	"listener":           {steps: mapped("chroot / true", noticing(0)), exit: 125, want: "cross-device link\nstopped\n"},
	"listeners":          {steps: mapped("chroot /nosuch /bin/echo passed", noticing(1), noticing(0)), want: "passed\n"},
	"listeners allow":    {steps: mapped("chroot /nosuch /bin/echo passed", noticing(0), noticing(1)), exit: 125, want: "cross-device link"},
	"unshare":            {steps: mapped("hostname x && hostname", verb.Unshare{unix.CLONE_NEWUTS}), want: "x"},
	"enter user":         {steps: entered("cat /proc/self/uid_map | tr -s ' '; id -u", verb.EnterUser{Users: "7 0 1\n", Groups: ""}), want: " 7 0 1\n7\n"},
	"enter user, no map": {steps: entered("cat /proc/self/uid_map; id -u", verb.EnterUser{}), want: "65534\n"},
	"enter user, groups": {steps: entered("id -u; id -g", verb.EnterUser{"7 0 1\n", "8 0 1\n"}), want: "7\n8\n"},
	"enter user fails":   {steps: entered("true", verb.EnterUser{Users: "7 8 9\n"}), exit: 99, want: "mount it: write uid_map: operation not permitted"},
	"create file":        {steps: entered("stat -c '%a %s' /tmp/f", tmpfs("/tmp"), verb.CreateFile{"/tmp/f", "text", 0o755, 1 << 7, false}), want: "755 4\n"},
	"create file fails":  {steps: mapped("true", verb.CreateFile{"/bin/sh", "text", 0o644, 0, false}), exit: 99, want: "open /bin/sh: file exists"},
	"meet":               {steps: mapped("echo after; exit 3", verb.Meet{}), exit: 3, want: "met true\nafter\n"},
	"meet, init":         {steps: underInit("echo after; exit 3", verb.Meet{}), exit: 3, want: "met true\nafter\n"},
	"meet nobody":        {steps: mapped("true", verb.Chdir{Path: "/nosuch"}, verb.Meet{}), exit: 99, want: "failed: mount it: chdir"},
	"meet, work":         {steps: entered("cat a", tmpfs("/tmp"), verb.Chdir{Path: "/tmp"}, verb.Meet{write("a")}, verb.Meet{write("no/b")}), exit: 99, want: "noted a\nfailed: mount it: open no/b: no such file"},
	"meet, works":        {steps: entered("cat a b; exit 3", tmpfs("/tmp"), verb.Chdir{Path: "/tmp"}, verb.Meet{write("a")}, verb.Meet{}, verb.Meet{write("b")}), exit: 3, want: "noted a\nmet true\nnoted b\nab"},
	"own":                {steps: entered("stat -c '%a %u %g' /tmp/f", tmpfs("/tmp"), verb.CreateFile{"/tmp/f", "text", 0o755, 0, false}, verb.Own{"/tmp/f", 5, 0, 0o2755}), want: "2755 0 0\n"},
	"clone fails":        {steps: sh(unix.CLONE_NEWNET, "true"), exit: 99, want: "operation not permitted"},
	"signal":             {steps: sh(0, "kill -TERM $$"), exit: -1},
	"signals":            {steps: sh(0, "grep -c SigBlk:.0000000000000000 /proc/self/status"), want: "1\n"},
	"filter":             {steps: mapped("uname; grep NoNewPrivs /proc/self/status", noUname), want: "Bad address\nNoNewPrivs:\t0\n"},
	"filter under init":  {steps: underInit("uname; grep Seccomp: /proc/1/status", noUname), want: "Bad address\nSeccomp:\t0\n"},
	"filter in place":    {steps: filtered(verb.NoNewPrivileges{}, noUname), want: "Bad address\nNoNewPrivs:\t1\n"},
	"filter refused":     {steps: filtered(noUname), exit: 99, want: "filter: seccomp: permission denied"},
	"filter is wrong":    {steps: mapped("true", verb.Filter{Program: noUname.Program[:1]}), exit: 99, want: "mount it: seccomp: invalid argument"},
	"init":               {steps: underInit("exit 8"), exit: 8},
	"init signal":        {steps: underInit("kill -TERM $$"), exit: -1},
	"init is the parent": {steps: underInit("echo $$ $PPID"), want: "2 1\n"},
	"init step fails":    {steps: underInit("true", verb.Chdir{Path: "/nosuch"}), exit: 99, want: "mount it: chdir /nosuch: no such file"},
	"init exec fails":    {steps: underInit("true", verb.Chroot{Path: "/etc"}), exit: 99, want: "run it: execve /bin/sh: no such file"},
	"many arguments":     {steps: arguments(5000), want: "5000"},
	"binary environment": {steps: environment("A=\x01\xff é", "B="), want: "A=\x01\xff é\nB=\n"},
}

// write is work: it writes its name to a file of that name in the child's working directory.
type write string

func (w write) String() string { return "write " + string(w) }

func (w write) Do(folder string, note func(string)) error {
	file, err := os.OpenFile(folder+"/cwd/"+string(w), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return &os.PathError{Op: "open", Path: string(w), Err: errors.Unwrap(err)}
	}
	note("noted " + string(w))
	_, err = file.WriteString(string(w))
	return errors.Join(err, file.Close())
}

func because(c verb.Call) verb.Step { return verb.Step{c, "mount it"} }

func run(argv, env []string) verb.Step {
	return verb.Step{verb.Exec{Candidates: argv[:1], Argv: argv, Env: env}, "run it"}
}

// sh runs a script in new namespaces.
func sh(flags uintptr, text string) func() []verb.Step {
	return func() []verb.Step {
		return []verb.Step{{verb.Clone{flags}, "clone"}, run([]string{"/bin/sh", "-c", text}, os.Environ())}
	}
}

// here runs a script in place of this process.
func here(text string) func() []verb.Step {
	return func() []verb.Step { return []verb.Step{run([]string{"/bin/sh", "-c", text}, os.Environ())} }
}

func candidates(name string, candidates ...string) func() []verb.Step {
	return func() []verb.Step {
		return []verb.Step{{verb.Clone{0}, "clone"}, {verb.Exec{Candidates: candidates, Argv: []string{name}}, "run it"}}
	}
}

// mapped runs a script as root of a new user and mount namespace, after some calls.
func mapped(text string, calls ...verb.Call) func() []verb.Step {
	return func() []verb.Step {
		steps := []verb.Step{
			{verb.Clone{newUser}, "clone"},
			{verb.WriteFile{Path: "/proc/self/uid_map", Text: fmt.Sprintf("0 %d 1", os.Getuid())}, "map"},
			{verb.Propagation("/", unix.MS_PRIVATE), "spread"},
		}
		for _, c := range calls {
			steps = append(steps, because(c))
		}
		return append(steps, run([]string{"/bin/sh", "-c", text}, os.Environ()))
	}
}

// entered runs a script as mapped does, with a group mapped as well, without which there is no user
// namespace inside.
func entered(text string, calls ...verb.Call) func() []verb.Step {
	return mapped(text, append([]verb.Call{
		verb.WriteFile{Path: "/proc/self/setgroups", Text: "deny"},
		verb.WriteFile{Path: "/proc/self/gid_map", Text: fmt.Sprintf("0 %d 1", os.Getgid())},
	}, calls...)...)
}

// parental runs a script in a new user namespace after calls that the parent makes.
func parental(text string, calls ...verb.Call) func() []verb.Step {
	return func() []verb.Step {
		steps := []verb.Step{{verb.Clone{newUser}, "clone"}}
		for _, c := range calls {
			steps = append(steps, verb.Step{c, "by the parent"})
		}
		return append(steps, run([]string{"/bin/sh", "-c", text}, os.Environ()))
	}
}

// underInit runs a script as mapped does, after some calls of the init's child.
func underInit(text string, calls ...verb.Call) func() []verb.Step {
	return func() []verb.Step {
		steps := mapped(text, append([]verb.Call{verb.Init{}}, calls...)...)()
		steps[0].Call = verb.Clone{newUser | unix.CLONE_NEWPID}
		return steps
	}
}

// noUname is a filter that has uname(2) fail.
var noUname = verb.Filter{Program: []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_UNAME, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EFAULT)},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
}}

// filtered runs uname in place of this process, without privileges, after some calls.
func filtered(calls ...verb.Call) func() []verb.Step {
	return func() []verb.Step {
		var steps []verb.Step
		for _, c := range calls {
			steps = append(steps, verb.Step{c, "filter"})
		}
		return append(steps, run([]string{"/bin/sh", "-c", "uname; grep NoNewPrivs /proc/self/status"}, os.Environ()))
	}
}

func tmpfs(target string) verb.Mount {
	return verb.Mount{Source: "tmpfs", Target: target, Type: "tmpfs"}
}

func optional(target string) verb.Mount {
	m := tmpfs(target)
	m.Optional = true
	return m
}

var newTmpfs = verb.NewMount{Type: "tmpfs", As: "new"}

func hostname() string {
	b, _ := os.ReadFile("/etc/hostname")
	return string(b)
}

// script runs a text without #! that exits with 5.
func script(shell bool) func() []verb.Step {
	return func() []verb.Step {
		file := os.Getenv("HOME") + "/text"
		if err := os.WriteFile(file, []byte("exit 5\n"), 0o755); err != nil {
			panic(err)
		}
		return []verb.Step{{verb.Clone{0}, "clone"}, {verb.Exec{Candidates: []string{file}, Argv: []string{file}, Script: shell}, "run it"}}
	}
}

func arguments(n int) func() []verb.Step {
	return func() []verb.Step {
		argv := []string{"/bin/sh", "-c", "echo $#", "sh"}
		for i := 0; i < n; i++ {
			argv = append(argv, fmt.Sprint("argument ", i))
		}
		return []verb.Step{{verb.Clone{0}, "clone"}, run(argv, nil)}
	}
}

func environment(env ...string) func() []verb.Step {
	return func() []verb.Step { return []verb.Step{{verb.Clone{0}, "clone"}, run([]string{"/usr/bin/env"}, env)} }
}
