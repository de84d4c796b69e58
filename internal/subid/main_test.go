package subid

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, nil) }

// capabilities is the value of security.capability for a program with these (VFS_CAP_REVISION_2).
func capabilities(effective bool, permitted ...uint) []byte {
	attr := make([]byte, 20)
	flags := uint32(0x02000000)
	if effective {
		flags |= 1
	}
	low := uint32(0)
	for _, c := range permitted {
		low |= 1 << c
	}
	binary.LittleEndian.PutUint32(attr, flags)
	binary.LittleEndian.PutUint32(attr[4:], low)
	return attr
}

// files makes a system of these files.
func files(t *testing.T, texts map[string]string) System {
	t.Helper()
	s := System{Root: t.TempDir()}
	for path, text := range texts {
		path = s.Root + path
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// script puts a program that sh runs into PATH, and nothing else.
func script(t *testing.T, name, text string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

// noPrograms leaves nothing in PATH.
func noPrograms(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
}

// message is an error and its remedies, a line each, without the folder of the test.
func message(s System, err error) string {
	if err == nil {
		return ""
	}
	lines := append([]string{err.Error()}, remedy.Hints(err)...)
	text := strings.Join(lines, "\n")
	if s.Root != "" {
		text = strings.ReplaceAll(text, s.Root, "")
	}
	return text
}
