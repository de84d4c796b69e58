//go:build !amd64 && !arm64

package caller

// What has to do with the entry.

func restoreFiles() {}

func grow() {}

// RestoreSlack has nothing to restore.
//
//go:nosplit
func RestoreSlack() {}
