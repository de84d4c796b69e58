package cmdline

import (
	"path/filepath"

	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/remedy"
)

func setNative(o *Options, v string) (err error) {
	o.Foreign.Native, err = native.Parse(v)
	return err
}

func listNative(o *Options, _ string) (err error) {
	o.Foreign.ListNative = true
	if o.Foreign.Native == nil {
		o.Foreign.Native, err = native.Parse("")
	}
	return err
}

func setNativeRoot(o *Options, v string) (err error) { return setDir(&o.Foreign.NativeRoot, v) }

func setNativeTree(o *Options, v string) (err error) { return setDir(&o.Foreign.NativeTree, v) }

// setDir takes a directory, whatever the working directory is later.
func setDir(dir *string, v string) (err error) {
	if err = notEmpty(v); err == nil {
		*dir, err = absolute(v)
	}
	return err
}

// absolute is filepath.Abs, in words about what was typed.
func absolute(v string) (string, error) {
	dir, err := filepath.Abs(v)
	if err != nil {
		err = remedy.Errorf("go to a directory that is there, or write an absolute path",
			"%s starts at the working directory, which cannot be found: %w", v, cause(err))
	}
	return dir, err
}

// validateNative finds what says something of native programs where there are none.
func (o *Options) validateNative() error {
	switch {
	case o.Foreign.NativeTree != "" && o.Root != "":
		return remedy.New("--native-tree is for a program that enters trees by itself, and here xunshare does", "leave it out: the programs are those of "+o.Root)
	case o.Foreign.Native != nil && o.Root == "" && o.Foreign.NativeTree == "":
		return remedy.New("--native is for the programs of a tree, and there is none", "add --into=DIR, or --root=DIR with --arch=auto",
			"if PROGRAM enters trees by itself, --native-tree=DIR names one like them")
	case o.Foreign.Native != nil && !o.Loads():
		return remedy.New("--native is for what would be emulated, and nothing is", "add --arch=auto")
	case o.Foreign.NativeTree != "" && o.Foreign.Native == nil:
		return remedy.New("--native-tree says whose programs are native, and there are none", "add --native")
	case o.Foreign.NativeRoot != "" && o.Foreign.Native == nil:
		return remedy.New("--native-root says where native programs come from, and there are none", "add --native")
	}
	return nil
}
