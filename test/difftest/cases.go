package difftest

import "slices"

// Cases are all there are.
var Cases = slices.Concat(namespaces, roots, ids, ranges, programs, words, inheritance, environments, lifetimes, kept, rules)
