package readmodel

import "github.com/RoaringBitmap/roaring/v2"

// smallMerge is the number of rows that Apply may merge on the side.
const smallMerge = 1024

// tooSmall is true when a part should not stay beside a later one: a quarter
// of its size is what keeps the number of parts logarithmic.
func tooSmall(earlier, later int) bool { return later*4 >= earlier }

// settle merges the newest parts as long as that costs at most budget rows.
func (x *Index) settle(parts []part, budget int) []part {
	from, rows := len(parts), 0
	for from > x.frozen && rows+parts[from-1].size() <= budget {
		size := parts[from-1].size()
		if from < len(parts) && !tooSmall(size, rows) {
			break
		}
		from--
		rows += size
	}
	if len(parts)-from < 2 {
		return parts
	}
	merged, _ := merge(x.schema, parts[from:])
	return append(parts[:from:from], part{segment: merged})
}

// Compact merges the parts that Apply left alone because they are large, and
// drops dead rows. It is meant for a goroutine of the caller, after Apply;
// searches and Apply go on meanwhile. It reports whether there was anything to do.
func (x *Index) Compact() bool {
	x.compacting.Lock()
	defer x.compacting.Unlock()

	x.write.Lock()
	before := x.current.Load().parts
	from := compactFrom(before)
	if from == len(before) {
		x.write.Unlock()
		return false
	}
	x.frozen = len(before)
	x.write.Unlock()

	merged, moved := merge(x.schema, before[from:])

	x.write.Lock()
	defer x.write.Unlock()
	now := x.current.Load()
	result := part{segment: merged}
	var dead []uint32 // what Apply has marked meanwhile
	for i, old := range before[from:] {
		since := now.parts[from+i].dead
		if since == nil {
			continue
		}
		for rows := since.Iterator(); rows.HasNext(); {
			row := rows.Next()
			if old.dead == nil || !old.dead.Contains(row) {
				dead = append(dead, moved[i][row])
			}
		}
	}
	if len(dead) > 0 {
		result.dead = roaring.New()
		result.dead.AddMany(dead)
	}
	parts := append(now.parts[:from:from], result)
	if result.live() == 0 {
		parts = parts[:from]
	}
	parts = append(parts, now.parts[x.frozen:]...)
	x.frozen = 0
	x.current.Store(&Snapshot{version: now.version, schema: x.schema, parts: parts})
	return true
}

// compactFrom returns the first part to merge with all later ones: the one
// that the later ones together are too large to stay beside, or of which more
// than a quarter is dead.
func compactFrom(parts []part) int {
	from, rows := len(parts), 0
	for i := len(parts) - 1; i >= 0; i-- {
		size := parts[i].size()
		if i < len(parts)-1 && tooSmall(size, rows) || (size-parts[i].live())*4 > size {
			from = i
		}
		rows += size
	}
	return from
}
