package cmdline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Options can stand in a file, one a line as on the command line: an option, and after the first
// space, or after =, its argument as it is. Empty lines and those that begin with # are passed
// over.

// expand puts the options of files in the place of the --config, or the --into with a name, that
// they are read for.
func expand(options []string) ([]string, error) { return expandIn(options, nil) }

// expandIn does that for options of the last of some files, each of which is named in the one
// before; of none for those of the command line.
func expandIn(options, files []string) (all []string, err error) {
	for _, option := range options {
		file, err := configOf(option)
		if err == nil && slices.Contains(files, file) {
			err = remedy.Errorf("a directory needs a slash: --into=./"+strings.TrimPrefix(option, intoOption), "%s: this option file is being read already", option)
		}
		if err != nil {
			return all, err
		}
		if file == "" {
			all = append(all, option)
			continue
		}
		more, err := readConfig(option, append(slices.Clip(files), file))
		all = append(all, more...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

const (
	configOption = "--config="
	intoOption   = "--into="
)

// configOf is the file that an option stands for; "" if it is an option itself.
func configOf(option string) (string, error) {
	if file, ok := strings.CutPrefix(option, configOption); ok {
		if file == "" {
			return "", errors.New("--config: the argument is empty")
		}
		return file, nil
	}
	name, ok := strings.CutPrefix(option, intoOption)
	if !ok || name == "" || strings.Contains(name, "/") {
		return "", nil
	}
	file := filepath.Join(ConfigDir(), name+".conf")
	_, err := os.Stat(file)
	if err == nil {
		return file, nil
	}
	if _, here := os.Stat(name); here == nil {
		return "", nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return "", remedy.Wrap(fmt.Errorf("%s: %s: %w", option, file, cause(err)), "its directories need the permission x for you: namei -l "+file)
	}
	return "", remedy.Errorf("a name stands for a file there; for a directory here, write --into=./"+name+"",
		"--into=%s: there is neither %s nor a directory of that name", name, file)
}

// ConfigDir is where --into looks for names (XDG Base Directory Specification).
func ConfigDir() string {
	base := environ.Get("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) {
		base = filepath.Join(homeDir(), ".config")
	}
	return filepath.Join(base, "xunshare")
}

// homeDir is the caller's home. A caller without one is not given that of root.
func homeDir() string {
	if home := environ.Get("HOME"); filepath.IsAbs(home) {
		return home
	}
	if entry := accounts.FindIn("/etc/passwd", accounts.ByID(strconv.Itoa(os.Getuid()))); entry != nil {
		return entry[accounts.Home]
	}
	return "/"
}

// readConfig reads the options of the last of the files, which an option stands for, in normal
// form. Each error begins with the file and the line, or with the option.
func readConfig(option string, files []string) (options []string, err error) {
	file := files[len(files)-1]
	text, err := os.ReadFile(file)
	switch {
	case err != nil && option == configOption+file:
		return nil, fmt.Errorf("%s: %w", option, cause(err))
	case err != nil:
		return nil, fmt.Errorf("%s: %s: %w", option, file, cause(err))
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		more, err := configLine(line)
		if err == nil {
			more, err = expandIn(more, files)
		}
		if err != nil {
			return options, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		options = append(options, more...)
	}
	return options, nil
}

func configLine(line string) ([]string, error) {
	words := []string{line}
	if option, argument, ok := strings.Cut(line, " "); ok && !strings.Contains(option, "=") {
		words = []string{option, strings.TrimSpace(argument)}
	}
	options, rest, err := normalize(words)
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0 || len(options) == 0:
		return nil, remedy.Errorf("write one option a line, with its dashes: --wd /tmp", "%.60q is not an option", cmp.Or(strings.Join(rest, " "), line))
	case strings.HasPrefix(options[0], configOption):
		return nil, errors.New("an option file cannot name another one")
	}
	// What the arguments are worth is found out here too, while the line is known.
	scratch := Options{Status: -1}
	if err := read(options, &scratch); err != nil && !scratch.Help && !scratch.Version {
		return nil, err
	}
	return options, nil
}

// cause is the errno without the path that the sentence has named already.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
