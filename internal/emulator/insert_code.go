//go:build amd64 || arm64

package emulator

import "unsafe"

// insertCode is where the code lies that a copy begins with.
func insertCode() (start, end *byte)

// code is the machine code that a copy begins with; empty where there is none for this machine.
func code() []byte { return between(insertCode()) }

func between(start, end *byte) []byte {
	return unsafe.Slice(start, uintptr(unsafe.Pointer(end))-uintptr(unsafe.Pointer(start)))
}
