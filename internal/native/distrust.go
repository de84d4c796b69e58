package native

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/environ"
)

// infoDir is where dpkg keeps what it knows of packages (dpkg(1), FILES).
const infoDir = "/var/lib/dpkg/info"

// distrust has those tools emulated of which the tree's file is not the one that its package has,
// or cannot be compared with it: an altered program is there to run as it is, and may have the
// build-id of the true one. Of a tree without dpkg nothing is known.
func (f *Finder) distrust(tools []Tool) {
	lists := slices.DeleteFunc(f.Tree.List(infoDir), func(name string) bool { return !strings.HasSuffix(name, ".md5sums") })
	if len(lists) == 0 {
		return
	}
	sums := f.sums(tools)
	wanted := map[string][]int{}
	for i, sum := range sums {
		if sum != "" {
			for _, name := range [...]string{tools[i].Guest, strings.TrimPrefix(tools[i].Guest, "/usr")} { // before the merge of /usr
				wanted[name] = append(wanted[name], i)
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	for _, list := range lists {
		f.compare(path.Join(infoDir, list), func(name, sum string) {
			for _, i := range wanted[name] {
				if sums[i] != sum {
					tools[i].Host, tools[i].Why = "", "it is not the file that its package has"
				}
			}
		})
	}
}

// compare reads a list of sums: a line each of the sum, two blanks, and the path without its first /.
func (f *Finder) compare(list string, each func(name, sum string)) {
	sums, err := f.Tree.Read(list)
	if err != nil {
		return
	}
	defer sums.Close()
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		each("/"+name, sum)
	}
}

// sums are the MD5 sums of the tools' files in the tree; "" for those that are emulated. They need
// not keep anybody from forging: a tree can have lists as false as its files. md5sum(1) makes them,
// since the library for it costs every start of the program.
func (f *Finder) sums(tools []Tool) []string {
	sums := make([]string, len(tools))
	cmd := environ.Command("md5sum")
	which := map[string]int{}
	for i, t := range tools {
		if t.Host == "" {
			continue
		}
		if file, err := f.Tree.Read(t.Guest); err == nil {
			defer file.Close()
			if info, err := file.Stat(); err != nil || info.Size() > mostOfHost {
				continue
			}
			cmd.ExtraFiles = append(cmd.ExtraFiles, file)
			name := "/proc/self/fd/" + strconv.Itoa(2+len(cmd.ExtraFiles))
			cmd.Args, which[name] = append(cmd.Args, name), i
		}
	}
	var out []byte
	var err error
	if len(which) > 0 {
		out, err = cmd.Output()
	}
	for line := range strings.Lines(string(out)) { // of those that could be read
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if i, known := which[name]; known {
			sums[i] = sum
		}
	}
	needSums(tools, sums, err)
	return sums
}

// needSums has those tools emulated that have no sum.
func needSums(tools []Tool, sums []string, err error) {
	why := "it cannot be compared with the file that its package has"
	if err != nil {
		why += fmt.Sprintf(" (md5sum: %v)", err)
	}
	for i := range tools {
		if t := &tools[i]; t.Host != "" && sums[i] == "" {
			t.Host, t.Why = "", why
		}
	}
}
