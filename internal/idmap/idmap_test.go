package idmap

import (
	"slices"
	"strings"
	"testing"
)

func TestMapText(t *testing.T) {
	for _, c := range []struct {
		m    Map
		text string
		args []string
	}{
		{nil, "", []string{}},
		{Map{{0, 1003, 1}}, "0 1003 1\n", []string{"0", "1003", "1"}},
		{
			Map{{0, 1003, 1}, {1, 231072, 65536}}, "0 1003 1\n1 231072 65536\n",
			[]string{"0", "1003", "1", "1", "231072", "65536"},
		},
		{Map{{0, 0, 4294967295}}, "0 0 4294967295\n", []string{"0", "0", "4294967295"}},
	} {
		if got := c.m.String(); got != c.text {
			t.Errorf("text %q, want %q", got, c.text)
		}
		if got := c.m.Args(); !slices.Equal(got, c.args) {
			t.Errorf("arguments %q, want %q", got, c.args)
		}
		if back, err := ParseMap(c.text); err != nil || !slices.Equal(back, c.m) {
			t.Errorf("%q reads back as %v (%v)", c.text, back, err)
		}
	}
}

func TestParseMap(t *testing.T) {
	const initial = "         0          0 4294967295\n"
	const nested = "         0       1003          1\n         1     231072      65536\n"
	for text, want := range map[string]Map{
		"": nil, initial: {{0, 0, 4294967295}}, nested: {{0, 1003, 1}, {1, 231072, 65536}}, "1 2 3": {{1, 2, 3}},
	} {
		if m, err := ParseMap(text); err != nil || !slices.Equal(m, want) {
			t.Errorf("%q is %v (%v), want %v", text, m, err, want)
		}
	}
	for text, want := range map[string]string{
		"0 0 1\n0 0\n":     `line 2 of an id map, "0 0\n", has 2 columns, not 3`,
		"0 0 1 1\n":        "has 4 columns",
		"\n":               "has 0 columns",
		"0 x 1\n":          `line 1 of an id map, "0 x 1\n": the outer id, "x", is not a decimal number`,
		"0 0 4294967296\n": "the count 4294967296 is too large",
	} {
		if _, err := ParseMap(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]Spec{
		"auto":                    {Kind: Auto},
		"subids":                  {Kind: SubIDs},
		"all":                     {Kind: All},
		"0:1000:1":                {Extent: Extent{0, 1000, 1}},
		"1:100000:65536":          {Extent: Extent{1, 100000, 65536}},
		"100000,1,65536":          {Extent: Extent{1, 100000, 65536}},
		"007:010:08":              {Extent: Extent{7, 10, 8}},
		"0:0:4294967295":          {Extent: Extent{0, 0, 4294967295}},
		"4294967294:4294967294:1": {Extent: Extent{4294967294, 4294967294, 1}},
		"4294967290:0:5":          {Extent: Extent{4294967290, 0, 5}},
	} {
		got, err := Parse(s)
		if err != nil || got != want {
			t.Errorf("%s is %+v (%v), want %+v", s, got, err, want)
		}
		if back, err := Parse(got.String()); err != nil || back != got {
			t.Errorf("%s written as %s is %+v (%v)", s, got, back, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const form = "it has to be INNER:OUTER:COUNT, auto, subids or all"
	for s, want := range map[string]string{
		"":                         form,
		"Auto":                     form,
		"auto ":                    form,
		"1000":                     form,
		"0:1000":                   form,
		"0:1000:1:1":               form,
		"0,1000,1,1":               form,
		"0:1000,1":                 form,
		"0 1000 1":                 form,
		"0:0:1 ":                   `the count, "1 ", is not a decimal number`,
		"0:0:1x":                   `the count, "1x", is not a decimal number`,
		"0:0:":                     `the count, "", is not a decimal number`,
		" 0:0:1":                   `the inner id, " 0", is not a decimal number`,
		"+0:0:1":                   `the inner id, "+0", is not a decimal number`,
		"0:-1:1":                   `the outer id, "-1", is not a decimal number`,
		"0x10:0:1":                 `the inner id, "0x10", is not a decimal number`,
		"1_0:0:1":                  `the inner id, "1_0", is not a decimal number`,
		"root:0:1":                 `the inner id, "root", is not a decimal number`,
		"a,0,1":                    `the outer id, "a", is not a decimal number`,
		"٣:0:1":                    `the inner id, "٣", is not a decimal number`,
		"0:0:0":                    "the count is 0",
		"4294967295:0:1":           "4294967295 is not an inner id: the highest is 4294967294",
		"0:4294967295:1":           "4294967295 is not an outer id: the highest is 4294967294",
		"4294967295,0,1":           "4294967295 is not an outer id: the highest is 4294967294",
		"4294967296:0:1":           "4294967296 is not an inner id: the highest is 4294967294",
		"0:18446744073709551616:1": "18446744073709551616 is not an outer id: the highest is 4294967294",
		"4294967290:0:6":           "from the inner id 4294967290 on there are no 6 ids: the highest is 4294967294",
		"0:4294967290:6":           "from the outer id 4294967290 on there are no 6 ids: the highest is 4294967294",
		"0:1:4294967295":           "from the outer id 1 on there are no 4294967295 ids: the highest is 4294967294",
		"0:0:4294967296":           "the count 4294967296 is too large: there are 4294967295 ids",
		"0:0:99999999999999999999": "the count 99999999999999999999 is too large: there are 4294967295 ids",
	} {
		if _, err := Parse(s); err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%q: error %v, want %q", s, err, want)
		}
	}
}

func TestBlocks(t *testing.T) {
	subids := []Range{{100000, 65536}, {300000, 10}}
	own := Map{{0, 1003, 1}, {1, 231072, 65536}}
	for _, c := range []struct {
		spec string
		want []Block
	}{
		{"0:5:7", []Block{{Extent: Extent{0, 5, 7}}}},
		{"all", []Block{{Extent: Extent{0, 0, 1}}, {Extent: Extent{1, 1, 65536}}}},
		{"subids", []Block{{Extent: Extent{100000, 100000, 65536}}, {Extent: Extent{300000, 300000, 10}}}},
		{"auto", []Block{{Extent{100000, 100000, 65536}, true}, {Extent{300000, 300000, 10}, true}}},
	} {
		spec, err := Parse(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := spec.Blocks(subids, own); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.spec, got, c.want)
		}
		if got := spec.Blocks(nil, nil); c.spec != "0:5:7" && got != nil {
			t.Errorf("%s has blocks out of nothing: %v", c.spec, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"auto", "subids", "all", "0:1000:1", "100000,1,65536", "0:0:4294967295", "4294967295:0:1", "0:0:0", "1:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spec, err := Parse(s)
		if err != nil {
			if spec != (Spec{}) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("%q: %+v with error %q", s, spec, err)
			}
			return
		}
		if back, err := Parse(spec.String()); err != nil || back != spec {
			t.Errorf("%q is %+v, and %s is %+v (%v)", s, spec, spec, back, err)
		}
		if spec.Kind != Given {
			return
		}
		if err := Check(Map{spec.Extent}); err != nil {
			t.Errorf("%q is taken, and the kernel would refuse it: %v", s, err)
		}
		m, err := ParseMap(Map{spec.Extent}.String())
		if err != nil || !slices.Equal(m, Map{spec.Extent}) {
			t.Errorf("%q as text is %v (%v)", s, m, err)
		}
	})
}
