package binfmt

import (
	"fmt"
	"syscall"

	"github.com/xunshare/xunshare/internal/verb"
)

// Explain says what can be done about a step of this package that failed. Nil if it was not one of
// ours or nothing helps.
func Explain(failed *verb.Error) []string {
	switch call := failed.Step.Call.(type) {
	case verb.NewMount:
		if call.Type == filesystem {
			return explainInstance(failed.Errno)
		}
	case verb.Mount:
		if call.Type == filesystem {
			return explainInstance(failed.Errno)
		}
	case verb.WriteFile:
		if call.Path == register {
			return explainRegister(failed.Errno)
		}
	}
	return nil
}

// IsInstance tells whether a call makes an instance of binfmt_misc.
func IsInstance(c verb.Call) bool {
	made, ok := c.(verb.NewMount)
	return ok && made.Type == filesystem
}

func explainInstance(errno syscall.Errno) []string {
	switch errno {
	case syscall.ENOENT:
		return []string{"the mount point has to exist: create it with mkdir"}
	case syscall.ENODEV:
		if !PerNamespace() { // loaded or not, it is no use here
			return olderKernel()
		}
		return []string{"this kernel has no binfmt_misc (CONFIG_BINFMT_MISC); an administrator may try: modprobe binfmt_misc"}
	case syscall.EPERM, syscall.EACCES, syscall.EINVAL, syscall.ENOSYS:
		return olderKernel()
	}
	return nil
}

func olderKernel() []string {
	return []string{fmt.Sprintf("user namespaces have rules of their own since Linux 6.7, this is %s; --binfmt=trace does without, or "+
		"an administrator can register the rule for everybody, with flag F, and no rule is needed here", Release())}
}

func explainRegister(errno syscall.Errno) []string {
	switch errno {
	case syscall.EINVAL:
		return []string{"the kernel does not understand the rule: P, O, C, F are the flags that every kernel knows, T, L, D need Linux 7.3"}
	case syscall.EEXIST:
		return []string{"a rule of this name is loaded already"}
	case syscall.ENOSPC:
		return []string{"too many emulators are held open: see user.max_binfmt_misc_interpreters"}
	case syscall.ENOENT, syscall.EACCES, syscall.ENOTDIR:
		return []string{"with flag F the kernel opens the emulator while the rule is written: check its path and permissions"}
	case syscall.ETXTBSY:
		return []string{"the emulator is open for writing: wait until its installation is finished"}
	}
	return nil
}
