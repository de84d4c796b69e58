//go:build !amd64

package emulator

func lookup() []byte { return nil }
