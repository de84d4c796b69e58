package binfmt

import "strings"

// verdict is what the kernel says to a rule, compared with Parse.
type verdict int

const (
	same     verdict = iota
	opposite         // a deliberate difference
	either           // depends on the version of the kernel
)

// ruleCases feeds both TestParse, which compares the words of the error, and TestKernelAgrees,
// which compares the verdict with the kernel's.
var ruleCases = []struct {
	rule   string
	err    string // "": accepted
	kernel verdict
	why    string // if not the same
}{
	// As they are published.
	{rule: `:qemu-ppc:M::\x7fELF\x01\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x14:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff:/usr/bin/qemu-ppc-static:OC`},
	{rule: `:mz:M::MZ::/usr/bin/wine:`},
	{rule: `:py:E::py::/usr/bin/python3:`},
	{rule: ":nl:M::MZ::/bin/true:\n"},
	{rule: `:flags:M::MZ::/bin/true:POC`},
	{rule: `:open:M::MZ::/bin/true:F`},
	{rule: `:twice:M::MZ::/bin/true:OOPO`},
	{rule: `:rel:M::MZ::bin/true:`},
	{rule: `:nowhere:M::MZ::/nonexistent:`},

	// The text as a whole.
	{rule: ``, err: `rule: it is empty`},
	{rule: `:a:M::b::/:`},
	{rule: `:a:M::b::`, err: `rule: it has 9 bytes, the kernel takes 11 to 1920`},
	{rule: `:long:M::MZ::` + strings.Repeat("x", 1920-14) + `:`},
	{rule: `:long:M::MZ::` + strings.Repeat("x", 1921-14) + `:`, err: `rule: it has 1921 bytes, the kernel takes 11 to 1920`},
	{rule: ":nul:M::M\x00Z::/bin/true:", err: `rule: byte 9 is NUL, which ends a field for the kernel (in magic and mask write \x00)`,
		kernel: opposite, why: "the kernel takes M for the whole magic"},
	{rule: "\x00nul\x00M\x00\x00MZ\x00\x00/bin/true\x00", err: `rule: byte 0 is NUL, which ends a field for the kernel (in magic and mask write \x00)`,
		kernel: opposite, why: "no argument of a program can hold a NUL"},
	{rule: ":nul:M::MZ::/bin\x00/true:", err: `rule: byte 16 is NUL, which ends a field for the kernel (in magic and mask write \x00)`},

	// Delimiters.
	{rule: `,comma,M,,M:Z,,/a:b,`},
	{rule: `@at@M@@MZ@@/bin/true@`},
	{rule: ` space M  MZ  /bin/true `},
	{rule: "\xffff\xffM\xff\xffMZ\xff\xff/bin/true\xff"},
	{rule: "\tt\tM\t\tMZ\t\t/bin/true\t\n"},
	{rule: `/slash/M//MZ//true/`},
	{rule: `\back\M\\MZ\\/bin/true\`},
	{rule: `xtermxMxx\x41\x42xx/bin/truex`},
	{rule: `atermaMaa\xaaBaa/bin/foo\x41a`},
	{rule: `MnameMMMMzMM/bin/trueM`},
	{rule: `EnameEEEEpyEE/bin/trueE`},
	{rule: `1name1M111MZ11/bin/true1`, err: `rule "name": the magic is empty`},
	{rule: `1name1M11MZ11/bin/true1`},
	{rule: `:colon:M::\x3a:\xff:/bin/true:`},
	{rule: `TnameTMTTMZTT/bin/trueT`, kernel: either, why: "T is a flag since Linux 7.3"},
	{rule: `PnamePMPPMZPP/bin/trueP`, err: `rule: the delimiter (the first byte) is 'P', which is a flag`,
		kernel: either, why: "older kernels read past the end of the rule"},
	{rule: `OnameOMOOMZOO/bin/trueO`, err: `rule: the delimiter (the first byte) is 'O', which is a flag`,
		kernel: either, why: "older kernels read past the end of the rule"},
	{rule: `CnameCMCCMZCC/bin/trueC`, err: `rule: the delimiter (the first byte) is 'C', which is a flag`,
		kernel: either, why: "older kernels read past the end of the rule"},
	{rule: `FnameFMFFMZFF/bin/trueF`, err: `rule: the delimiter (the first byte) is 'F', which is a flag`,
		kernel: either, why: "older kernels read past the end of the rule"},
	{rule: "\nname\nM\n\nMZ\n\n/bin/true\n", err: `rule: the delimiter (the first byte) is a newline, which ends a rule`},
	{rule: "\nname\nM\n\nMZ\n\n/bin/true\nO\n", err: `rule: the delimiter (the first byte) is a newline, which ends a rule`,
		kernel: opposite, why: "no file of rules and no shell line could hold it"},

	// Names.
	{rule: `::M::MZ::/bin/true:`, err: `rule: the name is empty (after the first ':')`},
	{rule: `,,M,,MZ,,/bin/true,`, err: `rule: the name is empty (after the first ',')`},
	{rule: `:.:M::MZ::/bin/true:`, err: `rule ".": the name is that of a directory`},
	{rule: `:..:M::MZ::/bin/true:`, err: `rule "..": the name is that of a directory`},
	{rule: `:...:M::MZ::/bin/true:`},
	{rule: `:a/b:M::MZ::/bin/true:`, err: `rule "a/b": the name contains a '/'`},
	{rule: `:` + strings.Repeat("n", 255) + `:M::MZ::/bin/true:`},
	{rule: `:` + strings.Repeat("n", 256) + `:M::MZ::/bin/true:`,
		err: `rule "` + strings.Repeat("n", 60) + `...nnnnnnnnnnnn": the name has 256 bytes, a file name has 255 at most`},
	{rule: `:register:M::MZ::/bin/true:`, err: `rule "register": the name is taken: the kernel has a control file called register`},
	{rule: `:status:E::py::/bin/true:`, err: `rule "status": the name is taken: the kernel has a control file called status`},
	{rule: ":two words\nand ñ:M::MZ::/bin/true:"},

	// Types.
	{rule: `:x::::MZ::/bin/true:`, err: `rule "x": the type is "", neither M (magic) nor E (extension)`},
	{rule: `:x:m::MZ::/bin/true:`, err: `rule "x": the type is "m", neither M (magic) nor E (extension)`},
	{rule: `:x:ME::MZ::/bin/true:`, err: `rule "x": the type is "ME", neither M (magic) nor E (extension)`},
	{rule: `:x:Q::MZ::/bin/true:`, err: `rule "x": the type is "Q", neither M (magic) nor E (extension)`},
	{rule: `:x:B::handler::/bin/true:`, err: `rule "x": the type is "B", neither M (magic) nor E (extension)`,
		kernel: either, why: "Linux 7.3 may have B for BPF"},
	{rule: `:0123456789:`, err: `rule "0123456789": it ends where the type (M or E) and a ':' have to be`},
	{rule: `:012345678:M`, err: `rule "012345678": it ends where the type (M or E) and a ':' have to be`},

	// Offsets.
	{rule: `:x:M:0:MZ::/bin/true:`},
	{rule: `:x:M:+5:MZ::/bin/true:`},
	{rule: `:x:M:-0:MZ::/bin/true:`},
	{rule: `:x:M:-+0:MZ::/bin/true:`, err: `rule "x": the offset "-+0" is not a decimal number`},
	{rule: `:x:M:010:MZ::/bin/true:`},
	{rule: ":x:M:4\n:MZ::/bin/true:"},
	{rule: `:x:M:00000000000000000000000000007:MZ::/bin/true:`},
	{rule: `:x:M:254:MZ::/bin/true:`},
	{rule: `:x:M:255:Z::/bin/true:`},
	{rule: `:x:M:255:MZ::/bin/true:`, err: `rule "x": the magic ends at byte 257 of a file (offset 255, 2 bytes), the kernel looks at 256`},
	{rule: `:x:M:256:M::/bin/true:`, err: `rule "x": the offset "256" is outside the first 256 bytes of a file, all that the kernel looks at`},
	{rule: `:x:M:4294967296:M::/bin/true:`, err: `rule "x": the offset "4294967296" is outside the first 256 bytes of a file, all that the kernel looks at`},
	{rule: `:x:M:18446744073709551616:M::/bin/true:`, err: `rule "x": the offset "18446744073709551616" is outside the first 256 bytes of a file, all that the kernel looks at`},
	{rule: `:x:M:0x4:MZ::/bin/true:`, err: `rule "x": the offset "0x4" is not a decimal number`},
	{rule: `:x:M: 4:MZ::/bin/true:`, err: `rule "x": the offset " 4" is not a decimal number`},
	{rule: `:x:M:4 :MZ::/bin/true:`, err: `rule "x": the offset "4 " is not a decimal number`},
	{rule: `:x:M:+:MZ::/bin/true:`, err: `rule "x": the offset "+" is not a decimal number`},
	{rule: `:x:M:++4:MZ::/bin/true:`, err: `rule "x": the offset "++4" is not a decimal number`},
	{rule: `:x:M:+-4:MZ::/bin/true:`, err: `rule "x": the offset "+-4" is not a decimal number`},
	{rule: `:x:M:1_0:MZ::/bin/true:`, err: `rule "x": the offset "1_0" is not a decimal number`},
	{rule: ":x:M:\n:MZ::/bin/true:", err: `rule "x": the offset "\n" is not a decimal number`},
	{rule: ":x:M:4\n\n:MZ::/bin/true:", err: `rule "x": the offset "4\n\n" is not a decimal number`},
	{rule: `:x:M:-1:MZ::/bin/true:`, err: `rule "x": the offset "-1" is negative`},
	{rule: `:offset:M:12345`, err: `rule "offset": the ':' after the offset is missing`},

	// Magic and mask.
	{rule: `:x:M::::/bin/true:`, err: `rule "x": the magic is empty`},
	{rule: `:x:M::\x00::/bin/true:`},
	{rule: `:x:M::\xAb\xCD:\xfF\x0F:/bin/true:`},
	{rule: `:x:M::MZ:\x00\x00:/bin/true:`},
	{rule: `:x:M::MZ:zz:/bin/true:`},
	{rule: `:x:M::\n\t\\::/bin/true:`},
	{rule: `:x:M::\:\:/bin/true:`},
	{rule: `:x:M::\\x41:12345:/bin/true:`},
	{rule: `:x:M::\\x41:1:/bin/true:`, err: `rule "x": the mask has 1 bytes, the magic 5`},
	{rule: `:x:M::\\\x41:12345:/bin/true:`, err: `rule "x": the mask has 5 bytes, the magic 3`},
	{rule: `:x:M::\\xg1::/bin/true:`, err: `rule "x": magic: byte 1: \xg1 is not a hexadecimal escape`},
	{rule: `:x:M::\x4::/bin/true:`, err: `rule "x": magic: byte 0: \x4: is not a hexadecimal escape`},
	{rule: `:x:M::ab\xzz::/bin/true:`, err: `rule "x": magic: byte 2: \xzz is not a hexadecimal escape`},
	{rule: `:x:M::\X41:1234:/bin/true:`},
	{rule: `:x:M::\x7fELF\x02\x01\x01\x00:\xff\xff\xff\xff\xff\xff\xff\xg0:/bin/true:`, err: `rule "x": mask: byte 7: \xg0 is not a hexadecimal escape`},
	{rule: `:x:M::MZ:\xff:/bin/true:`, err: `rule "x": the mask has 1 bytes, the magic 2`},
	{rule: `:x:M::MZ:\xff\xff\xff:/bin/true:`, err: `rule "x": the mask has 3 bytes, the magic 2`},
	{rule: `:x:M::` + strings.Repeat("m", 256) + `::/bin/true:`},
	{rule: `:x:M::` + strings.Repeat("m", 257) + `::/bin/true:`, err: `rule "x": the magic ends at byte 257 of a file (offset 0, 257 bytes), the kernel looks at 256`},
	{rule: `:magic:M::0123`, err: `rule "magic": the ':' after the magic is missing`},
	{rule: `:magic:M::\x4`, err: `rule "magic": magic: byte 0: \x4 is not a hexadecimal escape`},
	{rule: `:mask:M::01:23`, err: `rule "mask": the ':' after the mask is missing`},

	// Type E.
	{rule: `:x:E:junk:py:\xzz:/bin/true:OC`},
	{rule: `:x:E::tar.gz::/bin/true:`},
	{rule: `:x:E::\x41::/bin/true:`},
	{rule: `:x:E::::/bin/true:`, err: `rule "x": the extension is empty`},
	{rule: `:x:E::a/b::/bin/true:`, err: `rule "x": the extension "a/b" contains a '/'`},
	{rule: `:extension:E:1`, err: `rule "extension": the ':' after the offset is missing`},
	{rule: `:extension:E::1`, err: `rule "extension": the ':' after the extension is missing`},
	{rule: `:extension:E::1:`, err: `rule "extension": the ':' after the mask is missing`},

	// Interpreters.
	{rule: `:x:M::MZ:::`, err: `rule "x": the interpreter is empty`},
	{rule: `:x:M::MZaaa::`, err: `rule "x": the interpreter is empty`},
	{rule: `:x:M::MZ::/bin/true`, err: `rule "x": the ':' after the interpreter is missing (it is needed without flags too)`},
	{rule: ":x:M::MZ::/bin/true\n", err: `rule "x": the ':' after the interpreter is missing (it is needed without flags too)`},
	{rule: ":x:M::MZ::/bin/two words\n:"},

	// Flags and the end.
	{rule: `:x:M::MZ::/bin/true:p`, err: `rule "x": the flag 'p' is unknown (flags are P, O, C and F, in upper case)`},
	{rule: `:x:M::MZ::/bin/true:O1`, err: `rule "x": the flag '1' is unknown (flags are P, O, C and F, in upper case)`},
	{rule: `:x:M::MZ::/bin/true:Z`, kernel: either, why: "left to the kernel: later ones know more flags"},
	{rule: `:x:M::MZ::/bin/true:T`, kernel: either, why: "a flag since Linux 7.3"},
	{rule: `:x:M::MZ::/bin/true:D`, kernel: either, why: "a flag since Linux 7.3"},
	{rule: `:x:M::MZ::/bin/true:OC:`, err: `rule "x": text after the flags: ":"`},
	{rule: `:x:M::MZ::/bin/true: O`, err: `rule "x": text after the flags: " O"`},
	{rule: `DnameDMDDMZDD/bin/trueDD`, err: `rule "name": text after the flags: "D"`,
		kernel: either, why: "D is a flag since Linux 7.3, and no delimiter any more"},
	{rule: ":x:M::MZ::/bin/true:\n\n", err: `rule "x": it ends in 2 newlines, the kernel takes one at most`},
	{rule: ":x:M::MZ::/bin/true:O\n\n\n", err: `rule "x": it ends in 3 newlines, the kernel takes one at most`},
	{rule: ":x:M::MZ::/bin/true:\n:y:M::MY::/bin/true:", err: `rule "x": text after the newline: ":y:M::MY::/bin/true:" (the kernel takes one rule at a time)`},
	{rule: ":x:M::MZ::/bin/true:\r\n", err: `rule "x": text after the flags: "\r\n"`},
}
