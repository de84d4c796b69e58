package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// whoSigns ends with a status that says in which way the CPU signs pointers: by the architected
// algorithm (APA of ID_AA64ISAR1_EL1, or APA3 of ID_AA64ISAR2_EL1) 1, by one of the implementation's
// own (API) 2.
const whoSigns = `
void _start(void)
{
	unsigned long one, two;
	__asm__("mrs %0, s3_0_c0_c6_1" : "=r"(one));
	__asm__("mrs %0, s3_0_c0_c6_2" : "=r"(two));
	register long status __asm__("x0") = (one >> 4 & 15 || two >> 12 & 15) + 2 * (one >> 8 & 15 ? 1 : 0);
	register long number __asm__("x8") = 93;
	__asm__("svc 0" : : "r"(status), "r"(number));
}
`

// signing is a static arm64 program with or without the property that it signs pointers.
func signing(t *testing.T, file, protection string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("aarch64-linux-gnu-gcc", "-O", "-static", "-nostdlib", "-mbranch-protection="+protection, "-x", "c", "-o", file, "-")
	cmd.Stdin = strings.NewReader(whoSigns)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// A guest that signs pointers, and one that does not tell, gets a QEMU that does it quickly, unless
// a CPU is named.
func TestPointerAuthentication(t *testing.T) {
	const architected, own = 1, 2
	signs, old := t.TempDir(), t.TempDir()
	signing(t, signs+"/bin/sh", "standard")
	signing(t, old+"/bin/sh", "none")
	other := signing(t, t.TempDir()+"/p", "none")
	for _, c := range []struct {
		args string
		want int
	}{
		{"--into=" + signs + " /bin/sh", own},
		{"-r --arch=auto --root=" + signs + " /bin/sh", own},
		{"--into=" + old + " /bin/sh", architected},
		{"--arch=arm64 " + signs + "/bin/sh", own},
		{"--arch=arm64 " + old + "/bin/sh", architected},
		{"--arch=arm64 sh -c " + other, own},
		{"--into=" + signs + " --cpu=max /bin/sh", architected},
		{"--into=" + signs + " --emulator-env=QEMU_CPU=max /bin/sh", architected},
		{"--into=" + signs + " --setenv=QEMU_CPU=max /bin/sh", architected},
		{"--into=" + signs + " --clear-env /bin/sh", own},
	} {
		if r := run(t, words(c.args)...); r.status != c.want {
			t.Errorf("%s: %+v, want %d", c.args, r, c.want)
		}
	}
	if r := run(t, "--arch=arm64,armhf", "sh", "-c", tree("arm64")+"/bin/busybox env"); strings.Contains(r.out, "QEMU_") || r.out == "" {
		t.Errorf("the program sees %+v", r)
	}
	if r := run(t, "--into="+signs, "--verbose", "/bin/sh"); !strings.Contains(r.err, "QEMU_CPU=max,pauth-impdef=on") {
		t.Errorf("%+v", r)
	}
}
