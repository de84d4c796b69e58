package difftest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// read makes an observation of what a command printed.
func (f *facts) read(out string, launcher int) Observation {
	o := Observation{}
	add := func(key, value string) {
		if old, ok := o[key]; ok {
			value = old + "\n" + value
		}
		o[key] = value
	}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "argv", "cwd", "umask", "files", "most-files", "uid_map", "gid_map", "setgroups", "timens_offsets", "cgroup",
			"user", "group", "groups", "nice", "env":
			add(key, strings.Join(strings.Fields(value), " "))
		case "pid", "ppid":
			add(key, whose(value, launcher))
		case "status":
			f.status(value, add)
		case "stat":
			f.stat(value, launcher, add)
		case "mountinfo":
			add("mounts", mountLine(strings.Fields(value)))
		case "place":
			f.place(value, add)
		case "link":
			f.link(value, add)
		default:
			add("out", number.ReplaceAllString(line, "[]"))
		}
	}
	for _, key := range []string{"mounts", "env"} {
		if text, ok := o[key]; ok {
			lines := strings.Split(text, "\n")
			slices.Sort(lines)
			o[key] = strings.Join(lines, "\n")
		}
	}
	return o
}

// number is that of a pipe or of a namespace.
var number = regexp.MustCompile(`\[\d+\]`)

// status reads a line of /proc/self/status.
func (f *facts) status(line string, add func(key, value string)) {
	key, value, _ := strings.Cut(line, ":")
	value = strings.Join(strings.Fields(value), " ")
	switch {
	case key == "NSpid":
		add("levels-of-pids", strconv.Itoa(len(strings.Fields(value))))
	case key == "Uid", key == "Gid", key == "Groups", key == "NoNewPrivs", key == "Seccomp",
		strings.HasPrefix(key, "Cap"), strings.HasPrefix(key, "Sig") && key != "SigQ", key == "ShdPnd":
		add(key, value)
	}
}

// stat reads /proc/self/stat (proc_pid_stat(5)).
func (f *facts) stat(line string, launcher int, add func(key, value string)) {
	pid, rest, _ := strings.Cut(line, " ")
	_, rest, _ = strings.Cut(rest, ") ")
	fields := strings.Fields(rest)
	if len(fields) < 17 {
		return
	}
	add("pid-in-proc", whose(pid, launcher))
	add("parent-in-proc", whose(fields[1], launcher))
	add("process-group", whose(fields[2], launcher))
	session := fields[3]
	if session == strconv.Itoa(f.session) {
		session = "the caller's"
	}
	add("session", session)
	add("nice-in-proc", fields[16])
}

// place reads the path, device and inode of a directory.
func (f *facts) place(line string, add func(key, value string)) {
	path, inode, _ := strings.Cut(line, " ")
	name, ok := f.places[inode]
	if !ok {
		name = "elsewhere"
	}
	add("directory-"+path, name)
}

// link reads a link of /proc/self/ns or /proc/self/fd, as two implementations of stat(1) print it.
func (f *facts) link(line string, add func(key, value string)) {
	from, to, _ := strings.Cut(strings.ReplaceAll(line, "'", ""), " -> ")
	kind, isNamespace := strings.CutPrefix(from, "/proc/self/ns/")
	switch {
	case !isNamespace:
		add("descriptors", strings.TrimPrefix(from, "/proc/self/fd/")+" "+number.ReplaceAllString(to, ""))
	case to == f.namespaces[kind]:
		add("namespace-"+kind, "the caller's")
	default:
		add("namespace-"+kind, "new")
	}
}
