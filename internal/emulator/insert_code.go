//go:build amd64 || arm64

package emulator

import "unsafe"

// insertCode is where the code lies that a copy begins with.
func insertCode() (start, end *byte)

// code is the machine code that a copy begins with; empty where there is none for this machine.
func code() []byte {
	start, end := insertCode()
	return unsafe.Slice(start, uintptr(unsafe.Pointer(end))-uintptr(unsafe.Pointer(start)))
}
