package seccomp

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// Package golang.org/x/sys has the numbers of all machines, generated from the kernel's headers:
// one file for each.
func TestNumbers(t *testing.T) {
	machines := []struct {
		goarch string
		column column
	}{{"amd64", amd64}, {"386", i386}, {"arm", arm}, {"arm64", generic}, {"riscv64", generic}, {"loong64", generic}, {"ppc64le", ppc64}, {"s390x", s390x}}
	for _, m := range machines {
		text, err := os.ReadFile(os.Getenv(asuser.Dir) + "/zsysnum_linux_" + m.goarch + ".go")
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]uint32{}
		for _, found := range regexp.MustCompile(`SYS_(\w+)\s+= (\d+)`).FindAllStringSubmatch(string(text), -1) {
			n, _ := strconv.Atoi(found[2])
			known[strings.ToLower(found[1])] = uint32(n)
		}
		known["sync_file_range2"] += known["arm_sync_file_range"] // its name on arm
		if m.column == generic && known["renameat"] == 0 {
			known["renameat"] = 38 // arm64's; a number that means nothing to the others
		}
		for name, n := range tabled(m.column) {
			if known[name] != n {
				t.Errorf("%s of %s is %d in the table, and is %d", name, m.goarch, n, known[name])
			}
		}
	}
}

// tabled are the calls of a column by name, those that are not there with 0.
func tabled(c column) map[string]uint32 {
	list := map[string]uint32{}
	for _, call := range slices.Concat(calls[:], removals[:]) {
		list[call.name] += call.numbers[c]
	}
	return list
}
