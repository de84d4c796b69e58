package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/cmdline"
)

// A range that was written out decides who is 0, in whatever order the ranges stand, and a caller
// who would be mapped twice is told so.
func TestYield(t *testing.T) {
	own := os.Geteuid()
	zero, me := "--map-users=0:4000000:1", fmt.Sprintf("--map-users=1:%d:1", own)
	for _, c := range []struct {
		line   []string
		asRoot bool
		says   string
	}{
		{[]string{"--map=auto"}, false, ""},
		{[]string{"--map=auto", zero}, true, ""},
		{[]string{"--map=auto", zero, me}, true, ""},
		{[]string{"--map=auto", me}, false, "maps you, and --map=auto"},
		{[]string{"--map=auto", me, "--map-user=1"}, false, ""},
		{[]string{"-r", me}, false, ""},
	} {
		asked, err := cmdline.Parse(append([]string{"xunshare"}, c.line...))
		if err != nil {
			t.Fatal(err)
		}
		o := resolve(asked, asked.NS, nil)
		err = o.chooseRoot()
		if got := fmt.Sprint(err); (err != nil) != (c.says != "") || !strings.Contains(got, c.says) || o.NS.Users.AsRoot != c.asRoot {
			t.Errorf("%v: %v, %+v", c.line, err, o.NS.Users)
		}
	}
}
