package rules

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/emulator"
)

// List prints which architectures there are, and what would run their programs here.
func List(asked *cmdline.Options) error {
	c := chooser{Options: asked}
	arches := binfmt.Arches()
	search, err := c.search(arches)
	if err != nil {
		return err
	}
	rows := search.List(arches, !c.Foreign.NoSetuid)
	if c.ListArches == cmdline.ListJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(rows)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ARCHITECTURE\tFLAGS\tVERSION\tEMULATOR\tALSO CALLED")
	for i := range rows {
		r := &rows[i]
		version, _, _ := strings.Cut(r.Version, " ")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Arch, orDash(r.Flags), orDash(version), describe(r), orDash(strings.Join(r.Names, " ")))
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// describe says what runs the programs of a row, or what to install.
func describe(r *emulator.Row) string {
	words := r.Emulator
	switch {
	case r.Emulator == "":
		words = "none; " + r.Install
	case !r.Static:
		words += " (dynamic, so not for a root; " + r.Install + ")"
	}
	if r.Native {
		words = "not needed here; " + words
	}
	return words
}

// kernelFlags are those that mean what they are to in this kernel.
func kernelFlags(flags string) string {
	if binfmt.PreservesArgv0() {
		return flags
	}
	return strings.ReplaceAll(flags, "P", "")
}

// Print prints the rules that would be loaded, for use elsewhere: a line for each.
func Print(asked *cmdline.Options) error {
	c := chooser{Options: asked}
	search, err := c.search(c.PrintRule)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, arch := range c.PrintRule {
		found, err := search.Find(arch, c.Root != "")
		if err != nil {
			return err
		}
		for _, r := range arch.Rules(found.Path, kernelFlags(found.Flags(!c.Foreign.NoSetuid))) {
			fmt.Fprintln(&lines, r)
		}
	}
	_, err = os.Stdout.WriteString(lines.String())
	return err
}
