package difftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xunshare/xunshare/test/asuser"
)

// Run tries all cases that are for these, with the xunshare and the tree that are given.
func Run(t *testing.T, xunshare, tree string, may ...Who) {
	b := newBench(t, tree)
	var cases []*Case
	for i := range Cases {
		if c := &Cases[i]; c.Who == Anyone || slices.Contains(may, c.Who) {
			cases = append(cases, c)
		}
	}
	for _, u := range references(t) {
		r := run{bench: b, theirs: u, ours: tool{path: xunshare}, shown: map[string]bool{}}
		t.Run(u.version.String(), func(t *testing.T) { r.all(t, cases) })
	}
}

// A run compares two programs.
type run struct {
	*bench
	theirs, ours tool
	mutex        sync.Mutex
	shown        map[string]bool // the deviations that were met
}

// outcome is what is to be said about a case.
type outcome struct {
	lacks    string // why it cannot be compared with this unshare(1)
	skip     string // why it cannot be tried at all
	problems []string
}

// workers is how many cases are tried at a time, and waiters how many of those that mostly wait.
const workers, waiters = 4, 16

func (r *run) all(t *testing.T, cases []*Case) {
	outcomes := make([]outcome, len(cases))
	var group sync.WaitGroup
	working, waiting := make(chan bool, workers), make(chan bool, waiters)
	for i, c := range cases {
		turn := working
		if c.Signal != 0 {
			turn = waiting
		}
		group.Add(1)
		go func() {
			defer group.Done()
			turn <- true
			outcomes[i] = r.try(c)
			<-turn
		}()
	}
	group.Wait()
	var left []string
	for i, c := range cases {
		if outcomes[i].lacks != "" {
			left = append(left, c.name()+" ("+outcomes[i].lacks+")")
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			if outcomes[i].skip != "" {
				asuser.Skip(t, outcomes[i].skip)
			}
			if problems := outcomes[i].problems; len(problems) > 0 {
				t.Errorf("xunshare, compared with what was expected:\n%s", strings.Join(problems, "\n"))
			}
		})
	}
	t.Logf("%d of %d cases compared with unshare(1) of util-linux %s; deviations: %s", len(cases)-len(left), len(cases),
		r.theirs.version, strings.Join(slices.Sorted(maps.Keys(r.shown)), ", "))
	for _, d := range Deviations {
		if d.expect != nil && !r.shown[d.Name] {
			t.Errorf("the deviation does not occur any more: %s", d.Name)
		}
	}
	if len(left) > 0 {
		t.Logf("not compared, because it lacks what they need:\n\t%s", strings.Join(left, "\n\t"))
	}
}

// settled is how long nothing has to happen after a signal until it is sure that nothing will.
const settled = 1500 * time.Millisecond

// try tries one case.
func (r *run) try(c *Case) outcome {
	if c.Who == SubIDs && !r.facts.subIDs {
		return outcome{skip: "only root can give the tests an account with sub-ids"}
	}
	if c.Since != "" && r.theirs.version.before(c.Since) {
		return outcome{lacks: c.Lacks + ", " + c.Since}
	}
	return outcome{problems: r.compare(c, settled)}
}

// compare tells how xunshare differs from what is expected of it.
func (r *run) compare(c *Case, wait time.Duration) []string {
	theirs := r.observe(c, r.theirs, c.Args, wait)
	ours := r.observe(c, r.ours, c.Args, wait)
	expected := maps.Clone(theirs)
	r.deviate(c, theirs)
	deviates := c.Differs != "" && (c.Until == "" || r.theirs.version.before(c.Until))
	if deviates {
		if c.Like != "" {
			expected = r.observe(c, r.theirs, c.Like, wait)
		}
		expected = change(expected, c.Want)
		if maps.Equal(theirs, ours) {
			return []string{"the deviation does not occur any more: " + c.Differs}
		}
		r.show(c.Differs)
	}
	r.deviate(c, expected)
	return differences(expected, ours)
}

// deviate applies the deviations that any case may show.
func (r *run) deviate(c *Case, o Observation) {
	for _, d := range Deviations {
		if d.expect == nil {
			continue
		}
		before := maps.Clone(o)
		if d.expect(&r.facts, c, o); !maps.Equal(before, o) {
			r.show(d.Name)
		}
	}
}

func (r *run) show(deviation string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.shown[deviation] = true
}

// change makes changes to o. A value that is empty means that there is none.
func change(o, changes Observation) Observation {
	if _, ok := changes[only]; ok {
		o = Observation{}
	}
	for key, value := range changes {
		o[key] = value
		if value == "" {
			delete(o, key)
		}
	}
	return o
}

// differences tells how got differs from want, a line each. Where it ends in another way the rest
// does not matter.
func differences(want, got Observation) (list []string) {
	keys := slices.Sorted(maps.Keys(merge(want, got)))
	if want["end"] != got["end"] {
		keys = []string{"end", "complains", "out"}
	}
	for _, key := range keys {
		missing, surplus := compareLines(want[key], got[key])
		list = append(list, brief(key+": lacks ", missing)...)
		list = append(list, brief(key+": has   ", surplus)...)
	}
	return list
}

// brief makes a few lines of many.
func brief(heading string, lines []string) (list []string) {
	const most = 3
	for i, line := range lines {
		if i == most {
			return append(list, fmt.Sprintf("%sand %d more", heading, len(lines)-most))
		}
		list = append(list, heading+line)
	}
	return list
}

// compareLines tells which lines of two texts are not in the other.
func compareLines(want, got string) (missing, surplus []string) {
	surplus = lines(got)
	for _, line := range lines(want) {
		if i := slices.Index(surplus, line); i >= 0 {
			surplus = slices.Delete(surplus, i, i+1)
		} else {
			missing = append(missing, line)
		}
	}
	return missing, surplus
}

func merge(a, b Observation) Observation {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
