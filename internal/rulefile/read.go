package rulefile

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// maxFile is far more than all rules there are.
const maxFile = 1 << 20

// read returns the text of a regular file. Package os would start the poller of the Go runtime for
// that; and it would wait for a writer to a fifo, which O_NONBLOCK does not (fifo(7)).
func read(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	text, err := readAll(fd)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

func readAll(fd int) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return "", notRegular(st.Mode & unix.S_IFMT)
	}
	text, err := io.ReadAll(io.LimitReader(descriptor(fd), maxFile+1))
	if err == nil && len(text) > maxFile {
		return "", errors.New("it has more than 1 MiB, too much for a file of rules")
	}
	return string(text), err
}

// notRegular is the type (S_IFMT) of what is no regular file. It is not read: that may do anything,
// or never end.
type notRegular uint32

func (m notRegular) Error() string {
	switch m {
	case unix.S_IFDIR:
		return "it is a directory, not a file of rules"
	case unix.S_IFIFO:
		return "it is a fifo, not a file of rules"
	}
	return "it is a device, not a file of rules"
}

// descriptor reads from a file descriptor.
type descriptor int

func (d descriptor) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), p)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// list returns the names in a directory, in the order in which the kernel gives them.
func list(fd int) (names []string, err error) {
	buf := make([]byte, 8192)
	for {
		n, err := unix.Getdents(fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return names, nil
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}

// listDir is list for a path; a directory that cannot be read has no names.
func listDir(path string) []string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	names, _ := list(fd)
	return names
}
