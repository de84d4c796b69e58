package native

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"io"
	"path"
	"strings"
)

// infoDir is where dpkg keeps what it knows of packages (dpkg(1), FILES).
const infoDir = "/var/lib/dpkg/info"

// distrust has those tools emulated of which the tree's file is not the one that its package has: an
// altered program is there to run as it is, and may have the build-id of the true one. Of a tree
// without dpkg nothing is known.
func (f *Finder) distrust(tools []Tool) {
	wanted := map[string][]*Tool{}
	for i := range tools {
		if t := &tools[i]; t.Host != "" {
			for _, name := range [...]string{t.Guest, strings.TrimPrefix(t.Guest, "/usr")} { // before the merge of /usr
				wanted[name] = append(wanted[name], t)
			}
		}
	}
	for _, list := range f.Tree.List(infoDir) {
		if strings.HasSuffix(list, ".md5sums") && len(wanted) > 0 {
			f.compare(path.Join(infoDir, list), wanted)
		}
	}
}

// compare reads a list of sums: a line each of the sum, two blanks, and the path without its first /.
func (f *Finder) compare(list string, wanted map[string][]*Tool) {
	sums, err := f.Tree.Read(list)
	if err != nil {
		return
	}
	defer sums.Close()
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		for _, t := range wanted["/"+name] {
			if t.Host != "" && f.sum(t.Guest) != sum {
				t.Host, t.Why = "", "it is not the file that its package has"
			}
		}
	}
}

// sum is the MD5 of a file in the tree. It need not keep anybody from forging: a tree can have lists
// as false as its files.
func (f *Finder) sum(file string) string {
	r, err := f.Tree.Read(file)
	if err != nil {
		return ""
	}
	defer r.Close()
	h := md5.New()
	if _, err := io.Copy(h, r); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
