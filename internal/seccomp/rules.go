package seccomp

import (
	"cmp"
	"math/bits"
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
)

// A builder writes a filter. Calls of the same rule share its code, in all ABIs of one byte order,
// which those of a machine are; so do rules that end alike.
type builder struct {
	*assembler
	options *Options
	users   []idmap.Range // merged
	groups  []idmap.Range
	abi     abi
	rules   []written
}

// written is a rule that is there already.
type written struct {
	only condition
	ids  ids
	at   label
}

// section writes what happens to calls of one ABI. The number alone decides where a call is not in
// the table: the kernel remembers such decisions (Linux 5.11, commit f9d480b6ffbe).
func (b *builder) section(to abi) label {
	b.abi = to
	var table []entry
	for _, list := range [...][]call{calls[:], removals[:]} {
		for i := range list {
			c := &list[i]
			if n := c.numbers[to.column]; n != 0 && b.options.wants(c) {
				table = append(table, entry{n, b.decide(c)})
			}
		}
	}
	if len(table) == 0 {
		return b.allow
	}
	b.search(b.spans(table))
	if to.unused != 0 {
		b.mask(^to.unused)
	}
	return b.load(offsetNumber)
}

// decide returns the code that decides about a call.
func (b *builder) decide(c *call) label {
	switch {
	case c.does == entersRoots || c.does == removes:
		return b.watch
	case c.does == mounts:
		return b.mount(c.only)
	case c.does == executes:
		return b.unlessOwn(c.only)
	case c.isOwn() && !b.options.FakeIDs:
		return b.unlessOwn(condition{isPassed, 5, 0})
	}
	return b.rule(c.only, c.ids)
}

// mount leaves to the listener what may have an id among its options. In particular not what
// engines of containers do most: a mount that is bound, moved or changed has none.
func (b *builder) mount(only condition) label {
	if only.kind == isMount {
		b.branch(bpf.JumpEqual, 0, b.allow, b.watch)
		options := b.loadArg(only.arg+1, b.abi)
		b.branch(bpf.JumpBitsSet, unix.MS_BIND|unix.MS_MOVE|unix.MS_REMOUNT, b.allow, options)
	} else {
		b.branch(bpf.JumpEqual, only.value, b.watch, b.allow)
	}
	return b.loadArg(only.arg, b.abi)
}

// unlessOwn leaves a call to the listener, but for one that it has asked for itself.
func (b *builder) unlessOwn(only condition) label {
	if only.kind == always {
		return b.watch
	}
	b.branch(bpf.JumpEqual, b.options.Pass, b.allow, b.watch)
	return b.loadArg(only.arg, b.abi)
}

// An entry says that the numbers from first on, up to the next entry's, are decided at a label.
type entry struct {
	first uint32
	at    label
}

// spans fills the gaps of a table of single numbers.
func (b *builder) spans(table []entry) []entry {
	slices.SortFunc(table, func(x, y entry) int { return cmp.Compare(x.first, y.first) })
	all := []entry{{0, b.allow}}
	add := func(e entry) {
		last := &all[len(all)-1]
		switch {
		case last.first == e.first:
			last.at = e.at
		case last.at != e.at:
			all = append(all, e)
		}
	}
	for _, e := range table {
		add(e)
		add(entry{e.first + 1, b.allow})
	}
	return all
}

// search writes a binary search for the span that the loaded number lies in.
func (b *builder) search(spans []entry) label {
	if len(spans) == 1 {
		return spans[0].at
	}
	middle := len(spans) / 2
	upper := b.search(spans[middle:])
	lower := b.search(spans[:middle])
	return b.branch(bpf.JumpGreaterOrEqual, spans[middle].first, upper, lower)
}

// rule returns the code that decides about calls that are faked if only holds and one of the ids is
// not mapped.
func (b *builder) rule(only condition, args ids) label {
	for _, r := range b.rules {
		if r.only == only && r.ids == args {
			return r.at
		}
	}
	at := b.write(only, args)
	b.rules = append(b.rules, written{only, args, at})
	return at
}

func (b *builder) write(only condition, args ids) label {
	switch only.kind {
	case equals:
		b.branch(bpf.JumpEqual, only.value, b.rule(condition{}, args), b.allow)
	case hasBits:
		b.branch(bpf.JumpBitsSet, only.value, b.rule(condition{}, args), b.allow)
	case isDevice:
		return b.device(only.arg)
	case always:
		return b.unmapped(args)
	}
	return b.loadArg(only.arg, b.abi)
}

// device fakes block and character devices, or leaves them to the listener, all but 0:0, which
// marks a removed file in an overlay and is everybody's to make (Linux 5.8, commit a3c751a50fe6).
func (b *builder) device(mode uint32) label {
	made := b.fake
	if b.options.Nodes {
		made = b.notify
	}
	b.branch(bpf.JumpEqual, 0, b.allow, made)
	character := b.loadArg(mode+1, b.abi)
	block := b.branch(bpf.JumpEqual, unix.S_IFBLK, made, b.allow)
	b.branch(bpf.JumpEqual, unix.S_IFCHR, character, block)
	b.mask(unix.S_IFMT)
	return b.loadArg(mode, b.abi)
}

// unmapped fakes a call if one of its ids is not mapped; one without ids always.
func (b *builder) unmapped(args ids) label {
	if args&^short == 0 {
		return b.fake
	}
	bit := ids(1) << (bits.Len16(uint16(args&^short)) - 1)
	mapped, rest := b.users, b.allow
	if bit >= group {
		mapped = b.groups
	}
	if left := args &^ bit; left&^short != 0 {
		rest = b.rule(condition{}, left)
	}
	arg := uint32(bits.TrailingZeros16(uint16(bit))) % 4
	return b.id(arg, mapped, args&short != 0, rest)
}

// id goes on to rest if an argument is a mapped id, or -1, which stands for no change; else the
// call is faked.
func (b *builder) id(arg uint32, mapped []idmap.Range, isShort bool, rest label) label {
	none := uint32(1<<32 - 1)
	if isShort {
		none = 1<<16 - 1
	}
	at := b.fake
	for _, r := range slices.Backward(mapped) {
		end := b.branch(bpf.JumpGreaterThan, r.First+r.Count-1, at, rest)
		at = b.branch(bpf.JumpGreaterOrEqual, r.First, end, b.fake)
	}
	b.branch(bpf.JumpEqual, none, rest, at)
	if isShort {
		b.mask(none)
	}
	return b.loadArg(arg, b.abi)
}

// merge sorts ranges and joins those that touch.
func merge(ranges []idmap.Range) (merged []idmap.Range) {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(x, y idmap.Range) int { return cmp.Compare(x.First, y.First) })
	for _, r := range sorted {
		if n := len(merged); n > 0 && uint64(merged[n-1].First)+uint64(merged[n-1].Count) == uint64(r.First) {
			merged[n-1].Count += r.Count
			continue
		}
		merged = append(merged, r)
	}
	return merged
}
