//go:build amd64 || arm64

package caller

// grow needs 40 KB of stack, and touches none of it. A goroutine begins with 2 KB, and each time
// that it needs more the runtime copies its stack to one of twice the size: 2, 4, 8 and 16 KB more,
// all of whose pages are new.
func grow()
