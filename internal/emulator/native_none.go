//go:build !amd64 && !arm64

package emulator

func lookup() []byte { return nil }
