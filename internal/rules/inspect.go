package rules

import (
	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
)

// Inspect looks into a file as the target will see it. Nil if it cannot.
func Inspect(in *inside.Root, file string) *binfmt.Image {
	f, err := in.Read(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	image, _ := binfmt.Inspect(f)
	return image
}

// maxScripts is how many scripts may stand in a row before the kernel gives up (exec_binprm in
// fs/exec.c).
const maxScripts = 5

// Behind is what runs a file in the end: the file itself or, of a script, what its interpreters
// lead to. Image is nil if that is not there.
func Behind(in *inside.Root, file string) (name string, image *binfmt.Image) {
	name, image = file, Inspect(in, file)
	for depth := 0; image != nil && image.Kind == binfmt.KindScript && depth < maxScripts; depth++ {
		name, image = image.Interpreter, Inspect(in, image.Interpreter)
	}
	return name, image
}

// header reads the ELF header of a program or, of a script, that of the program which runs it. Nil
// if there is none.
func (c *chooser) header(file string) *binfmt.Header {
	if _, image := Behind(c.in, file); image != nil {
		return image.ELF
	}
	return nil
}
