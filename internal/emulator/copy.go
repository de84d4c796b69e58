package emulator

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
)

// mark is what a marked copy has in the last byte of e_ident, which is padding: neither the kernel
// nor a loader looks at it.
const (
	mark   = 0x51
	markAt = 15
)

// Copy is a copy of an emulator in memory, and what is different in it.
type Copy struct {
	// Mark makes one that no rule of package binfmt matches, because those want 0 where it has a
	// mark. It is for emulators of this machine's own architecture: a rule that matches its own
	// interpreter makes every execve(2) that it applies to fail (ELOOP).
	Mark bool
	// Env is what each start of the copy finds in its environment, whatever that is otherwise.
	Env []Variable
	// Native are the programs that it does not run, and Plugin is where native linkers find GCC's.
	Native []Native
	Plugin string
}

// Key is all that decides how a copy of a file turns out: what it is told, and the instructions that it
// begins with.
func (c Copy) Key() string { return fmt.Sprintf("%v %x %x", c, lookup(), code()) }

// Marked makes a copy of the emulator at path that has a mark and nothing else.
func Marked(path string) (fd int, err error) { return Copy{Mark: true}.Of(path) }

// Of makes the copy of the emulator at path.
//
// It is in memory, as large as the file, sealed and close-on-exec. The rule's interpreter is
// /proc/self/fd/N with flag F; once the rule has been written the descriptor can be closed.
func (c Copy) Of(path string) (fd int, err error) {
	from, err := os.Open(path)
	if err != nil {
		return -1, err
	}
	defer from.Close()
	fd, err = memfd()
	if errors.Is(err, unix.EACCES) {
		return -1, remedy.Errorf("an administrator can allow it: sysctl vm.memfd_noexec=1",
			"vm.memfd_noexec=2 lets no program be run from memory (memfd_create(2): %w)", err)
	}
	if err != nil {
		return -1, fmt.Errorf("memfd_create(2): %w", err)
	}
	err = c.write(fd, from)
	if err == nil {
		err = seal(fd)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("copy %s: %w", path, err)
	}
	return fd, nil
}

// seal makes what is in memory final. F_SEAL_WRITE is refused (EBUSY) while the kernel holds a page
// of the file for something else, which is soon over (memfd_wait_for_pins in mm/memfd.c). All tries
// together take a fifth of a second.
func seal(fd int) (err error) {
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	for pause := range 20 {
		if _, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != unix.EBUSY {
			return err
		}
		time.Sleep(time.Duration(pause+1) * time.Millisecond)
	}
	return err
}

// Write makes the copy of the emulator at path in a new file, which everybody may execute, whatever
// the umask is.
func (c Copy) Write(file, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	return errors.Join(c.write(int(to.Fd()), from), to.Chmod(0o755), to.Close())
}

// memfd asks for one that may be executed: vm.memfd_noexec may have turned the default. MFD_EXEC is
// Linux 6.3, and EINVAL before.
func memfd() (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("emulator", flags|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) {
		return unix.MemfdCreate("emulator", flags)
	}
	return fd, err
}

// write copies and alters.
func (c Copy) write(fd int, from *os.File) error {
	if err := copyAll(fd, from); err != nil {
		return err
	}
	var ident [markAt + 1]byte
	if n, err := unix.Pread(fd, ident[:], 0); err != nil || n < len(ident) || string(ident[:4]) != "\x7fELF" {
		return errors.New("not an ELF file")
	}
	if c.Mark {
		if _, err := unix.Pwrite(fd, []byte{mark}, markAt); err != nil {
			return err
		}
	}
	if len(c.Env)+len(c.Native) > 0 {
		return insertInto(descriptor(fd), from.Name(), &c)
	}
	return nil
}

// copyAll copies by read(2) and write(2), which any file system has. It takes 6 ms for 10 MB, most
// of it to get the memory; sendfile(2) would save one.
func copyAll(fd int, from *os.File) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := from.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cause(err)
		}
		for part := buf[:n]; len(part) > 0; {
			n, err := unix.Write(fd, part)
			if err != nil {
				return err
			}
			part = part[n:]
		}
	}
}

// cause drops the path, which the sentence has.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
