package test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// A learner follows the tutorial: an ordinary user with an empty home.
type learner struct {
	*testing.T
	home, dir string
	env       []string
	full      bool
}

// tutorialSays is what the tutorial's parts print in the end, by their numbers.
var tutorialSays = map[string]string{
	"1": `\nok +user-namespaces .*`,
	"3": `\nREADME\.md\n.*`,
	"6": `\nHello, world!\nHello, world!\n`,
}

// slowParts take minutes and the network: they are only planned (--dry-run), but in a full run.
const slowParts = "2456"

// The tutorial does what it says, as it stands there.
func TestTutorial(t *testing.T) {
	needSubIDs(t)
	l := newLearner(t)
	numbered := regexp.MustCompile(`(?m)^## (\d)\. .*\n((?s).*?)(?m:^## )`)
	text, parts := textOf(t, "../docs/tutorial.md"), 0
	for at := numbered.FindStringSubmatchIndex(text); at != nil; at = numbered.FindStringSubmatchIndex(text) {
		number := text[at[2]:at[3]]
		said := ""
		for _, block := range regexp.MustCompile(`(?m)^(    .*\n)+`).FindAllString(text[at[4]:at[5]], -1) {
			said = l.follow(number, strings.ReplaceAll("\n"+block, "\n    ", "\n")[1:])
		}
		if want := tutorialSays[number]; l.does(number) && !regexp.MustCompile(`(?s)`+want+`$`).MatchString(said) {
			t.Errorf("part %s: no %s: %s", number, want, said)
		}
		text = text[at[5]:]
		parts++
	}
	if _, err := os.Lstat(l.home + "/arm64"); err == nil || parts != 7 {
		t.Errorf("%d parts, and the system is still there: %v", parts, err == nil)
	}
}

// newLearner has the project's files where its address leads to, and what is installed in a folder
// of the home.
func newLearner(t *testing.T) *learner {
	t.Helper()
	l := &learner{T: t, home: t.TempDir(), full: os.Getenv("XUNSHARE_TEST_FULL") != ""}
	l.dir = l.home
	t.Cleanup(func() { run(t, "--map=auto", "rm", "-rf", l.home+"/arm64") })
	there := t.TempDir()
	const publish = `git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$0" && cd "$0" &&
		git init -q && git add . && git -c user.name=x -c user.email=x commit -qm x`
	cmd := exec.Command("sh", "-ec", publish, there)
	cmd.Dir = ".."
	cmd.Env = gitConfig("safe.directory", "*")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l.env = append(gitConfig("url."+there+".insteadOf", "https://github.com/xunshare/xunshare"),
		"HOME="+l.home, "PREFIX="+l.home+"/usr", "SYSCONFDIR="+l.home+"/etc", "GOFLAGS=-modcacherw", "PATH="+l.home+"/usr/bin:"+os.Getenv("PATH"))
	if l.full {
		l.env = append(l.env, "MIRROR="+words(read(t, "source", "source"))[1])
	} else {
		l.env = append(l.env, "BIN="+binary()) // is what make build makes
	}
	return l
}

func gitConfig(key, value string) []string {
	return append(os.Environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0="+key, "GIT_CONFIG_VALUE_0="+value)
}

// asUser is what stands for what root does.
var asUser = strings.NewReplacer("sudo apt update", "apt-cache policy", "sudo apt install", "apt-get --simulate install", "sudo ", "")

// does tells whether a part is followed, and not only planned.
func (l *learner) does(part string) bool { return l.full || !strings.Contains(slowParts, part) }

// follow types a block, and returns what is printed. No note is among it.
func (l *learner) follow(part, block string) string {
	l.Helper()
	if strings.HasPrefix(block, "$ ") {
		l.converse(block)
		return ""
	}
	env := l.env
	if !l.does(part) {
		env = append(env[:len(env):len(env)], "PATH="+l.planner())
	}
	if !l.full {
		block = strings.Replace(block, "make build && ", "", 1)
	}
	cmd := exec.Command("sh", "-ec", asUser.Replace(block))
	cmd.Dir, cmd.Env = l.dir, env
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "xunshare: ") || !l.does(part) && !strings.Contains(string(out), "execve(") {
		l.Fatalf("%s%v: %s", block, err, out)
	}
	l.dir = l.home + "/xunshare"
	if part == "2" && !l.full {
		if err := os.Rename(copyOfSystem(l.T, foreignDebian), l.home+"/arm64"); err != nil {
			l.Fatal(err)
		}
	}
	return string(out)
}

// planner is a PATH on which xunshare says what it would do.
func (l *learner) planner() string {
	dir := l.TempDir()
	write(l.T, dir+"/xunshare", "#!/bin/sh\nexec "+binary()+" --dry-run \"$@\"\n", 0o755)
	return dir + ":" + os.Getenv("PATH")
}

// converse types the lines after a prompt, and waits for the others.
func (l *learner) converse(block string) {
	l.Helper()
	first, rest, _ := strings.Cut(strings.TrimPrefix(block, "$ "), "\n")
	s := onTerminal(l.T, "env", append(l.env, "sh", "-c", first)...)
	for line := range strings.Lines(rest) {
		if prompt, typed, ok := strings.Cut(line, "# "); ok {
			s.expect(prompt + "# ")
			s.enter(typed)
		} else {
			s.expect(line)
		}
	}
	if s.cmd.Wait(); s.cmd.ProcessState.ExitCode() != 0 {
		l.Errorf("%s: %v", first, s.cmd.ProcessState)
	}
}
