package answer

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
)

// cleanMount makes commas of those options of mount(2) that name an owner who is not mapped, and
// the asker mounts what is left: the kernel skips what is empty between commas. They are
// overwritten where they lie, in the asker's memory, read-only or not (proc_pid_mem(5)). So nobody
// mounts anything for an asker that it could not mount itself.
func (s *server) cleanMount(n *listener.Notice) {
	memory := process.Open(int(n.PID), "mem", unix.O_RDWR)
	defer unix.Close(memory)
	at := int64(n.Args[4])
	text := make([]byte, os.Getpagesize()) // as copy_mount_options in fs/namespace.c
	read, err := unix.Pread(memory, text, at)
	if err != nil || !s.listener.Waits(n) {
		return
	}
	options, _, _ := bytes.Cut(text[:read], []byte{0})
	for _, option := range chosenOptions(string(options), func(name, value string) bool { return isForeignOwner(n, name, value) }) {
		_, _ = unix.Pwrite(memory, bytes.Repeat([]byte{','}, option.length), at+int64(option.start)) // if it fails, so does the mount
	}
}

// A span is a part of a text.
type span struct{ start, length int }

// chosenOptions is where the chosen ones of the options of mount(2) lie, each with the comma that
// ends it.
func chosenOptions(options string, chosen func(name, value string) bool) (spans []span) {
	start := 0
	for option := range strings.SplitAfterSeq(options, ",") {
		name, value, _ := strings.Cut(strings.TrimSuffix(option, ","), "=")
		if chosen(name, value) {
			spans = append(spans, span{start, len(option)})
		}
		start += len(option)
	}
	return spans
}

// setsForeignOwner tells whether fsconfig(2) is called with such an option.
func setsForeignOwner(n *listener.Notice) bool {
	name, first := n.Path(n.Args[2])
	value, second := n.Path(n.Args[3])
	return first == 0 && second == 0 && isForeignOwner(n, name, value)
}

// isForeignOwner tells whether an option of a file system names a user or group whom the asker's
// namespace does not have.
func isForeignOwner(n *listener.Notice, name, value string) bool {
	if name != "uid" && name != "gid" {
		return false
	}
	id, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return false
	}
	text, err := os.ReadFile(process.Path(int(n.PID), name+"_map"))
	if err != nil {
		return false
	}
	mapped, err := idmap.ParseMap(string(text))
	return err == nil && !mapped.Has(uint32(id))
}
