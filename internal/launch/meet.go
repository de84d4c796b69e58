package launch

// Meet has the child wait until the parent has done something. It is a task that is performed by itself: all that comes before
// in the plan has been done by then, and nothing after.
type Meet struct {
	Work Work // nil: Run calls its watch, with the child's pid
}

// Work is something that takes the caller's namespaces or a Go runtime, as plain data.
type Work interface {
	// String names it and its objects, in the words of strace(1) as far as they go.
	String() string
	// Do does it for a child that waits; folder is the child's in /proc, or its init's. What the user should know goes to note, in
	// sentences. An error with an errno is a *fs.PathError.
	Do(folder string, note func(sentence string)) error
}

func (m Meet) String() string {
	if m.Work != nil {
		return m.Work.String()
	}
	return "write(PARENT, 1 byte), read(PARENT, 1 byte)"
}

func (Meet) needs() need { return parentsHelp | alone }

func (m Meet) lower(p *program) { p.lowerWait() }

func (m Meet) perform(w waiter) error {
	if m.Work != nil {
		return m.Work.Do(w.folder, w.Note)
	}
	w.Meet(w.pid)
	return nil
}
