package test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// makeRPM makes a package with a file of another user.
const makeRPM = `cat >spec <<'EOF'
Name: owned
Version: 1
Release: 1
Summary: files of others
License: none
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}
echo hi >%{buildroot}/f
%files
%attr(640,daemon,mail) /f
EOF
rpmbuild -bb --define "_topdir $0/build" --define "_rpmdir $0" spec`

// accounts gives a tree the users that rpm looks up in it.
const accounts = `mkdir "$1/etc"; cp /etc/passwd /etc/group "$1/etc"
`

// unpacks are things that put files of many users into a folder, "$1", from another, "$0", that has
// been prepared for it.
var unpacks = map[string]struct{ prepare, unpack string }{
	"tar":     {`echo hi >f; tar --owner=5 --group=6 -cf "$0/f.tar" f`, `tar --same-owner -xpf "$0/f.tar" -C "$1"`},
	"cp":      {``, `cp -a /etc/passwd "$1/f"`},
	"rsync":   {``, `rsync -a /etc/passwd "$1/f"`},
	"install": {`echo hi >f`, `install -o daemon -g mail -m 640 "$0/f" "$1/f"`},
	"chown":   {``, `touch "$1/f"; chown -R daemon:mail "$1"`},
	"rpm":     {makeRPM, accounts + `rpm --force-debian --root "$1" --nodeps -i "$0"/noarch/*.rpm`},
	"dnf": {makeRPM + "\n" + `createrepo_c -q noarch`, accounts + `dnf -q -y --installroot="$1" --repofrompath=local,"$0/noarch" --repo=local \
	--setopt=gpgcheck=0 --setopt=cachedir="$1/cache" --releasever=1 install owned`},
	"dpkg": {`mkdir -p p/DEBIAN; echo hi >p/f
printf 'Package: owned\nVersion: 1\nArchitecture: all\nMaintainer: me <me@localhost>\nDescription: files of others\n' >p/DEBIAN/control
fakeroot sh -c 'chown 1:8 p/f; dpkg-deb -b p owned.deb'`,
		`mkdir -p "$1"/var/lib/dpkg/updates "$1"/var/lib/dpkg/info; touch "$1/var/lib/dpkg/status"
dpkg --force-not-root --root="$1" --unpack "$0/owned.deb"`},
	"git": {`git -c init.defaultBranch=x init -q r; cd r; touch f; git add f; git -c user.name=x -c user.email=x commit -qm x`, `git -c safe.directory=* clone -q "$0/r" "$1/r" && mv "$1/r/f" "$1/f"`},
}

// Whoever can map one id only unpacks what belongs to others with --fake-ids, and as a rule not
// without.
func TestUnpack(t *testing.T) {
	needless := map[string]bool{"git": true}
	for name, c := range unpacks {
		t.Run(name, func(t *testing.T) {
			from := t.TempDir()
			prepare := exec.Command("sh", "-ec", "cd \"$0\"\n"+c.prepare, from)
			if out, err := prepare.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for options, works := range map[string]bool{"-r": needless[name], "-r --fake-ids": true, "--map=auto --fake-ids": true} {
				into := t.TempDir()
				r := run(t, append(words(options), "sh", "-ec", c.unpack, from, into)...)
				_, err := os.Stat(into + "/f")
				if done := r.status == 0 && err == nil; done != works {
					t.Errorf("%s: done: %v: %+v", options, done, r)
				}
				if r := run(t, "--map=auto", "rm", "-rf", into); r.status != 0 { // files of sub-ids among them
					t.Errorf("remove: %+v", r)
				}
			}
		})
	}
}

// What the kernel lets root of a namespace do is really done.
func TestNotFaked(t *testing.T) {
	file := t.TempDir() + "/file"
	copyFile(t, "/bin/true", file)
	r := run(t, "-r", "--fake-ids", "sh", "-c", "setcap cap_net_raw+p "+file+" && getcap "+file)
	if r.status != 0 || !strings.Contains(r.out, "cap_net_raw=p") {
		t.Errorf("setcap: %+v", r)
	}
}
