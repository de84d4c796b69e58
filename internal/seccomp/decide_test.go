package seccomp

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
)

var goarches = []string{"amd64", "386", "arm64", "arm", "riscv64", "loong64", "ppc64le", "s390x"}

// data is struct seccomp_data as the machine of bpf reads it, which takes words for big-endian.
func data(abi abi, number uint32, args ...uint64) []byte {
	words := []uint32{number, abi.arch, 0, 0}
	for _, arg := range args {
		halves := []uint32{uint32(arg), uint32(arg >> 32)}
		if abi.big {
			slices.Reverse(halves)
		}
		words = append(words, halves...)
	}
	b := make([]byte, 64)
	for i, w := range words {
		binary.BigEndian.PutUint32(b[4*i:], w)
	}
	return b
}

const none = 1<<32 - 1

// decisions is what a filter of faking() does with calls, by name and in every ABI that has them.
var decisions = []decision{
	{"chown", []uint64{1, 0, 0}, false},
	{"chown", []uint64{1, none, 0}, false},
	{"chown", []uint64{1, none, none}, false},
	{"chown", []uint64{1, 1, 0}, true},
	{"chown", []uint64{1, 0, 1}, true},
	{"chown", []uint64{1, 99, none}, true},
	{"chown", []uint64{1, 100, 200}, false},
	{"chown", []uint64{1, 102, 201}, false},
	{"chown", []uint64{1, 103, 201}, true},
	{"chown", []uint64{1, 102, 202}, true},
	{"chown", []uint64{1, 5<<32 | 102, 7 << 32}, false}, // the kernel does not look at the upper half
	{"lchown", []uint64{1, 1, 1}, true},
	{"fchown", []uint64{1, 1, 1}, true},
	{"lchown32", []uint64{1, 1, 1}, true},
	{"fchown32", []uint64{1, 1, 1}, true},
	{"fchownat", []uint64{1, 1, 0, 0, 0}, false},
	{"fchownat", []uint64{0, 0, 1, 0, 0}, true},
	{"fchownat", []uint64{0, 0, 0, 1, 0}, true},
	{"setuid", []uint64{0}, false},
	{"setuid", []uint64{200}, true},
	{"setgid", []uint64{200}, false},
	{"setgid", []uint64{100}, true},
	{"setreuid", []uint64{0, none, 7}, false},
	{"setreuid", []uint64{0, 7}, true},
	{"setreuid", []uint64{7, 0}, true},
	{"setregid", []uint64{7, 0}, true},
	{"setresuid", []uint64{0, 0, 7}, true},
	{"setresuid", []uint64{0, 7, 0}, true},
	{"setresuid", []uint64{7, 0, 0}, true},
	{"setresuid", []uint64{none, 101, 0}, false},
	{"setresgid", []uint64{none, none, 7}, true},
	{"setresgid", []uint64{7, none, none}, true},
	{"setuid32", []uint64{7}, true},
	{"setresgid32", []uint64{0, 7, 0}, true},
	{"setgroups", []uint64{0, 0}, true},
	{"setgroups32", []uint64{0, 0}, true},
	{"keyctl", []uint64{unix.KEYCTL_CHOWN, 1, 7, none}, true},
	{"keyctl", []uint64{unix.KEYCTL_CHOWN, 1, 0, 0}, false},
	{"keyctl", []uint64{unix.KEYCTL_SETPERM, 1, 7, 7}, false},
	{"mknod", []uint64{1, unix.S_IFCHR | 0o666, 0x103}, true},
	{"mknod", []uint64{1, unix.S_IFCHR | 0o666, 0}, false},
	{"mknod", []uint64{1, unix.S_IFBLK | 0o666, 0}, true},
	{"mknod", []uint64{1, unix.S_IFIFO, 0x103}, false},
	{"mknod", []uint64{1, unix.S_IFSOCK, 0x103}, false},
	{"mknod", []uint64{1, unix.S_IFREG, 0x103}, false},
	{"mknod", []uint64{1, 0, 0x103}, false},
	{"mknodat", []uint64{1, 1, unix.S_IFCHR, 0x103}, true},
	{"mknodat", []uint64{1, 1, unix.S_IFDIR, 0x103}, false},
	{"chroot", []uint64{1}, false},
	{"fsync", []uint64{1}, false},
}

// A decision is what a filter does with a call.
type decision struct {
	call string
	args []uint64
	fake bool
}

// notified is the same for a filter that has a listener.
func (d *decision) notified(c *call) int {
	switch {
	case c.does == entersRoots:
		return unix.SECCOMP_RET_USER_NOTIF | Watched
	case d.fake && c.does == makesDevices:
		return unix.SECCOMP_RET_USER_NOTIF
	case d.fake:
		return unix.SECCOMP_RET_ERRNO
	}
	return unix.SECCOMP_RET_ALLOW
}

func TestDecisions(t *testing.T) {
	for _, goarch := range goarches {
		o := faking()
		code, err := o.build(abisOf(goarch))
		if err != nil {
			t.Fatal(goarch, err)
		}
		o = notifying()
		listened, err := o.build(abisOf(goarch))
		if err != nil {
			t.Fatal(goarch, err)
		}
		for _, abi := range abisOf(goarch) {
			for _, d := range decisions {
				for _, c := range calls {
					if c.name == d.call && c.numbers[abi.column] != 0 {
						what, in := fmt.Sprintf("%s of %s %x", c.name, goarch, abi.arch), data(abi, c.numbers[abi.column], d.args...)
						check(t, code, what, in, d.fake)
						expect(t, listened, what, in, d.notified(&c))
					}
				}
			}
		}
	}
}

// A mount whose options may name ids is the listener's, for as long as there is one.
func TestMounts(t *testing.T) {
	const magic = 0xc0ed0000 // MS_MGC_VAL of mount(2)
	for _, goarch := range goarches {
		faked, left := faking(), notifying()
		without, err := faked.build(abisOf(goarch))
		if err != nil {
			t.Fatal(goarch, err)
		}
		with, err := left.build(abisOf(goarch))
		if err != nil {
			t.Fatal(goarch, err)
		}
		for _, c := range []struct {
			call  string
			args  []uint64
			isOne bool
		}{
			{"mount", []uint64{1, 2, 3, 0, 4}, true},
			{"mount", []uint64{1, 2, 3, unix.MS_NOSUID | unix.MS_NODEV, 4}, true},
			{"mount", []uint64{1, 2, 3, magic | unix.MS_NOSUID, 4}, true},
			{"mount", []uint64{1, 2, 3, 0, 0}, false},
			{"mount", []uint64{1, 2, 3, unix.MS_BIND | unix.MS_REC, 4}, false},
			{"mount", []uint64{1, 2, 3, unix.MS_MOVE, 4}, false},
			{"mount", []uint64{1, 2, 3, unix.MS_REMOUNT | unix.MS_RDONLY, 4}, false},
			{"mount", []uint64{1, 2, 3, unix.MS_REC | unix.MS_PRIVATE, 0}, false},
			{"fsconfig", []uint64{1, unix.FSCONFIG_SET_STRING, 2, 3, 0}, true},
			{"fsconfig", []uint64{1, unix.FSCONFIG_SET_FLAG, 2, 0, 0}, false},
			{"fsconfig", []uint64{1, unix.FSCONFIG_CMD_CREATE, 0, 0, 0}, false},
		} {
			want := map[bool]int{true: unix.SECCOMP_RET_USER_NOTIF | Watched, false: unix.SECCOMP_RET_ALLOW}[c.isOne]
			for _, abi := range abisOf(goarch) {
				in := data(abi, tabled(abi.column)[c.call], c.args...)
				check(t, without, goarch+" "+c.call, in, false)
				expect(t, with, goarch+" "+c.call, in, want)
			}
		}
	}
}

func check(t *testing.T, code []bpf.Instruction, what string, data []byte, fake bool) {
	t.Helper()
	expect(t, code, what, data, map[bool]int{true: unix.SECCOMP_RET_ERRNO, false: unix.SECCOMP_RET_ALLOW}[fake])
}

func expect(t *testing.T, code []bpf.Instruction, what string, data []byte, want int) {
	t.Helper()
	machine, err := bpf.NewVM(code)
	if err != nil {
		t.Fatal(err)
	}
	got, err := machine.Run(data)
	if err != nil || got != want {
		t.Errorf("%s %x: decision %x, want %x: %v", what, data[16:], got, want, err)
	}
}

func TestSync(t *testing.T) {
	for _, goarch := range goarches {
		o := unsynced()
		code, err := o.build(abisOf(goarch))
		if err != nil {
			t.Fatal(goarch, err)
		}
		for _, abi := range abisOf(goarch) {
			for _, c := range calls {
				if n := c.numbers[abi.column]; n != 0 {
					check(t, code, c.name, data(abi, n, 1, 1, unix.MS_SYNC|unix.MS_INVALIDATE), c.does == syncs)
					check(t, code, c.name, data(abi, n, 1, 1, unix.MS_ASYNC), c.does == syncs && c.name != "msync")
				}
			}
		}
	}
}

// Ids of 16 bits: the rest of the register does not count, and 65535 stands for no change
// (chown(2)).
func TestShortIDs(t *testing.T) {
	o := faking()
	code, err := o.build(abisOf("amd64"))
	if err != nil {
		t.Fatal(err)
	}
	const chown16 = 182
	abi := abisOf("amd64")[1]
	for id, fake := range map[uint64]bool{0xffff: false, 0xffffffff: false, 0x10000: false, 0x10001: true, 0x12340065: false, 0x67: true} {
		check(t, code, "chown", data(abi, chown16, 1, id, 0), fake)
	}
}

func TestUnknownIsAllowed(t *testing.T) {
	o := faking()
	o.NoSync = true
	code, err := o.build(abisOf("amd64"))
	if err != nil {
		t.Fatal(err)
	}
	x64 := abisOf("amd64")[0]
	check(t, code, "another arch", data(abi{arch: unix.AUDIT_ARCH_PPC64LE}, 92, 1, 1, 1), false)
	check(t, code, "x32", data(x64, x32|92, 1, 1, 1), true)
	check(t, code, "number -1", data(x64, none, 1, 1, 1), false)
	o.Setgroups = true
	if code, err = o.build(abisOf("amd64")); err != nil {
		t.Fatal(err)
	}
	check(t, code, "setgroups", data(x64, 116), false)
	if _, err := o.build(nil); err == nil {
		t.Error("a machine without a table has a filter")
	}
}

// What is not in the table is allowed without a look at the arguments, which the kernel remembers:
// it follows the filter as here for each number (seccomp_is_const_allow in kernel/seccomp.c).
func TestAllowedByNumber(t *testing.T) {
	for _, goarch := range goarches {
		o := notifying()
		o.NoSync, o.Execs = true, true
		code, err := o.build(abisOf(goarch))
		if err != nil {
			t.Fatal(err)
		}
		for _, abi := range abisOf(goarch) {
			touched := []uint32{}
			for _, c := range calls {
				touched = append(touched, c.numbers[abi.column])
			}
			for n := uint32(1); n < 600; n++ {
				if got := byNumber(code, abi.arch, n); got == slices.Contains(touched, n) {
					t.Errorf("%s %x: number %d: allowed whatever the arguments: %v", goarch, abi.arch, n, got)
				}
			}
		}
	}
}

// byNumber tells whether a call is allowed as soon as its number is known.
func byNumber(code []bpf.Instruction, arch, number uint32) bool {
	value := uint32(0)
	for at := 0; ; at++ {
		switch i := code[at].(type) {
		case bpf.LoadAbsolute:
			if i.Off > offsetArch {
				return false
			}
			value = map[uint32]uint32{offsetNumber: number, offsetArch: arch}[i.Off]
		case bpf.ALUOpConstant:
			value &= i.Val
		case bpf.Jump:
			at += int(i.Skip)
		case bpf.JumpIf:
			holds := map[bpf.JumpTest]bool{bpf.JumpEqual: value == i.Val, bpf.JumpGreaterOrEqual: value >= i.Val}[i.Cond]
			at += int(map[bool]uint8{true: i.SkipTrue, false: i.SkipFalse}[holds])
		case bpf.RetConstant:
			return i.Val == unix.SECCOMP_RET_ALLOW
		}
	}
}

// A map has up to 340 lines. What would make too long a filter is an error, and jumps that are too
// long are not.
func TestLongMaps(t *testing.T) {
	for count, fits := range map[int]bool{1: true, 20: true, 90: true, 340: false} {
		o := Options{FakeIDs: true}
		for i := range count {
			o.Users = append(o.Users, idmap.Range{First: uint32(i * 100), Count: 50})
			o.Groups = append(o.Groups, idmap.Range{First: uint32(i * 100), Count: 50})
		}
		code, err := o.build(abisOf("amd64"))
		if (err == nil) != fits {
			t.Fatalf("%d ranges: %v", count, err)
		}
		for i := 0; err == nil && i < count; i++ {
			for id, fake := range map[uint64]bool{0: false, 49: false, 50: true, 99: true} {
				check(t, code, "setresuid", data(abisOf("amd64")[0], 117, 0, id+uint64(i)*100, 0), fake)
			}
		}
	}
	o := Options{FakeIDs: true, Users: []idmap.Range{{First: 1, Count: none - 1}, {First: 0, Count: 1}}}
	if got := merge(o.Users); len(got) != 1 || got[0] != (idmap.Range{First: 0, Count: none}) {
		t.Errorf("merged to %v", got)
	}
}

func TestSizes(t *testing.T) {
	for _, goarch := range goarches {
		o := Options{FakeIDs: true, Nodes: true, NoSync: true, Users: users[1:], Groups: groups[:1]}
		code, err := o.build(abisOf(goarch))
		if err != nil || len(code) > 300 {
			t.Errorf("%s: %d instructions: %v", goarch, len(code), err)
		}
		t.Log(goarch, len(code))
	}
}

// What the listener is told is what the filter leaves to it.
func TestNotified(t *testing.T) {
	o := notifying()
	code, err := o.build(abisOf(runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	for _, abi := range abisOf(runtime.GOARCH) {
		for n := range uint32(600) {
			name, want := Notified(abi.arch, int32(n)), unix.SECCOMP_RET_USER_NOTIF
			switch name {
			case "mknod":
				expect(t, code, name, data(abi, n, 1, unix.S_IFBLK, 1), want)
			case "mknodat":
				expect(t, code, name, data(abi, n, 0, 1, unix.S_IFBLK, 1), want)
			case "chroot":
				expect(t, code, name, data(abi, n, 1), want|Watched)
			case "mount":
				expect(t, code, name, data(abi, n, 1, 1, 1, 0, 1), want|Watched)
			case "fsconfig":
				expect(t, code, name, data(abi, n, 1, unix.FSCONFIG_SET_STRING, 1, 1), want|Watched)
			case "":
				if byNumber(code, abi.arch, n) {
					continue
				}
				for mode := range 4 {
					machine, _ := bpf.NewVM(code)
					if got, err := machine.Run(data(abi, n, unix.S_IFBLK, unix.S_IFBLK, unix.S_IFBLK, uint64(mode))); err != nil || got&^Watched == want {
						t.Errorf("number %d of %x is notified of", n, abi.arch)
					}
				}
			}
		}
	}
	if name := Notified(unix.AUDIT_ARCH_X86_64, x32|133); runtime.GOARCH == "amd64" && name != "mknod" {
		t.Errorf("x32: %q", name)
	}
}

// Of the calls that execute programs the listener gets all but its own.
func TestExecs(t *testing.T) {
	const pass = 0x89abcdef
	o := Options{Execs: true, Pass: pass}
	for _, goarch := range goarches {
		code, err := o.build(abisOf(goarch))
		if err != nil {
			t.Fatal(err)
		}
		for _, abi := range abisOf(goarch) {
			for i := range calls {
				c := &calls[i]
				if c.does != executes {
					continue
				}
				number, own := c.numbers[abi.column], unix.SECCOMP_RET_USER_NOTIF|Watched
				if got := Notified(abi.arch, int32(number)); goarch == runtime.GOARCH && got != c.name {
					t.Errorf("%s is called %q", c.name, got)
				}
				expect(t, code, c.name, data(abi, number, 1, 2, 3, 4, 5, pass+1), own)
				if c.only.kind == isPassed {
					own = unix.SECCOMP_RET_ALLOW
				}
				expect(t, code, c.name, data(abi, number, 1, 2, 3, 4, 5, 7<<32|pass), own)
			}
			check(t, code, "getpid", data(abi, 39), false)
		}
	}
}
