package native

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Tags of the dynamic section (elf(5), "Dynamic tags").
const (
	dtNeeded  = 1
	dtStrtab  = 5
	dtRPath   = 15
	dtRunPath = 29
)

// dynamic are the strings that the dynamic section of an image has under some tags. The machines whose
// programs are copied are all of 64 bits and little-endian.
func (b image) dynamic(tags ...uint64) (found []string, err error) {
	all, order, err := binfmt.Segments(bytes.NewReader(b))
	if err != nil || order != binary.LittleEndian {
		return nil, errors.Join(err, errOrder(order))
	}
	var section dynamicSection
	for _, s := range all {
		if s.Type == binfmt.PTDynamic && b.has(s) {
			section = dynamicSection(b[s.Offset : s.Offset+s.Size])
		}
	}
	table := uint64(0)
	for _, address := range section.values(dtStrtab) {
		table = fileOffset(all, address)
	}
	for _, offset := range section.values(tags...) {
		found = append(found, b.stringAt(table+offset))
	}
	return found, nil
}

// A dynamicSection has entries of a tag and a value.
type dynamicSection []byte

// values are those that it has under some tags.
func (s dynamicSection) values(tags ...uint64) (values []uint64) {
	const entry = 16
	for ; len(s) >= entry; s = s[entry:] {
		if slices.Contains(tags, binary.LittleEndian.Uint64(s)) {
			values = append(values, binary.LittleEndian.Uint64(s[8:]))
		}
	}
	return values
}

func errOrder(order binary.ByteOrder) error {
	if order == nil || order == binary.LittleEndian {
		return nil
	}
	return errors.New("it is big-endian")
}

// fileOffset is where in the file an address lies.
func fileOffset(all []binfmt.Segment, address uint64) uint64 {
	for _, s := range all {
		if s.Type == binfmt.PTLoad && address >= s.Address && address < s.Address+s.Size {
			return address - s.Address + s.Offset
		}
	}
	return 0
}

// stringAt is the string at an offset.
func (b image) stringAt(offset uint64) string {
	if offset >= uint64(len(b)) {
		return ""
	}
	text, _, _ := bytes.Cut(b[offset:], []byte{0})
	return string(text)
}
