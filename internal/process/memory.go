package process

import "golang.org/x/sys/unix"

// Memory is that of another process.
type Memory struct {
	pid int
	fd  int // of /proc/PID/mem; negative where its mode does not let this process open it
}

// OpenMemory opens the memory of a process as it is now: after execve(2) it has another. To a
// process of one of the caller's sub-ids, whose files in /proc are that user's, it goes by
// process_vm_readv(2), which asks for capabilities in the user namespace alone; engines of
// containers have forbidden that at times.
func OpenMemory(pid, how int) (Memory, error) {
	fd, err := unix.Open(Path(pid, "mem"), how|unix.O_CLOEXEC, 0)
	if err == unix.EACCES {
		return Memory{pid, -1}, nil
	}
	return Memory{pid, fd}, err
}

// Stays tells whether it is the same memory after execve(2), and not the process's new one. If so,
// what is written beneath a stack makes that grow.
func (m Memory) Stays() bool { return m.fd >= 0 }

// Close is needed even if nothing was read.
func (m Memory) Close() {
	if m.fd >= 0 {
		unix.Close(m.fd)
	}
}

// ReadAt reads up to what is not there; the error is for nothing at all.
func (m Memory) ReadAt(text []byte, at int64) (int, error) {
	if m.fd >= 0 {
		return unix.Pread(m.fd, text, at)
	}
	return m.pages(text, at, unix.ProcessVMReadv)
}

// WriteAt writes up to what is not there.
func (m Memory) WriteAt(text []byte, at int64) (int, error) {
	if m.fd >= 0 {
		return unix.Pwrite(m.fd, text, at)
	}
	return m.pages(text, at, unix.ProcessVMWritev)
}

// pages calls move for each page: no call does a part of one.
func (m Memory) pages(text []byte, at int64, move func(int, []unix.Iovec, []unix.RemoteIovec, uint) (int, error)) (done int, err error) {
	page := int64(unix.Getpagesize())
	for done < len(text) {
		here := at + int64(done)
		part := text[done:min(len(text), done+int(page-here%page))]
		local := unix.Iovec{Base: &part[0]}
		local.SetLen(len(part))
		n, err := move(m.pid, []unix.Iovec{local}, []unix.RemoteIovec{{Base: uintptr(here), Len: len(part)}}, 0)
		done += max(n, 0)
		if err != nil && done == 0 {
			return 0, err
		}
		if n < len(part) {
			break
		}
	}
	return done, nil
}
