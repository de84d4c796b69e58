// Package process looks at other processes through /proc: the files that they have there, their
// status, their memory. /proc must be mounted, and have them under their numbers here.
//
// Not for: changing anything but memory.
package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Path is that of a file of a process's folder in /proc.
func Path(pid int, file string) string { return fmt.Sprintf("/proc/%d/%s", pid, file) }

// Open opens such a file, close-on-exec; -1 if that cannot be.
func Open(pid int, file string, how int) int {
	fd, err := unix.Open(Path(pid, file), how|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// StartOf is the file of that folder which leads to where relative paths of a call start, that has
// this descriptor of a directory.
func StartOf(dir int) string {
	if dir == unix.AT_FDCWD {
		return "cwd"
	}
	return "fd/" + strconv.Itoa(dir)
}

// A Status is what proc_pid_status(5) says of a thread.
type Status struct {
	State   byte // T for stopped, t for stopped by a tracer
	Process int  // of the thread
	Parent  int  // 0 if it has none here
	Umask   uint32

	Users, Groups [4]uint32 // real, effective, saved, for files
	Others        []uint32  // the supplementary groups, in order

	Effective                uint64 // capabilities
	Blocked, Ignored, Caught uint64 // signals
}

// StatusOf reads it.
func StatusOf(pid int) (s Status, err error) {
	text, err := os.ReadFile(Path(pid, "status"))
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		s.take(name, strings.Fields(value))
	}
	return s, err
}

// take takes a line in, if it has to do with us.
func (s *Status) take(name string, words []string) {
	if name == "Groups" {
		for _, word := range words {
			s.Others = append(s.Others, uint32(number(word, 10)))
		}
	}
	if len(words) == 0 {
		return
	}
	switch first := words[0]; name {
	case "State":
		s.State = first[0]
	case "Umask":
		s.Umask = uint32(number(first, 8))
	case "Tgid":
		s.Process = int(number(first, 10))
	case "PPid":
		s.Parent = int(number(first, 10))
	case "Uid":
		s.Users = ids(words)
	case "Gid":
		s.Groups = ids(words)
	case "CapEff":
		s.Effective = number(first, 16)
	case "SigBlk":
		s.Blocked = number(first, 16)
	case "SigIgn":
		s.Ignored = number(first, 16)
	case "SigCgt":
		s.Caught = number(first, 16)
	}
}

func ids(words []string) (list [4]uint32) {
	for i := range min(len(words), len(list)) {
		list[i] = uint32(number(words[i], 10))
	}
	return list
}

func number(text string, base int) uint64 {
	n, _ := strconv.ParseUint(text, base, 64)
	return n
}
