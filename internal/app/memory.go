package app

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// memoryOfMachine gives the memory that the machine, or the container that
// this runs in, has in bytes; 0 if that cannot be found out.
func memoryOfMachine() int64 {
	total := int64(0)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			var kib int64
			if n, err := fmt.Sscanf(s.Text(), "MemTotal: %d kB", &kib); n == 1 && err == nil {
				total = kib << 10
				break
			}
		}
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		var limit int64
		if n, err := fmt.Sscan(strings.TrimSpace(string(b)), &limit); n == 1 && err == nil && (total == 0 || limit < total) {
			total = limit
		}
	}
	return total
}

// cacheFor gives the store's share of a machine's memory: an eighth, from 32
// MiB to half a gibibyte: with what is under way the process then stays under a
// gigabyte. Who wants more says so in store.cache.
func cacheFor(total int64) int64 { return min(max(total/8, 32<<20), 512<<20) }
