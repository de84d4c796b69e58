//go:build !amd64 && !arm64

package caller

func grow() {}
