package process

import (
	"bytes"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory is read and written up to what is not there, by either way.
func TestMemory(t *testing.T) {
	page := os.Getpagesize()
	region, err := unix.Mmap(-1, 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	start := int64(uintptr(unsafe.Pointer(&region[0])))
	if err := unix.Mprotect(region[2*page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	file, err := OpenMemory(os.Getpid(), unix.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, m := range []Memory{file, {os.Getpid(), -1}} {
		const at = 100
		text := bytes.Repeat([]byte("0123456789"), page/10+20) // more than a page
		if n, err := m.WriteAt(text, start+at); err != nil || n != len(text) {
			t.Errorf("stays %v: wrote %d: %v", m.Stays(), n, err)
		}
		got := make([]byte, 2*page)
		n, err := m.ReadAt(got, start+at)
		if m.Stays() { // who may trace reads what the process itself may not
			n = min(n, 2*page-at)
		}
		if err != nil || n != 2*page-at || !bytes.Equal(got[:len(text)], text) {
			t.Errorf("stays %v: read %d: %v", m.Stays(), n, err)
		}
		if n, err := m.ReadAt(got, 8); err == nil {
			t.Errorf("stays %v: read %d where there is nothing", m.Stays(), n)
		}
	}
}
