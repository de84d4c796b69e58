package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// listUnder reads a list of plain scalars under a key of a file of YAML, and fails if it is more
// than that.
func listUnder(t *testing.T, text, key string) (list []string) {
	t.Helper()
	m := regexp.MustCompile(`(?m)^ *`+key+`:\n((?: *- .*\n)+)`).FindAllStringSubmatch(text, -1)
	if len(m) != 1 {
		t.Fatalf("%d lists are %s", len(m), key)
	}
	for item := range strings.Lines(m[0][1]) {
		item = strings.TrimPrefix(strings.TrimSpace(item), "- ")
		item, _, _ = strings.Cut(item, " #")
		if strings.Contains(item, ": ") || strings.ContainsAny(item[:1], "\"'[{&*!|>%@`?-") {
			t.Fatalf("not a plain scalar: %s", item)
		}
		list = append(list, item)
	}
	return list
}

// valueOf reads one value.
func valueOf(t *testing.T, text, key string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^ *`+key+`: (.*?)(?: #.*)?$`).FindAllStringSubmatch(text, -1)
	if len(m) != 1 {
		t.Fatalf("%d values are %s", len(m), key)
	}
	return m[0][1]
}

// The job for GitLab works in a container as Docker makes them, where its runners are: it installs
// the release, and the example in its comment runs a foreign program.
func TestGitLab(t *testing.T) {
	t.Parallel()
	needMirror(t)
	text := textOf(t, "../examples/ci/gitlab.yml")
	example := regexp.MustCompile(`(?m)^#     (.*\n)`).ReplaceAllString(text, "$1")
	script := append(listUnder(t, text, "before_script"), listUnder(t, example, "script")...)
	job := docker.with(append(docker.refused, noSyncs)...).strict().peopled()
	job.image = imageOf(t)
	write(t, job.image+"/builds/project/Makefile", checkedMakefile, 0o644)
	write(t, job.image+"/builds/project/hello.c", helloC, 0o644)
	job.env = append(release(t, job.image), "XUNSHARE_VERSION="+valueOf(t, text, "XUNSHARE_VERSION"), "DEBIAN_FRONTEND=noninteractive")
	r := job.exec(t, []string{"bash", "-eo", "pipefail", "-c", "cd /builds/project\n" + strings.Join(script, "\n")})
	if r.status != 0 || !strings.HasSuffix(r.out, "\nhello from arm64\n") {
		t.Errorf("%+v", r)
	}
}

// The action for GitHub installs the newest release and one that is named, on a machine that has
// what its runners have.
func TestAction(t *testing.T) {
	t.Parallel()
	needMirror(t)
	text := textOf(t, "../action.yml")
	script := regexp.MustCompile(`(?m)^      run: \|\n((?:        .*\n)+)`).FindStringSubmatch(text)
	if script == nil || strings.Count(text, " run:") != 1 || valueOf(t, text, "- shell") != "bash" {
		t.Fatal("it is not one script")
	}
	image := imageOf(t)
	const before = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update; apt-get -qq -y install curl ca-certificates sudo"
	args := []string{"--into=" + image, "--suppress-sync", "--setenv=ARCHES=arm64 s390x"}
	for _, variable := range release(t, image) {
		args = append(args, "--setenv="+variable)
	}
	for i, version := range []string{"latest", strings.TrimSpace(strings.TrimPrefix(run(t, "--version").out, "xunshare "))} {
		commands := []string{before + "\n", "dpkg -P xunshare\n"}[i] + script[1] + "xunshare --version\n"
		r := run(t, append(args, "--setenv=VERSION="+version, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", commands)...)
		if r.status != 0 || !regexp.MustCompile(`\nok +emulator-aarch64 .*\nok +emulator-s390x .*\nxunshare [0-9.]+\n$`).MatchString(r.out) {
			t.Fatalf("%s: %+v", version, r)
		}
	}
}

// imageOf is a Debian system that a container can have as its root.
func imageOf(t *testing.T) string {
	t.Helper()
	image := copyOfSystem(t, native)
	copyFile(t, "/etc/resolv.conf", image+"/etc/resolv.conf")
	return image
}

// The command of the pod enters the tree, with the profile that engines have and without one.
func TestKubernetes(t *testing.T) {
	text := textOf(t, "../examples/ci/kubernetes-pod.yaml")
	var command []string
	if err := json.Unmarshal([]byte(valueOf(t, text, "command")), &command); err != nil || valueOf(t, text, "hostUsers") != "false" {
		t.Fatalf("%v, hostUsers is not false", err)
	}
	for name, e := range map[string]engine{"default profile": docker.strict(), "no profile": {caps: dockerCaps}} {
		t.Run(name, func(t *testing.T) {
			pod := e.peopled()
			pod.image = copyTree(t)
			copyFile(t, binary(), pod.image+"/usr/bin/xunshare")
			copyFile(t, emulator(t, "arm64"), pod.image+"/usr/bin/qemu-aarch64-static")
			os.Mkdir(pod.image+"/srv", 0o755)
			os.Rename(copyOf(t, "arm64"), pod.image+"/srv/arm64")
			if r := pod.exec(t, command); r.status != 0 || r.out != "aarch64\n" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// release serves the packages of a release where GitHub does, through a proxy, and returns the
// environment in which curl gets them there, in an image.
func release(t *testing.T, image string) []string {
	t.Helper()
	files := http.FileServer(http.Dir(filepath.Dir(shipped(t, "*.deb"))))
	version := strings.TrimPrefix(strings.TrimSpace(run(t, "--version").out), "xunshare ")
	here := http.NewServeMux()
	const releases = "/xunshare/xunshare/releases/"
	here.Handle(releases+"download/v"+version+"/", http.StripPrefix(releases+"download/v"+version, files))
	here.Handle(releases+"latest", http.RedirectHandler(releases+"tag/v"+version, http.StatusFound))
	here.HandleFunc(releases+"tag/v"+version, func(http.ResponseWriter, *http.Request) {})
	github := httptest.NewUnstartedServer(here)
	key, cert := certificate(t, "github.com")
	github.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
	github.StartTLS()
	t.Cleanup(github.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnel(w, r, "github.com:443", github.Listener.Addr().String())
	}))
	t.Cleanup(proxy.Close)
	write(t, image+"/ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})), 0o644)
	return []string{"https_proxy=" + proxy.URL, "CURL_CA_BUNDLE=/ca.pem"}
}

// certificate is one that nobody else signs.
func certificate(t *testing.T, name string) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// tunnel connects who asks for the host with an address here.
func tunnel(w http.ResponseWriter, r *http.Request, host, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil || r.Method != http.MethodConnect || r.Host != host {
		http.Error(w, "no way to "+r.Host, http.StatusBadGateway)
		return
	}
	defer server.Close()
	w.WriteHeader(http.StatusOK)
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	go io.Copy(server, buffered)
	io.Copy(client, server)
}
