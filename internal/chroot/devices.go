package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

const devDir = "/dev"

// devices are those of the host that every program may expect. They do no harm: everybody may open
// them.
var devices = [...]string{"null", "zero", "full", "random", "urandom", "tty"}

// deviceLinks are those that udev(7) and devpts make everywhere.
var deviceLinks = [...]struct{ name, text string }{
	{"fd", "/proc/self/fd"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
	{"ptmx", "pts/ptmx"},
}

// console is where the caller's terminal is shown, because its own name is the host's. glibc's
// ttyname(3) looks for it there; musl's takes the descriptor's name in /proc or none, so that the
// descriptors are opened again.
const console = "console"

const makeDevices = "make /dev"

// mountDevices makes a /dev. The devices are bound from the host, for nobody can make them in a
// user namespace (mknod(2), EPERM).
func (o *Options) mountDevices(p Point, f Facts) []verb.Step {
	steps := []verb.Step{device(verb.Mount{Source: "tmpfs", Target: p.Path, Type: "tmpfs",
		Flags: unix.MS_NOSUID | unix.MS_NODEV, Data: "mode=755"})}
	for _, name := range f.Devices {
		steps = append(steps, bindDevice(devDir+"/"+name, p.Path+"/"+name)...)
	}
	if f.Console != "" {
		steps = append(steps, bindDevice(f.Console, p.Path+"/"+console)...)
		for _, t := range f.Terminals {
			steps = append(steps, device(verb.Reopen{Path: p.Path + "/" + console, Descriptor: t.FD, Flags: t.Flags}))
		}
	}
	for _, l := range deviceLinks {
		steps = append(steps, device(verb.Symlink{Text: l.text, Path: p.Path + "/" + l.name}))
	}
	terminals := "newinstance,ptmxmode=0666,mode=0620"
	if o.TTYGroup {
		terminals += ",gid=5" // of which tty(4) and Debian's base-passwd speak; grantpt(3) expects it
	}
	steps = append(steps, mountDevice(verb.Mount{Source: "devpts", Target: p.Path + "/pts", Type: "devpts",
		Flags: unix.MS_NOSUID | unix.MS_NOEXEC, Data: terminals})...)
	steps = append(steps, mountDevice(verb.Mount{Source: "tmpfs", Target: p.Path + "/shm", Type: "tmpfs",
		Flags: unix.MS_NOSUID | unix.MS_NODEV, Data: "mode=1777"})...)
	if o.OwnIPC { // the host's would be refused
		steps = append(steps, mountDevice(verb.Mount{Source: "mqueue", Target: p.Path + "/mqueue", Type: "mqueue",
			Flags: procFlags, Optional: true})...)
	}
	return steps
}

func device(c verb.Call) verb.Step { return verb.Step{Call: c, Reason: makeDevices} }

func bindDevice(from, to string) []verb.Step {
	return []verb.Step{device(verb.MakeFile{Path: to}), device(verb.Bind{From: host, Path: from, To: to})}
}

func mountDevice(m verb.Mount) []verb.Step {
	return []verb.Step{device(verb.MakeDir{Path: m.Target, Mode: 0o755}), device(m)}
}
