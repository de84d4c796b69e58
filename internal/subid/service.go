package subid

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/remedy"
)

// service returns the service that nsswitch.conf(5) names for sub-ids, "" for the files. Like
// libsubid (nss_init of shadow's lib/nss.c) it goes by the first line that names any, and by the
// first word of it: there is one service.
func (s System) service() (service string) {
	text, _ := accounts.Read(s.Root + "/etc/nsswitch.conf")
	for line := range strings.Lines(string(text)) {
		database, services, ok := strings.Cut(line, ":")
		if words := strings.Fields(services); ok && strings.EqualFold(database, "subid") && len(words) > 0 {
			service = words[0]
			break
		}
	}
	if service == "files" {
		return ""
	}
	return service
}

// fromService asks getsubids(1), which loads the service's library.
func fromService(service, program string, kind Kind, user string) ([]entry, error) {
	args := []string{user}
	if kind == Groups {
		args = []string{"-g", user}
	}
	out, err := environ.Command(program, args...).Output()
	if err != nil {
		return nil, remedy.Errorf("they have to be given where "+service+" takes them from (nsswitch.conf says subid: "+service+")",
			"%s has no %s: %s %s: %w", user, kind, program, strings.Join(args, " "), withOutput(err))
	}
	entries, err := listed(string(out))
	if err == nil && len(entries) == 0 {
		err = fmt.Errorf("%s has no %s: %s lists none", user, kind, program)
	}
	return entries, err
}

// withOutput puts what a program said in the place of its status.
func withOutput(err error) error {
	var exit *environ.ExitError
	if errors.As(err, &exit) {
		if said := strings.TrimSpace(string(exit.Stderr)); said != "" {
			return fmt.Errorf("%s (%w)", said, err)
		}
	}
	return err
}

// listed reads lines such as "0: user 100000 65536". A name can have spaces in it.
func listed(out string) ([]entry, error) {
	var entries []entry
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) < 4 {
			return nil, fmt.Errorf("getsubids: %q is not NUMBER: USER FIRST COUNT", line)
		}
		r, err := parseRange(words[len(words)-2], words[len(words)-1])
		if err != nil {
			return nil, fmt.Errorf("getsubids: %q: %w", line, err)
		}
		if r.Count > 0 {
			entries = append(entries, entry{r, "line " + strings.TrimSuffix(words[0], ":") + " of getsubids"})
		}
	}
	return entries, nil
}
