package cmdline

import (
	"slices"
	"strings"
)

// A kind of argument is what each shell has for it; arguments of the kind "" are completed with the
// words, if any.
type kind string

const (
	files         kind = "files"
	directories   kind = "directories"
	architectures kind = "architectures"
	users         kind = "users"
	groups        kind = "groups"
	hosts         kind = "hosts"
	signals       kind = "signals"
	variable      kind = "variable"
	variableList  kind = "variables"
	descriptors   kind = "descriptors"
)

// The commands of the shells; WORDS stands for the words. "" completes nothing.
var (
	bashActions = map[kind]string{
		"":            `COMPREPLY=($(compgen -W 'WORDS' -- "$cur"))`,
		files:         `_filedir`,
		directories:   `_filedir -d`,
		architectures: `COMPREPLY=($(compgen -P "${cur%"${cur##*,}"}" -W "WORDS$(__xunshare_arches)" -- "${cur##*,}"))`,
		users:         `COMPREPLY=($(compgen -u -- "$cur"))`,
		groups:        `COMPREPLY=($(compgen -g -- "$cur"))`,
		hosts:         `COMPREPLY=($(compgen -A hostname -- "$cur"))`,
		signals:       `__xunshare_signals`,
		variable:      `COMPREPLY=($(compgen -e -- "$cur"))`,
		variableList:  `COMPREPLY=($(compgen -e -P "${cur%"${cur##*,}"}" -- "${cur##*,}"))`,
	}
	zshActions = map[kind]string{
		"":            `(WORDS)`,
		files:         `_files`,
		directories:   `_files -/`,
		architectures: `_sequence compadd - WORDS${${(f)"$(xunshare --list-arches 2>/dev/null)"}[2,-1]%% *}`,
		users:         `_users`,
		groups:        `_groups`,
		hosts:         `_hosts`,
		signals:       `_signals -s`,
		variable:      `_parameters -g "*export*"`,
		variableList:  `_sequence _parameters -g "*export*"`,
		descriptors:   `_file_descriptors`,
	}
	fishActions = map[kind]string{
		"":            `WORDS`,
		files:         `(__fish_complete_path)`,
		directories:   `(__fish_complete_directories)`,
		architectures: `WORDS(__xunshare_arches)`,
		users:         `(__fish_complete_users)`,
		groups:        `(__fish_complete_groups)`,
		hosts:         `(__fish_print_hostnames)`,
		signals:       `(__xunshare_signals)`,
		variable:      `(__xunshare_variables)`,
		variableList:  `(__xunshare_variables)`,
	}
)

// action is the command that completes the argument of d; "" for none.
func (d *offer) action(of map[kind]string) string {
	words := d.words
	switch {
	case d.with == "" && words == "":
		return ""
	case d.with != "" && words != "":
		words += " "
	}
	return strings.Replace(of[d.with], "WORDS", words, 1)
}

// letter is the short form, with what stands around it; "" where there is none.
func (f *option) letter(before, after string) string {
	if f.short == 0 {
		return ""
	}
	return before + string(rune(f.short)) + after
}

// bashOptions are marked "=" if an argument is needed, "[=]" if it may be left out.
func bashOptions() string {
	var b strings.Builder
	line := "\t\t"
	for _, d := range offers {
		f := d.option()
		word := f.letter("-", [...]string{none: " ", required: "= ", optional: " "}[f.takes]) + "--" + f.mark()
		if len(line)+len(word) > 100 {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = "\t\t"
		}
		line += word + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}

// bashCases are a case for each command.
func bashCases() string {
	var actions []string
	options := map[string][]string{}
	for _, d := range offers {
		action := d.action(bashActions)
		if action == "" {
			continue
		}
		if !slices.Contains(actions, action) {
			actions = append(actions, action)
		}
		if f := d.option(); f.takes == required && f.short != 0 {
			options[action] = append(options[action], f.letter("-", ""))
		}
		options[action] = append(options[action], "--"+d.name)
	}
	var b strings.Builder
	for _, action := range actions {
		b.WriteString("\t\t" + strings.Join(options[action], " | ") + ") " + action + " ;;\n")
	}
	return b.String()
}

// zshOptions are specifications of _arguments.
func zshOptions() string {
	var b strings.Builder
	for _, d := range offers {
		for _, spec := range d.zsh() {
			b.WriteString("  '" + spec + "' \\\n")
		}
	}
	return b.String()
}

// zsh returns one specification, or two where only the long form takes an argument.
func (d *offer) zsh() []string {
	f := d.option()
	long, help := "--"+f.name, "["+d.help+"]"
	before, argument := d.zshExcludes(f), d.zshArgument(f)
	switch {
	case f.takes == optional && f.short != 0:
		return []string{"(" + long + ")" + f.letter("-", help), f.letter("(-", ")") + long + "=-" + help + "::" + argument}
	case f.takes == optional:
		return []string{before + long + "=-" + help + "::" + argument}
	case f.takes == required && f.short != 0:
		return []string{before + "'{" + f.letter("-", "+,") + long + "=}'" + help + ":" + argument}
	case f.takes == required:
		return []string{before + long + "=" + help + ":" + argument}
	case f.short != 0:
		return []string{before + "'{" + f.letter("-", ",") + long + "}'" + help}
	}
	return []string{before + long + help}
}

// zshExcludes says what is not offered after the option.
func (d *offer) zshExcludes(f *option) string {
	switch {
	case f.set != nil && f.set(&Options{}, "") == errEnough:
		return "(- *)"
	case d.repeated:
		return "*"
	case f.short != 0:
		return f.letter("(-", " --") + f.name + ")"
	}
	return ""
}

// zshArgument is the name of the argument, as in the help, and what completes it.
func (d *offer) zshArgument(f *option) string {
	name := strings.ReplaceAll(strings.ToLower(helpArguments()[f.name]), ":", `\:`)
	if f.preset != "" {
		name += " (" + f.preset + ")"
	}
	action := d.action(zshActions)
	if action == "" {
		action = " "
	}
	return name + ":" + action
}

// fishOptions are specifications of argparse, ten a line.
func fishOptions() string {
	var specs []string
	for _, d := range offers {
		f := d.option()
		switch {
		case f.takes == optional:
			if f.short != 0 {
				specs = append(specs, f.letter("", ""))
			}
			specs = append(specs, f.name+"='?'")
		case f.takes == required && d.repeated:
			specs = append(specs, f.letter("", "/")+f.name+"=+")
		case f.takes == required:
			specs = append(specs, f.letter("", "/")+f.name+"=")
		default:
			specs = append(specs, f.letter("", "/")+f.name)
		}
	}
	var b strings.Builder
	scope := "-l"
	for line := range slices.Chunk(specs, 8) {
		b.WriteString("    set " + scope + " options " + strings.Join(line, " ") + "\n")
		scope = "-a"
	}
	return b.String()
}

// fishCompletions are a command complete for each option.
func fishCompletions() string {
	var b strings.Builder
	for _, d := range offers {
		f := d.option()
		b.WriteString("complete -c xunshare -n 'not __xunshare_program >/dev/null' " + f.letter("-s ", " ") + "-l " + f.name + " ")
		switch action := d.action(fishActions); {
		case f.takes == optional && d.with == files:
			b.WriteString("-F ")
		case f.takes == required && action == "":
			b.WriteString("-x ")
		case f.takes == required:
			b.WriteString("-x -a '" + action + "' ")
		case action != "":
			b.WriteString("-a '" + action + "' ")
		}
		b.WriteString("-d '" + d.help + "'\n")
	}
	return b.String()
}
