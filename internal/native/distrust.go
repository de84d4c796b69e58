package native

import (
	"bufio"
	"path"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/environ"
)

// infoDir is where dpkg keeps what it knows of packages (dpkg(1), FILES).
const infoDir = "/var/lib/dpkg/info"

// distrust has those tools emulated of which the tree's file is not the one that its package has: an
// altered program is there to run as it is, and may have the build-id of the true one. Of a tree
// without dpkg nothing is known.
func (f *Finder) distrust(tools []Tool) {
	sums := f.sums(tools)
	wanted := map[string][]int{}
	for i, t := range tools {
		if sums[i] != "" {
			for _, name := range [...]string{t.Guest, strings.TrimPrefix(t.Guest, "/usr")} { // before the merge of /usr
				wanted[name] = append(wanted[name], i)
			}
		}
	}
	for _, list := range f.Tree.List(infoDir) {
		if strings.HasSuffix(list, ".md5sums") && len(wanted) > 0 {
			f.compare(path.Join(infoDir, list), func(name, sum string) {
				for _, i := range wanted[name] {
					if sums[i] != sum {
						tools[i].Host, tools[i].Why = "", "it is not the file that its package has"
					}
				}
			})
		}
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

// sums are the MD5 sums of the tools' files in the tree, "" for none. They need not keep anybody from
// forging: a tree can have lists as false as its files. md5sum(1) makes them, since the library for it
// costs every start of the program.
func (f *Finder) sums(tools []Tool) []string {
	sums := make([]string, len(tools))
	cmd := environ.Command("md5sum")
	var which []int
	for i, t := range tools {
		if t.Host == "" {
			continue
		}
		if file, err := f.Tree.Read(t.Guest); err == nil {
			defer file.Close()
			cmd.ExtraFiles = append(cmd.ExtraFiles, file)
			cmd.Args = append(cmd.Args, "/proc/self/fd/"+strconv.Itoa(2+len(cmd.ExtraFiles)))
			which = append(which, i)
		}
	}
	if len(which) == 0 {
		return sums
	}
	out, err := cmd.Output()
	if err != nil {
		return make([]string, len(tools))
	}
	for n, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if n < len(which) {
			sums[which[n]], _, _ = strings.Cut(line, " ")
		}
	}
	return sums
}
