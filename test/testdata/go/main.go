package main

// int twice(int x) { return 2 * x; }
import "C"

import "os"

func main() {
	os.Stdout.WriteString(string(rune('0'+int(C.twice(2)))) + string(rune('0'+int(C.twice(1)))) + "\n")
}
