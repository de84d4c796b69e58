package rules

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, nil) }

// A tree of files: "elf NAME" is the start of a program for that architecture, all else is text. A
// name that ends in / is a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		if arch, ok := strings.CutPrefix(text, "elf "); ok {
			text = string(binfmt.FindArch(arch).Sample())
		}
		err := os.MkdirAll(filepath.Dir(root+name+"x"), 0o755)
		if err == nil && !strings.HasSuffix(name, "/") {
			err = os.WriteFile(root+name, []byte(text), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// choose makes a choice for a command line. A "ROOT" in it is the tree.
func choose(t *testing.T, line, root string, told *notes.Notes) (Choice, error) {
	t.Helper()
	asked, err := cmdline.Parse(append([]string{"xunshare"}, strings.Fields(strings.ReplaceAll(line, "ROOT", root))...))
	if err != nil {
		t.Fatal(line, err)
	}
	in := inside.Root{Root: asked.Root, Dir: func() string { return "/" }}
	c, _, err := Choose(asked, &in, asked.Program, nil, false, told)
	return c, err
}

// foreign are architectures that no machine runs that this is tested on.
const foreign, another = "s390x", "ppc64le"

// What --arch=auto means: the architectures of the program and of the tree, by whatever tells.
func TestAuto(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		line  string
		want  []string
		says  string
	}{
		"shell":             {map[string]string{"/bin/sh": "elf " + foreign}, "", []string{foreign}, ""},
		"init":              {map[string]string{"/init": "elf " + foreign}, "", []string{foreign}, ""},
		"script":            {map[string]string{"/init": "#!/x/sh", "/x/sh": "elf " + foreign}, "", []string{foreign}, ""},
		"android":           {map[string]string{"/system/bin/sh": "elf " + foreign}, "", []string{foreign}, ""},
		"nix store":         {map[string]string{"/nix/store/aaaa-bash-5.2/bin/bash": "elf " + foreign}, "", []string{foreign}, ""},
		"loader":            {map[string]string{"/lib/ld64.so.1": "elf " + foreign}, "", []string{foreign}, ""},
		"os-release":        {map[string]string{"/usr/lib/os-release": "ID=x\nARCHITECTURE=" + foreign + "\n"}, "", []string{foreign}, ""},
		"dpkg":              {map[string]string{"/var/lib/dpkg/arch": foreign + "\n"}, "", []string{foreign}, ""},
		"program and tree":  {map[string]string{"/bin/sh": "elf " + foreign, "/p": "elf " + another}, "/p", []string{another, foreign}, ""},
		"dpkg's foreign":    {map[string]string{"/bin/sh": "elf " + foreign, "/var/lib/dpkg/arch": foreign + "\nppc64el\n"}, "", []string{foreign, another}, ""},
		"named besides":     {map[string]string{"/bin/sh": "elf " + foreign}, "--arch=auto," + another + " /bin/sh", []string{foreign, another}, ""},
		"nothing tells":     {map[string]string{"/etc/motd": "x"}, "", nil, "tells its architecture"},
		"text is no header": {map[string]string{"/bin/sh": "\x7fELF"}, "", nil, "tells its architecture"},
	} {
		t.Run(name, func(t *testing.T) {
			needEmulators(t)
			got, err := choose(t, "-r --arch=auto --host-binfmt=hide --root=ROOT "+c.line, tree(t, c.files), nil)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, arch := range c.want {
				if !runs(got.Loaded, arch) {
					t.Errorf("no rule for %s in %v", arch, got.Loaded)
				}
			}
			if others := len(got.Loaded) - len(c.want); others != 0 || !got.Instance {
				t.Errorf("%d rules more, instance %v: %v", others, got.Instance, got.Loaded)
			}
		})
	}
}

func needEmulators(t *testing.T) {
	for _, name := range []string{"qemu-s390x-static", "qemu-ppc64le-static"} {
		if _, err := exec.LookPath(name); err != nil {
			asuser.Skip(t, name+" is not installed: scripts/install-deps test")
		}
	}
}

// dynamic is the start of a program for ppc64le that needs a loader: the header, one program header
// (elf(5), Elf64_Phdr), the path.
func dynamic(loader string) []byte {
	const header, size, interp = 64, 56, 3
	image := append(binfmt.FindArch(another).Sample(), make([]byte, size)...)
	le := binary.LittleEndian
	le.PutUint64(image[32:], header) // e_phoff
	le.PutUint16(image[54:], size)   // e_phentsize
	le.PutUint16(image[56:], 1)      // e_phnum
	le.PutUint32(image[header:], interp)
	le.PutUint64(image[header+8:], header+size)
	le.PutUint64(image[header+32:], uint64(len(loader)+1))
	return append(append(image, loader...), 0)
}

func runs(rules []*binfmt.Rule, arch string) bool {
	return slices.ContainsFunc(rules, func(r *binfmt.Rule) bool { return r.Matches(binfmt.FindArch(arch).Sample(), "") })
}

// Nothing is chosen where nothing is asked for, or for what runs without an emulator; --arch=none
// hides the host's rules.
func TestNothingToLoad(t *testing.T) {
	for line, instance := range map[string]bool{"-r": false, "--arch=none": true, "--arch=" + binfmt.Host().Name: false} {
		got, err := choose(t, line+" true", "", nil)
		if err != nil || len(got.Loaded)+len(got.Kept) > 0 || got.Instance != instance {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
}

// A rule that would be its own interpreter without end is refused, and a script stands for what
// runs it.
func TestOwnInterpreter(t *testing.T) {
	root := tree(t, map[string]string{"/emulator": "elf " + foreign, "/script": "#!ROOT/emulator"})
	if err := os.WriteFile(root+"/script", []byte("#!"+root+"/emulator\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"emulator", "script"} {
		rule := binfmt.FindArch(foreign).Rules(root+"/"+name, "")[0].String()
		_, err := choose(t, "-r --load-binfmt "+rule+" true", root, nil)
		if err == nil || !strings.Contains(err.Error(), "matches its own interpreter") && !strings.Contains(err.Error(), "program for "+foreign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a rule is looked up for fails with the option that named it.
func TestSources(t *testing.T) {
	for line, want := range map[string]string{
		"-l @/nosuch true":               "--load-interp: /nosuch",
		"--load-binfmt=qemu-nosuch true": "--load-binfmt: ",
	} {
		if _, err := choose(t, line, "", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s...", line, err, want)
		}
	}
}

// A dynamic program whose loader nobody will find is told of before it fails.
func TestMissingLoader(t *testing.T) {
	var out strings.Builder
	told := &notes.Notes{To: &out}
	told.Release()
	needEmulators(t)
	root := tree(t, map[string]string{"/bin/sh": "elf " + foreign})
	program := dynamic("/lib/ld-nosuch.so.1")
	if err := os.WriteFile(root+"/p", program, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := choose(t, "-r --arch=auto --root=ROOT /p", root, told); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "/p: needs the program loader /lib/ld-nosuch.so.1, which is not there in "+root) {
		t.Errorf("said %q", out.String())
	}
}
