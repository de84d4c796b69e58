package binfmt

import (
	"math/rand"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// mayDiffer says why Parse and the kernel need not agree on a rule; "" if they have to.
func mayDiffer(rule string) string {
	r, err := Parse(rule)
	switch {
	case rule == "":
		return "write(2) of nothing does nothing"
	case strings.IndexByte(rule, 0) >= 0:
		return "NUL: Parse refuses it, the kernel takes it for the end of a magic"
	case rule[0] == '\n':
		return "a newline as the delimiter: Parse refuses it, the kernel takes it if one more follows at the end"
	case strings.IndexByte("POCFTLD", rule[0]) >= 0:
		return "a flag as the delimiter: some kernels read past the end of the rule, later ones refuse it"
	case err != nil && strings.Contains(err.Error(), `the type is "B"`):
		return "type B: Linux 7.3 may have it"
	case err == nil && strings.Trim(r.Flags, "POCF") != "":
		return "an upper-case letter that is no flag: Parse leaves it to the kernel"
	case err == nil && r.Has('C') && !r.Has('F') && r.Interpreter[0] != '/':
		return "C without F and with a relative path: refused since Linux 7.3"
	}
	return ""
}

// compareVerdicts checks that the kernel and Parse agree on a rule and read the same, unless they
// may differ; it returns why.
func compareVerdicts(t *testing.T, rule string, kernel reply) (why string, accepted bool) {
	t.Helper()
	parsed, err := Parse(rule)
	why = mayDiffer(rule)
	switch {
	case why != "" && kernel.refused() != (err != nil):
	case kernel.refused() != (err != nil):
		t.Errorf("%q: kernel %v, we %v", rule, kernel.Errno, err)
	case err == nil && kernel.Errno == 0:
		compareEntry(t, rule, parsed, kernel)
		accepted = true
	}
	return why, accepted
}

// Always the same random rules: valid ones that were damaged, ones that were built, and texts of
// what rules are made of.
func TestKernelAgreesOnRandomRules(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var rules []string
	for _, source := range []func(*rand.Rand) string{damaged, built, soup} {
		for range 4000 {
			rules = append(rules, source(random))
		}
	}
	accepted, mayDiffer := 0, map[string]int{}
	for i, r := range askKernel(t, rules) {
		why, ok := compareVerdicts(t, rules[i], r)
		mayDiffer[why]++
		if ok {
			accepted++
		}
	}
	agreed := mayDiffer[""]
	delete(mayDiffer, "")
	t.Logf("%d rules, %d accepted and read alike; Parse and the kernel need not agree on %d: %v", len(rules), accepted, len(rules)-agreed, mayDiffer)
	if accepted < len(rules)/4 || agreed < len(rules)*3/4 {
		t.Errorf("of %d rules %d were accepted, on %d there had to be agreement: they test little", len(rules), accepted, agreed)
	}
}

// FuzzKernelAgrees lets the fuzzer look for rules that Parse and the kernel do not agree on.
func FuzzKernelAgrees(f *testing.F) {
	for _, c := range ruleCases {
		f.Add(c.rule)
	}
	start := sync.OnceValues(func() (*kernel, error) {
		k, _, err := startKernel()
		return k, err
	})
	f.Fuzz(func(t *testing.T, rule string) {
		k, err := start()
		if err != nil {
			t.Fatal(err)
		}
		r, err := k.ask(question{Rule: []byte(rule)})
		if err != nil {
			cannot(t, k.stderr.String())
		}
		compareVerdicts(t, rule, r)
	})
}

const spice = `::::\\xx0a1fMEPOCFTz/.+-` + "\n,\x00"

func pick(random *rand.Rand, s string) byte { return s[random.Intn(len(s))] }

// damaged returns a case with changes in one to three places. Long rules all fail in the same way.
func damaged(random *rand.Rand) string {
	for {
		if s := damage(random, ruleCases[random.Intn(len(ruleCases))].rule); len(s) < 300 {
			return s
		}
	}
}

func damage(random *rand.Rand, s string) string {
	for n := 1 + random.Intn(3); n > 0 && s != ""; n-- {
		i, c := random.Intn(len(s)), pick(random, spice)
		switch random.Intn(4) {
		case 0:
			s = s[:i] + s[i+1:]
		case 1:
			s = s[:i] + string([]byte{c}) + s[i:]
		case 2:
			s = s[:i] + string([]byte{c}) + s[i+1:]
		case 3: // another delimiter
			s = strings.ReplaceAll(s, s[:1], string([]byte{c}))
		}
	}
	return s
}

// soup returns a text of the right length or near it, of what rules are made of.
func soup(random *rand.Rand) string {
	parts := []string{":", ":", ":", ":x:M::", `\x7f`, "MZ", "M", "E", "::", ":/q:", "/bin/true", "F", "OC", "\n", "255", `\`, "ELF", ":/q:\n"}
	var s strings.Builder
	for n := 4 + random.Intn(8); n > 0; n-- {
		s.WriteString(parts[random.Intn(len(parts))])
	}
	return s.String()
}

// built returns the text of a random rule that is right.
func built(random *rand.Rand) string { return randomRule(random).String() }

func randomRule(random *rand.Rand) *Rule {
	r := &Rule{Name: "n" + randomText(random, 20), Type: 'M', Interpreter: "/" + randomText(random, 40)}
	r.Name = strings.ReplaceAll(r.Name, "/", "-")
	for _, flag := range "POC" { // not F: most of the emulators are not there
		if random.Intn(2) == 0 {
			r.Flags += string(flag)
		}
	}
	if random.Intn(4) == 0 {
		r.Type, r.Extension = 'E', "e"+strings.ReplaceAll(randomText(random, 10), "/", ".")
		return r
	}
	r.Magic = randomBytes(random, 1+random.Intn(60))
	r.Offset = random.Intn(Window - len(r.Magic) + 1)
	if random.Intn(2) == 0 {
		r.Mask = randomBytes(random, len(r.Magic))
	}
	return r
}

// randomText has every byte but NUL, those that mean something in rules more often.
func randomText(random *rand.Rand, size int) string {
	var s []byte
	for n := random.Intn(size); n > 0; n-- {
		c := byte(1 + random.Intn(255))
		if random.Intn(2) == 0 {
			c = max(1, pick(random, spice))
		}
		s = append(s, c)
	}
	return string(s)
}

func randomBytes(random *rand.Rand, size int) []byte {
	b := make([]byte, size)
	random.Read(b)
	return b
}

// Random rules that are built from fields are written so that Parse reads the same, and comes back
// with the same text.
func TestRandomRulesComeBack(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	for range 20000 {
		r := randomRule(random)
		text := r.String()
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%+v is written %q: %v", *r, text, err)
			continue
		}
		if got.String() != text {
			t.Errorf("%q comes back as %q", text, got)
		}
		got.text = ""
		if !reflect.DeepEqual(got, r) {
			t.Errorf("%q is\n%+v, was\n%+v", text, *got, *r)
		}
	}
}
