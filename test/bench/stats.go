package main

import (
	"slices"
	"time"
)

// summary is what is printed of a series of start-up times.
type summary struct {
	min, median, p90 time.Duration
}

// summarize does not change times; of no times every figure is zero.
func summarize(times []time.Duration) summary {
	if len(times) == 0 {
		return summary{}
	}
	sorted := slices.Sorted(slices.Values(times))
	return summary{min: sorted[0], median: median(sorted), p90: percentile(sorted, 90)}
}

// median of an even count is the mean of the two in the middle.
func median(sorted []time.Duration) time.Duration {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// percentile is the nearest rank: the smallest time that p percent of all times do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// ratio is false where there is nothing to compare with.
func ratio(a, b time.Duration) (float64, bool) {
	if a <= 0 || b <= 0 {
		return 0, false
	}
	return float64(a) / float64(b), true
}
