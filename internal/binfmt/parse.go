package binfmt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/remedy"
)

// Parse reads a rule as it is written to the register file,
// ":name:type:offset:magic:mask:interpreter:flags", with any delimiter and at most one newline at
// the end.
//
// It takes what create_entry of fs/binfmt_misc.c takes, but for three things. Upper-case letters
// that it does not know as flags are left to the kernel, since later kernels know more of them
// (7.3: T, L, D). A NUL is refused everywhere: in a magic the kernel takes it for the end, and so
// matches less than was written. A newline is refused as the delimiter, which the kernel takes if
// one more follows at the end.
//
// The error says what is wrong and where. Bytes of magic and mask are counted from 0.
func Parse(s string) (*Rule, error) {
	r, err := parse(s)
	if err != nil {
		return nil, remedy.Wrap(err, notARule(s)...)
	}
	return r, nil
}

// notARule returns advice for a string that is something else than a rule, by its looks.
func notARule(s string) []string {
	const form = "a rule is written :name:type:offset:magic:mask:interpreter:flags"
	switch {
	case s == "":
		return nil
	case s[0] == '/', strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"):
		return []string{quote(s) + " looks like the name of a file; " + form}
	case !strings.ContainsRune(s, ':') && isAlnum(s[0]):
		return []string{quote(s) + " looks like the name of a rule; " + form}
	}
	return nil
}

func isAlnum(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

func parse(s string) (*Rule, error) {
	if err := checkText(s); err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	p := parser{rule: &Rule{text: s}, rest: s[1:], del: s[0]}
	for _, read := range [...]func() error{p.name, p.kind, p.pattern, p.interpreter, p.flags} {
		if err := read(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.where(), err)
		}
	}
	return p.rule, nil
}

// checkText checks what concerns the text as a whole.
func checkText(s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	if len(s) < minText || len(s) > maxText {
		return fmt.Errorf("it has %d bytes, the kernel takes %d to %d", len(s), minText, maxText)
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		return fmt.Errorf(`byte %d is NUL, which ends a field for the kernel (in magic and mask write \x00)`, i)
	}
	switch s[0] {
	case '\n':
		return errors.New("the delimiter (the first byte) is a newline, which ends a rule")
	case 'P', 'O', 'C', 'F':
		return fmt.Errorf("the delimiter (the first byte) is '%c', which is a flag", s[0])
	}
	return nil
}

// parser cuts the fields off a rule one after the other.
type parser struct {
	rule *Rule
	rest string // what comes after the last delimiter seen
	del  byte
}

// where begins a message: by the name of the rule, once it is known.
func (p *parser) where() string {
	if p.rule.Name == "" {
		return "rule"
	}
	return "rule " + quote(p.rule.Name)
}

// cut returns the text up to the next delimiter. after names the field for the error.
func (p *parser) cut(after string) (string, error) {
	i := strings.IndexByte(p.rest, p.del)
	if i < 0 {
		return "", fmt.Errorf("the %s after the %s is missing", quoteByte(p.del), after)
	}
	field := p.rest[:i]
	p.rest = p.rest[i+1:]
	return field, nil
}

func (p *parser) name() error {
	name, err := p.cut("name")
	if err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("the name is empty (after the first %s)", quoteByte(p.del))
	}
	p.rule.Name = name
	return checkName(name)
}

// kind reads the type: one byte, whatever it is, and a delimiter. So in "MxMMM..." the third M is
// the type.
func (p *parser) kind() error {
	if len(p.rest) < 2 {
		return fmt.Errorf("it ends where the type (M or E) and a %s have to be", quoteByte(p.del))
	}
	t := p.rest[0]
	if t != 'M' && t != 'E' || p.rest[1] != p.del {
		field, _, _ := strings.Cut(p.rest, string([]byte{p.del}))
		return fmt.Errorf("the type is %s, neither M (magic) nor E (extension)", quote(field))
	}
	p.rule.Type = t
	p.rest = p.rest[2:]
	return nil
}

func (p *parser) pattern() error {
	if p.rule.Type == 'E' {
		return p.extension()
	}
	offset, err := p.cut("offset")
	if err != nil {
		return err
	}
	if p.rule.Offset, err = parseOffset(offset); err != nil {
		return err
	}
	return p.magic()
}

// parseOffset reads a number as kstrtoint(s, 10) of lib/kstrtox.c does: a sign and a newline at the
// end may be there, blanks and 0x may not. An empty field is 0.
func parseOffset(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	digits = strings.TrimSuffix(digits, "\n")
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && !negative && n >= Window:
		return 0, fmt.Errorf("the offset %s is outside the first %d bytes of a file, all that the kernel looks at", quote(s), Window)
	case err != nil:
		return 0, fmt.Errorf("the offset %s is not a decimal number", quote(s))
	case negative && n != 0:
		return 0, fmt.Errorf("the offset %s is negative", quote(s))
	}
	return int(n), nil
}

func (p *parser) magic() (err error) {
	r := p.rule
	if r.Magic, err = p.bytes("magic"); err != nil {
		return err
	}
	if len(r.Magic) == 0 {
		return errors.New("the magic is empty")
	}
	if r.Mask, err = p.bytes("mask"); err != nil {
		return err
	}
	if len(r.Mask) != 0 && len(r.Mask) != len(r.Magic) {
		return fmt.Errorf("the mask has %d bytes, the magic %d", len(r.Mask), len(r.Magic))
	}
	if end := r.Offset + len(r.Magic); end > Window {
		return fmt.Errorf("the magic ends at byte %d of a file (offset %d, %d bytes), the kernel looks at %d",
			end, r.Offset, len(r.Magic), Window)
	}
	return nil
}

// bytes reads a field with escapes. They come before the delimiter: with the delimiter 'x' or 'a',
// \x1a is still one byte.
func (p *parser) bytes(field string) ([]byte, error) {
	for i := 0; i < len(p.rest); i++ {
		if p.rest[i] == p.del {
			raw := p.rest[:i]
			p.rest = p.rest[i+1:]
			return unescape(raw), nil
		}
		if !strings.HasPrefix(p.rest[i:], `\x`) {
			continue
		}
		if !isEscape(p.rest[i:]) {
			return nil, fmt.Errorf("%s: byte %d: %s is not a hexadecimal escape",
				field, len(unescape(p.rest[:i])), p.rest[i:min(i+4, len(p.rest))])
		}
		i += 3
	}
	return nil, fmt.Errorf("the %s after the %s is missing", quoteByte(p.del), field)
}

// isEscape reports whether s begins with \x and two hexadecimal digits.
func isEscape(s string) bool {
	return len(s) >= 4 && s[:2] == `\x` && isHex(s[2]) && isHex(s[3])
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// unescape decodes \xHH as string_unescape(UNESCAPE_HEX) of lib/string_helpers.c does. Any other
// backslash stands for itself and keeps the byte after it from being looked at: \\x41 is five
// bytes.
func unescape(s string) []byte {
	var b []byte
	for s != "" {
		n := 1
		switch {
		case isEscape(s):
			c, _ := strconv.ParseUint(s[2:4], 16, 8)
			b = append(b, byte(c))
			s = s[4:]
			continue
		case s[0] == '\\' && len(s) > 1:
			n = 2
		}
		b = append(b, s[:n]...)
		s = s[n:]
	}
	return b
}

// extension reads the three fields of type E, of which the kernel skips the first and the last.
func (p *parser) extension() error {
	if _, err := p.cut("offset"); err != nil {
		return err
	}
	ext, err := p.cut("extension")
	switch {
	case err != nil:
		return err
	case ext == "":
		return errors.New("the extension is empty")
	case strings.IndexByte(ext, '/') >= 0:
		return fmt.Errorf("the extension %s contains a '/'", quote(ext))
	}
	p.rule.Extension = ext
	_, err = p.cut("mask")
	return err
}

func (p *parser) interpreter() error {
	end := strings.IndexByte(p.rest, p.del)
	switch {
	case p.rest == "", end == 0:
		return errors.New("the interpreter is empty")
	case end < 0:
		return fmt.Errorf("the %s after the interpreter is missing (it is needed without flags too)", quoteByte(p.del))
	}
	p.rule.Interpreter = p.rest[:end]
	p.rest = p.rest[end+1:]
	return nil
}

// flags reads the rest: upper-case letters and at most one newline.
func (p *parser) flags() error {
	n := 0
	for n < len(p.rest) && p.rest[n] >= 'A' && p.rest[n] <= 'Z' && p.rest[n] != p.del {
		n++
	}
	p.rule.Flags = p.rest[:n]
	end := p.rest[n:]
	switch {
	case end == "", end == "\n":
		return nil
	case strings.Trim(end, "\n") == "":
		return fmt.Errorf("it ends in %d newlines, the kernel takes one at most", len(end))
	case end[0] == '\n':
		return fmt.Errorf("text after the newline: %s (the kernel takes one rule at a time)", quote(end[1:]))
	case isAlnum(end[0]) && end[0] != p.del:
		return fmt.Errorf("the flag %s is unknown (flags are P, O, C and F, in upper case)", quoteByte(end[0]))
	}
	return fmt.Errorf("text after the flags: %s", quote(end))
}
