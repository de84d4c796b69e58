package main

import (
	"slices"
	"testing"
	"time"
)

func TestSummarize(t *testing.T) {
	tests := []struct {
		name  string
		times []time.Duration
		want  summary
	}{
		{"none", nil, summary{}},
		{"one", []time.Duration{7}, summary{7, 7, 7}},
		{"two", []time.Duration{8, 4}, summary{4, 6, 8}},
		{"odd", []time.Duration{9, 1, 5}, summary{1, 5, 9}},
		{"even", []time.Duration{40, 10, 30, 20}, summary{10, 25, 40}},
		{"ten", []time.Duration{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, summary{1, 5, 9}},
		{"eleven", []time.Duration{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, summary{1, 6, 10}},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.times)
		if got := summarize(tt.times); got != tt.want {
			t.Errorf("%s: summarize(%v) = %v, want %v", tt.name, tt.times, got, tt.want)
		}
		if !slices.Equal(tt.times, before) {
			t.Errorf("%s: summarize changed its argument to %v", tt.name, tt.times)
		}
	}
}

func TestRatio(t *testing.T) {
	tests := []struct {
		a, b time.Duration
		want float64
		ok   bool
	}{
		{3, 2, 1.5, true},
		{2, 4, 0.5, true},
		{2, 0, 0, false},
		{0, 2, 0, false},
	}
	for _, tt := range tests {
		if got, ok := ratio(tt.a, tt.b); got != tt.want || ok != tt.ok {
			t.Errorf("ratio(%d, %d) = %v, %v, want %v, %v", tt.a, tt.b, got, ok, tt.want, tt.ok)
		}
	}
}
