package rulefile

import (
	"strings"
	"testing"
)

var debianCases = []struct{ text, want string }{
	{"package openjdk-17\ninterpreter /usr/bin/jexec\nmagic PK\\x03\\x04\n", `:name:M::PK\x03\x04::/usr/bin/jexec:`},
	{"package q\ninterpreter /q\nmagic \\x7fE\noffset 3\nmask \\xff\\x0f\ncredentials no\nfix_binary yes\npreserve yes\n",
		`:name:M:3:\x7fE:\xff\x0f:/q:PF`},
	{"Interpreter\t/a b \r\nMAGIC  MZ\ncredentials yes\npreserve YES\nsomething else\n\n", `:name:M::MZ::/a b:C`},
	{"interpreter /p\nextension py\n", `:name:E::py::/p:`},
	{"interpreter /p:q\nmagic ,:\n", `;name;M;;,:;;/p:q;`},
	{"interpreter /p\nmagic MZ\nmagic\n", `:name:M::MZ::/p:`},
	{"interpreter /p\nmagic MZ\nmagic ZM\n", `:name:M::ZM::/p:`},
	{"interpreter /usr/bin/cli\nmagic MZ\ndetector /usr/lib/cli/binfmt-detector-cli\n",
		"rule \"name\": its detector /usr/lib/cli/binfmt-detector-cli has to check each file that matches, " +
			"and the kernel cannot run a detector\n" +
			"if all files that match are meant for /usr/bin/cli, give the rule itself: ':name:M::MZ::/usr/bin/cli:'"},
	{"", "it has neither a magic nor an extension"},
	{"package x\ninterpreter /p\nmask \\xff\n", "it has neither a magic nor an extension"},
	{"interpreter /p\nmagic MZ\nextension py\n", "it has both a magic and an extension"},
	{"interpreter /p\nextension py\noffset 0\n", "it has an extension with a mask or an offset, which need a magic"},
	{"magic MZ\n", `rule "name": the interpreter is empty`},
	{"interpreter /p\nmagic MZ\nmask \\xff\n", `rule "name": the mask has 1 bytes, the magic 2`},
	{"interpreter /p\nmagic \\xz\n", `rule "name": magic: byte 0: \xz: is not a hexadecimal escape`},
	{"interpreter :,;|!#%&*=@^~\nmagic MZ\n", "rule \"name\": text after the flags: "},
}

func TestParseDebian(t *testing.T) {
	for _, c := range debianCases {
		rule, err := parseDebian("name", c.text)
		got := result(System{}, one(rule), err)
		if got != c.want && !(strings.HasSuffix(c.want, ": ") && err != nil) {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}
