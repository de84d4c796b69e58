package native

import (
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
)

// goProgram is an ELF file for arm64 with nothing in it but Go's build-id.
func goProgram(id string) string {
	word, half := binary.LittleEndian.AppendUint64, binary.LittleEndian.AppendUint16
	b := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00\x01\x00\x00\x00")
	b = word(word(word(b, 0x10000), 64), 0) // entry, program headers, sections
	for _, n := range []uint16{0, 0, 64, 56, 1, 64, 0, 0} {
		b = half(b, n)
	}
	size := uint64(16 + (len(id)+3)&^3)
	b = word(word(word(word(word(word(word(b, 4|4<<32), 120), 0), 0), size), size), 4) // PT_NOTE, PF_R
	b = append(word(b, 4|uint64(len(id))<<32), "\x04\x00\x00\x00Go\x00\x00"+id+"\x00\x00\x00"...)
	return string(b[:120+size])
}

// Go's programs are known by the end of its build-id, and run natively if the version is the same.
func TestGo(t *testing.T) {
	const id = "f-52S3zPOnmz_3W1kLUq/mPV9u1ejTSUqq8xLyikc/WUzlQqIB7uLtlF1pyhm2/izMch2f1z-xu1dlIfd-V"
	const release = "ID=debian\nVERSION_ID=12\n"
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	host := root(t, map[string]string{"/etc/os-release": release, "/usr/lib/go-1.19/VERSION": "go1.19.8",
		"/usr/lib/go-1.19" + goTools + runtime.GOARCH + "/compile": string(program)})
	r, err := Parse("@go")
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"go1.19.8": "", "go1.19.9": "this machine has another version of Go"} {
		guest := "/usr/lib/go-1.19" + goTools + "arm64/compile"
		tree := root(t, map[string]string{"/usr/lib/os-release": release, "/usr/lib/go-1.19/VERSION": version, guest: goProgram(id), "/usr/lib/go/x": ""})
		f := Finder{Tree: &inside.Root{Root: tree}, Arch: binfmt.FindArch("arm64"), HostRoot: host}
		found := 0
		for _, tool := range f.Find(r) {
			if tool.Guest == "" {
				continue
			}
			found++
			known := emulator.Native{Offset: 120 + 16 + uint32(len(id)) - 20, Flags: emulator.GoArchUnset}
			copy(known.ID[:], id[len(id)-20:])
			copy(known.Head[:], goProgram(id)[headAt:])
			if tool.Name != "go-compile" || tool.Guest != guest || tool.Why != want || (want == "") != strings.HasSuffix(tool.Host, runtime.GOARCH+"/compile") || tool.Known != known {
				t.Errorf("%s: %+v", version, tool)
			}
		}
		if found != 1 {
			t.Errorf("%d programs", found)
		}
	}
}
