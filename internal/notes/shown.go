package notes

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Shown is a text of one line for a terminal. File names, words of the command line and lines of
// files are in messages as they are, and may hold what a terminal obeys. Whatever cannot be printed
// is shown as %q shows it: \r, \x1b.
func Shown(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		char := text[:size]
		if !strconv.IsPrint(r) || r == utf8.RuneError && size == 1 {
			quoted := strconv.Quote(char)
			char = quoted[1 : len(quoted)-1]
		}
		b.WriteString(char)
		text = text[size:]
	}
	return b.String()
}
