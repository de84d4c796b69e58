package trace

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// credentials are those by which the kernel judges who may execute a file.
type credentials struct {
	user    uint32
	groups  []uint32 // its own, and the supplementary ones
	capable bool     // CAP_DAC_OVERRIDE
	mixed   bool     // the user, or the group, is not the same in all respects
}

// credentialsOf reads proc_pid_status(5).
func credentialsOf(pid int) (c credentials) {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch fields := strings.Fields(value); name {
		case "Uid": // real, effective, saved, for files
			c.user = id(fields[len(fields)-1])
			c.mixed = c.mixed || len(slices.Compact(fields)) > 1
		case "Gid":
			c.groups = append(c.groups, id(fields[len(fields)-1]))
			c.mixed = c.mixed || len(slices.Compact(fields)) > 1
		case "Groups":
			for _, f := range fields {
				c.groups = append(c.groups, id(f))
			}
		case "CapEff":
			set, _ := strconv.ParseUint(fields[0], 16, 64)
			c.capable = set>>unix.CAP_DAC_OVERRIDE&1 != 0
		}
	}
	return c
}

func (c *credentials) inGroup(group uint32) bool { return slices.Contains(c.groups, group) }

// processOf is the process of a thread, from proc_pid_status(5).
func processOf(thread int) int {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(thread) + "/status")
	for line := range strings.Lines(string(text)) {
		if number, found := strings.CutPrefix(line, "Tgid:"); found {
			return int(id(strings.TrimSpace(number)))
		}
	}
	return 0
}

// parentOf is a process's parent; 0 if it has none here.
func parentOf(pid int) int {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // after the name, which may hold anything
	if len(fields) < 2 {
		return 0
	}
	return int(id(fields[1]))
}

func id(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}
