package emulator

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The other class and byte order, as on hosts that have them.
func TestReadVersion32(t *testing.T) {
	data := qemu("arm", "6.0.1")
	for _, sections := range []bool{true, false} {
		b := append(make([]byte, 52+40), data...)
		copy(b, "\x7fELF\x01\x02\x01")
		order, table := binary.BigEndian, b[52:]
		if sections {
			order.PutUint32(b[32:], 52)
			order.PutUint16(b[46:], 40)
			order.PutUint16(b[48:], 1)
			order.PutUint32(table[4:], sectionProgbits)
			order.PutUint32(table[8:], sectionAlloc)
			order.PutUint32(table[16:], 52+40)
			order.PutUint32(table[20:], uint32(len(data)))
		} else {
			order.PutUint32(b[28:], 52)
			order.PutUint16(b[42:], 32)
			order.PutUint16(b[44:], 1)
			order.PutUint32(table, segmentLoad)
			order.PutUint32(table[4:], 52+40)
			order.PutUint32(table[16:], uint32(len(data)))
			order.PutUint32(table[24:], segmentRead)
		}
		if v, found := ReadVersion(bytes.NewReader(b)); !found || v.Text != "6.0.1" {
			t.Errorf("sections %t: %+v, %t", sections, v, found)
		}
	}
}
