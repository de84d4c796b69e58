package emulator

import (
	"bytes"
	"io"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Version is a version of QEMU.
type Version struct {
	Major, Minor int
	Text         string // all of it: "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"
}

// identify finds out what an emulator is. QEMU is what says so inside; of a file that cannot be
// read the name has to do, and its version stays unknown. The others are told by name.
func (s *Search) identify(file binfmt.Interpreter) (Kind, Version) {
	base := path.Base(file.Path)
	switch base {
	case "FEX", "FEXInterpreter":
		return FEX, Version{}
	case "box64", "box32":
		return Box64, Version{}
	case "blink":
		return Blink, Version{}
	}
	if file.Image == nil {
		if strings.HasPrefix(base, "qemu-") {
			return QEMU, Version{}
		}
		return Unknown, Version{}
	}
	f, err := s.open(file.Path, unix.O_RDONLY)
	if err != nil {
		return Unknown, Version{}
	}
	defer f.Close()
	if v, found := ReadVersion(f); found {
		return QEMU, v
	}
	return Unknown, Version{}
}

const (
	// anchor is part of what qemu-user prints for --version (QEMU_COPYRIGHT,
	// include/qemu/help-texts.h), all of which is one string of the program:
	//
	//	qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)
	//	Copyright (c) 2003-2022 Fabrice Bellard and the QEMU Project developers
	//
	// 11.1 has it as 2.x had it.
	anchor = "Fabrice Bellard"

	chunk    = 64 << 10 // bytes to be read at once
	maxText  = 512      // bytes in front of the anchor that may belong to the string
	maxBytes = 8 << 20  // bytes to look through, all in all
)

// ReadVersion returns the version that a qemu-user program would print, and whether it is one. It
// looks through the constants of the program, and through no more than 8 MiB of any file.
//
// It costs 20 microseconds for the static qemu-aarch64 7.2, where the string is 127 KB into 2.9 MB;
// 0.1 ms for qemu-hexagon (610 KB), and 0.5 ms to see that it is nowhere in 2.9 MB. Chunks of 32 to
// 128 KB take the same within noise; reading the section at once takes 540 microseconds, mmap(2)
// 32, with MAP_POPULATE 310.
func ReadVersion(r io.ReaderAt) (Version, bool) {
	buf := make([]byte, maxText+chunk)
	left := uint64(maxBytes)
	for _, area := range constants(r) {
		area.size = min(area.size, left)
		left -= area.size
		if v, found := area.version(r, buf); found {
			return v, true
		}
	}
	return Version{}, false
}

// version looks through one area, a chunk at a time. What is in front of a chunk is kept: the
// string may begin there, and the anchor too.
func (a area) version(r io.ReaderAt, buf []byte) (Version, bool) {
	kept := 0
	for a.size > 0 {
		want := min(a.size, uint64(len(buf)-kept))
		n, _ := r.ReadAt(buf[kept:kept+int(want)], int64(a.offset))
		text := buf[:kept+n]
		if v, found := findVersion(text); found {
			return v, true
		}
		if uint64(n) < want {
			return Version{}, false // the file ends here, whatever its headers say
		}
		a.offset, a.size = a.offset+want, a.size-want
		kept = copy(buf, text[max(0, len(text)-maxText):])
	}
	return Version{}, false
}

// findVersion looks at each anchor in text. One at the very start may have lost what is before it.
func findVersion(text []byte) (Version, bool) {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(anchor))
		if i < 0 {
			return Version{}, false
		}
		at := from + i
		before := text[max(0, at-maxText):at]
		if v, ok := parseVersion(string(before[bytes.LastIndexByte(before, 0)+1:])); ok {
			return v, true
		}
		from = at + len(anchor)
	}
}

// parseVersion reads what is in front of the anchor: "qemu-T version 7.2.22 (...)\nCopyright (c)
// 2003-2022 ".
func parseVersion(s string) (v Version, ok bool) {
	line, rest, _ := strings.Cut(s, "\n")
	target, text, found := strings.Cut(line, " version ")
	if !found || !strings.HasPrefix(target, "qemu-") || !strings.HasPrefix(rest, "Copyright ") {
		return Version{}, false
	}
	major, minor, found := strings.Cut(text, ".")
	if !found {
		return Version{}, false
	}
	end := strings.IndexFunc(minor, func(c rune) bool { return c < '0' || c > '9' })
	if end >= 0 {
		minor = minor[:end]
	}
	var errMajor, errMinor error
	v.Major, errMajor = strconv.Atoi(major)
	v.Minor, errMinor = strconv.Atoi(minor)
	v.Text = strings.TrimSpace(text)
	if errMajor != nil || errMinor != nil || v.Major < 0 {
		return Version{}, false
	}
	return v, true
}
