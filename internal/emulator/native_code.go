//go:build amd64 || arm64

package emulator

// nativeCode is where the code lies that looks for known programs.
func nativeCode() (start, end *byte)

// lookup is the machine code for that; empty where there is none for this machine.
func lookup() []byte { return between(nativeCode()) }
