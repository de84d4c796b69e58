package binfmt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/environ"
)

// Matches reports whether the rule runs a file that starts with start and is called name, as
// load_misc_binary of fs/binfmt_misc.c decides it: bytes that a short file does not have count as
// NUL.
func (r *Rule) Matches(start []byte, name string) bool {
	if r.Type == 'E' {
		dot := bytes.LastIndexByte([]byte(name), '.')
		return dot >= 0 && name[dot+1:] == r.Extension
	}
	var buf [Window]byte
	copy(buf[:], start)
	for i, m := range r.Magic {
		mask := byte(0xff)
		if len(r.Mask) > 0 {
			mask = r.Mask[i]
		}
		if (m^buf[r.Offset+i])&mask != 0 {
			return false
		}
	}
	return true
}

// Sample returns the ELF header of a program for a that has nothing in it: no program headers.
func (a *Arch) Sample() []byte {
	l, order := &layout64, a.order()
	if a.Class == class32 {
		l = &layout32
	}
	h := make([]byte, l.size)
	copy(h, a.Rule("", "").Magic)
	order.PutUint16(h[l.phentsize:], uint16(l.entry))
	order.PutUint32(h[20:], 1) // e_version
	return h
}

func (a *Arch) order() binary.ByteOrder {
	if a.Data == dataBE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tryPatience is how long Runs waits for an emulator to refuse the sample. It takes some
// milliseconds.
const tryPatience = 5 * time.Second

// Runs finds out, by executing a sample, whether this process's user namespace has rules that run
// programs of a: execve(2) of the sample fails with ENOEXEC where it has none. An emulator that was
// started refuses the sample, which does not count. Which instance of binfmt_misc holds here cannot
// be seen from /proc: another one may be mounted there, or none.
func (a *Arch) Runs() bool {
	err := try(a.Sample())
	var ended *environ.ExitError
	return err == nil || errors.As(err, &ended) && !errors.Is(err, syscall.ENOEXEC)
}

// try executes a file with this content and waits for it. The error is that of execve(2), an
// *environ.ExitError, or another that tells nothing.
func try(image []byte) error {
	fd, err := unix.MemfdCreate("xunshare-sample", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "sample")
	defer file.Close()
	if _, err := unix.Write(fd, image); err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(context.Background(), tryPatience)
	defer cancel()
	cmd := environ.CommandContext(soon, "/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{file}
	return cmd.Run()
}
