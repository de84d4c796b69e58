//go:build amd64 || arm64

package caller

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// Where the program is saying its last words, nothing is added, and nothing of them is lost.
func TestLastWords(t *testing.T) {
	if _, ok := os.LookupEnv(pieces); ok {
		runtime.GOMAXPROCS(2) // what says a piece keeps its processor, and a machine may have one
		LastWords(func() {
			go say("newosproc")
			time.Sleep(50 * time.Millisecond)
			os.Stderr.WriteString("sentence")
		})
		time.Sleep(time.Minute)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestLastWords$")
	cmd.Env = append(os.Environ(), pieces+"=")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err == nil || said.String() != "sentence" {
		t.Errorf("%v: %q", err, said.String())
	}
}

func say(piece string) {
	writeOrSay(2, unsafe.Pointer(unsafe.StringData("fatal error: ")), 13)
	writeOrSay(2, unsafe.Pointer(unsafe.StringData(piece)), int32(len(piece)))
}

const pieces = "XUNSHARE_TEST_PIECES"

// What the runtime prints comes in pieces: a lack is a sentence, anything else comes out as it was.
func TestWriteOrSay(t *testing.T) {
	if text, ok := os.LookupEnv(pieces); ok {
		for _, piece := range strings.Split(text, "|") {
			writeOrSay(2, unsafe.Pointer(unsafe.StringData(piece)), int32(len(piece)))
		}
		os.Exit(2)
	}
	for text, want := range map[string]string{
		"runtime: failed to create new OS thread (have |2| already; errno=|11|)\n":           "xunshare: no more threads can be started",
		"runtime: out of memory: cannot allocate |4194304|-byte block (|0| in use)\n":        "xunshare: too little memory is allowed",
		"fatal error: |runtime: cannot allocate memory|\n":                                   "xunshare: too little memory is allowed",
		"fatal error: |failed to reserve page summary memory|\n":                             "xunshare: too little memory is allowed",
		"runtime: epollcreate failed with| |24|\n":                                           "xunshare: too few open files",
		"SIGXFSZ: file size limit exceeded|\n":                                               "xunshare: a file would become larger",
		"init |runtime| @|0.1| ms, |16| bytes, |2| allocs|\n|fatal error: |newosproc|\n":     "init runtime @0.1 ms, 16 bytes, 2 allocs\nxunshare: no more threads",
		"panic: |runtime error: invalid memory address or nil pointer dereference|\n":        "",
		"fatal error: |all goroutines are asleep - deadlock!|\n|runtime: cannot allocate|\n": "",
		"SIGSEGV: segmentation violation|\n|PC=|0x1| memory":                                 "",
		"runtime: goroutine stack exceeds |1000|-byte limit\n|fatal error: |stack overflow":  "",
	} {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestWriteOrSay$")
		cmd.Env = append(os.Environ(), pieces+"="+text)
		var said bytes.Buffer
		cmd.Stderr = &said
		err := cmd.Run()
		status := 1
		if want == "" {
			want, status = strings.ReplaceAll(text, "|", ""), 2
		}
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != status || !strings.HasPrefix(said.String(), want) || status == 2 && said.String() != want {
			t.Errorf("%q: %v: %q", text, err, said.String())
		}
	}
}
