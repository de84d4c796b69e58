# make demo     the main job, for real: a foreign tree, entered by an ordinary user; with DEBIAN=1 a Debian, made by one
# make test     all tests, as an ordinary user, with real emulators and trees
# make test-fast what one runs between edits: the units, golden plans and each verb in the real kernel; no network, no trees
# make test-full a Debian system for each of five architectures, built and used, besides: hours
# make build    bin/xunshare
# make install  PREFIX=/usr/local SYSCONFDIR=/etc DESTDIR=
# make packages .deb, .rpm, .apk and a tarball of each of PACKAGE_ARCHES, in PACKAGES; make release VERSION= checks first
# make docs     the manual and the documents as HTML, in SITE
# make bench    start-up and memory, side by side with others; BENCHFLAGS='-only into', '-only native' (minutes)...
# make cover    coverage of all tests, run as an ordinary user and as root
# make fuzz     FUZZTIME=30s for each fuzz target
# make lint     gofmt, vet, staticcheck; cross builds compile
# make vulncheck known vulnerabilities, where their database can be reached

GO ?= go
BIN ?= bin/xunshare
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
FUZZTIME ?= 30s
PACKAGES ?= .cache/dist
SITE ?= .cache/site
PACKAGE_ARCHES ?= amd64 arm64 riscv64 ppc64le s390x
ARCH ?= arm64
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

TAGS = urfave_cli_no_docs
# The entry is where internal/caller looks at what the program was started with, before the Go runtime changes it. The settings
# that go build makes defaults for the sake of older Go versions would be parsed at every start: one takes their place.
# asyncpreemptoff keeps the runtime from sending SIGURG to its own threads: a target that is executed in place could find it
# pending.
GOARCH := $(shell $(GO) env GOARCH)
ENTRY = $(if $(wildcard internal/caller/entry_$(GOARCH).s),-E xunshare_entry)
LDFLAGS = -s -w -buildid= $(ENTRY) -X runtime.godebugDefault=asyncpreemptoff=1
# The collector that is the default since Go 1.26 keeps marks in each span, and so touches a page more for each; a launch never
# gets as far as to collect anything. A release of Go that has no other collector any more does not know this name.
EXPERIMENT := $(if $(GOEXPERIMENT),,$(shell GOEXPERIMENT=nogreenteagc $(GO) list -f '{{.Name}}' runtime >/dev/null 2>&1 && echo GOEXPERIMENT=nogreenteagc))
BUILD = CGO_ENABLED=0 $(EXPERIMENT) $(GO) build -trimpath -buildvcs=false -tags $(TAGS) -ldflags '$(LDFLAGS)' $(BUILDFLAGS)

.PHONY: build demo test test-fast test-full test-deps install packages release docs bench cover fuzz lint cross vulncheck clean

# What an old Go says of go.mod helps nobody: install-deps says which one is needed.
build:
	@mkdir -p $(dir $(BIN))
	$(BUILD) -o $(BIN) ./cmd/xunshare || { scripts/install-deps; false; }

demo: build
	@DEBIAN=$(DEBIAN) scripts/demo $(ARCH)

test: test-deps
	$(GO) test -timeout 60m ./...

# What a machine lacks is skipped here. The tests of the whole program are in ./test; of those only the layers and documents need nothing.
test-fast:
	$(GO) test -short ./cmd/... ./internal/...
	$(GO) test -short -run '^Test(Layers|Sizes|Documents)' ./test

test-full: test-deps
	XUNSHARE_TEST_FULL=1 $(GO) test -count=1 -timeout 3h ./...

test-deps:
	@scripts/install-deps test vm

# As root there may be no go in the PATH: what has been built is installed.
install: $(if $(wildcard $(BIN)),,build)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/xunshare
	install -D -m 644 docs/xunshare.1 $(DESTDIR)$(PREFIX)/share/man/man1/xunshare.1
	install -D -m 644 packaging/completions/xunshare.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xunshare
	install -D -m 644 packaging/completions/_xunshare $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_xunshare
	install -D -m 644 packaging/apparmor/xunshare $(DESTDIR)$(SYSCONFDIR)/apparmor.d/xunshare
	[ -n "$(DESTDIR)" ] || ! command -v apparmor_parser >/dev/null || apparmor_parser -r $(SYSCONFDIR)/apparmor.d/xunshare || true
	install -D -m 644 packaging/completions/xunshare.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/xunshare.fish

# Packages and a tarball of each architecture, and their checksums; the same commit gives the same bytes.
packages:
	GO=$(GO) scripts/make-packages $(PACKAGES) $(PACKAGE_ARCHES)

# The version stands in cmd/xunshare/main.go, and CHANGELOG.md has an entry for it: a release only checks that it is what was meant.
release:
	@test -z "$$(git status --porcelain)" || { echo 'release: the tree has changes that are not committed' >&2; exit 1; }
	@grep -qx 'const version = "$(VERSION)"' cmd/xunshare/main.go || { echo 'release: VERSION=$(VERSION) is not the one in cmd/xunshare/main.go' >&2; exit 1; }
	@grep -q '^## $(VERSION) - [0-9]' CHANGELOG.md || { echo 'release: CHANGELOG.md has no entry with a date for $(VERSION)' >&2; exit 1; }
	$(MAKE) packages

# The manual and the documents as HTML, in SITE.
docs:
	@scripts/install-deps docs
	scripts/make-docs $(SITE)

bench: build
	@scripts/install-deps bench
	$(GO) run ./test/bench $(BENCHFLAGS)

# Counters of the test binaries and of the xunshare that they run, in one folder that both users may write to.
cover: test-deps
	rm -rf .cache/cover && mkdir -p .cache/cover && chmod 1777 .cache/cover
	GOCOVERDIR=$(CURDIR)/.cache/cover $(GO) test -count=1 -cover -coverpkg=./... ./... -args -test.gocoverdir=$(CURDIR)/.cache/cover
	[ "$$(id -u)" != 0 ] || XUNSHARE_TEST_AS_ROOT=1 GOCOVERDIR=$(CURDIR)/.cache/cover \
		$(GO) test -count=1 -cover -coverpkg=./... ./internal/... ./cmd/... -args -test.gocoverdir=$(CURDIR)/.cache/cover
	$(GO) tool covdata textfmt -i=.cache/cover -o=.cache/cover.out
	$(GO) tool cover -func=.cache/cover.out | tail -1

# Root's fuzz cache is closed to the user that tests become.
fuzz:
	$(GO) test ./internal/cmdline -run '^$$' -fuzz FuzzNormalize -fuzztime $(FUZZTIME)
	$(GO) test ./internal/idmap -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	$(GO) test ./internal/idmap -run '^$$' -fuzz FuzzMerge -fuzztime $(FUZZTIME)
	$(GO) test ./internal/binfmt -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	$(GO) test ./internal/binfmt -run '^$$' -fuzz FuzzInspect -fuzztime $(FUZZTIME)
	XUNSHARE_TEST_AS_ROOT=1 $(GO) test ./internal/rulefile -run '^$$' -fuzz FuzzFile -fuzztime $(FUZZTIME)
	XUNSHARE_TEST_AS_ROOT=1 $(GO) test ./internal/rulefile -run '^$$' -fuzz FuzzEntry -fuzztime $(FUZZTIME)
	$(GO) test ./internal/emulator -run '^$$' -fuzz FuzzReadVersion -fuzztime $(FUZZTIME)
	$(GO) test ./internal/binfmt -run '^$$' -fuzz FuzzFindArch -fuzztime $(FUZZTIME)
	$(GO) test ./internal/binfmt -run '^$$' -fuzz FuzzKernelAgrees -fuzztime $(FUZZTIME)
	$(GO) test ./internal/trace -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME)
	$(GO) test ./internal/answer -run '^$$' -fuzz FuzzChosenOptions -fuzztime $(FUZZTIME)
	$(GO) test ./internal/ns -run '^$$' -fuzz FuzzParseSignal -fuzztime $(FUZZTIME)
	$(GO) test ./internal/ns -run '^$$' -fuzz FuzzParseID -fuzztime $(FUZZTIME)

lint: cross
	@test -z "$$(gofmt -l cmd internal test)" || { gofmt -d cmd internal test; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(ACTIONLINT)

cross:
	for arch in amd64 arm64 riscv64 ppc64le s390x arm 386; do \
		GOARCH=$$arch $(MAKE) -s build BIN=.cache/cross/xunshare-$$arch && GOARCH=$$arch $(GO) vet ./cmd/... ./internal/... || exit 1; \
	done

vulncheck:
	$(GO) run $(GOVULNCHECK) ./...

clean:
	rm -rf bin .cache
