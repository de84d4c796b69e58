//go:build !amd64 && !arm64

package emulator

func code() []byte { return nil }
