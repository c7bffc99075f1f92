package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditcheckpoint"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/auditreader"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Verdict is what Verify has found.
type Verdict struct {
	Sealed      int64    // entries of the chain
	Waiting     int      // entries that are not sealed yet, of which nothing is said
	Checkpoints int      // that the chain was held against
	Faults      []string // what was changed; none: the chain is whole
}

// reading is how many entries are read at a time, and maxFaults after how many
// faults the rest is not told.
const (
	reading   = 500
	maxFaults = 20
)

// Verify walks the chain from its first entry and holds it against every stored
// checkpoint and those that were kept elsewhere. A change breaks the hash of an
// entry, a deletion the numbers, an insertion or a swap either; a cut-off end, or
// a chain that was computed anew, contradicts a checkpoint. An entry that was
// hidden from somebody who reads it is a fault too.
func (c *Chain) Verify(ctx context.Context, elsewhere ...Checkpoint) (*Verdict, error) {
	ctx = viewer.AsSystem(ctx)
	v := &Verdict{}
	wanted, err := c.wanted(ctx, v, elsewhere)
	if err != nil {
		return nil, err
	}
	hash, at := begin, int64(0)
	for {
		some, err := c.DB.AuditEntry.Query().Where(auditentry.SequenceGT(at)).Order(auditentry.BySequence()).Limit(reading).All(ctx)
		if err != nil {
			return nil, err
		}
		readers, err := c.readers(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, e := range some {
			if *e.Sequence != at+1 {
				v.fault("%s missing", span(at+1, *e.Sequence-1))
			}
			at = *e.Sequence
			computed, err := next(hash, at, e)
			if err != nil {
				return nil, err
			}
			hash = vocab.OrZero(e.Hash) // go on from what is stored, so that one change is one fault
			if computed != hash {
				v.fault("entry %d (%s) was changed, or does not follow the one before it", at, e.ID)
			}
			if !slices.Equal(readers[e.ID], readersOf(e)) {
				v.fault("entry %d (%s) is shown to others than those who read it", at, e.ID)
			}
			if slices.ContainsFunc(wanted[at], func(signed string) bool { return signed != computed }) {
				v.fault("entry %d (%s) is not the one that a checkpoint was signed for", at, e.ID)
			}
			delete(wanted, at)
			v.Sealed++
		}
		if len(some) < reading {
			break
		}
	}
	for _, sequence := range slices.Sorted(maps.Keys(wanted)) {
		v.fault("entry %d, for which a checkpoint was signed, is missing: the chain ends with entry %d", sequence, at)
	}
	v.Waiting, err = c.DB.AuditEntry.Query().Where(auditentry.SequenceIsNil()).Count(ctx)
	return v, err
}

func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("entry %d is", from)
	}
	return fmt.Sprintf("entries %d to %d are", from, to)
}

// readers lists by entry to whom each is shown, in order.
func (c *Chain) readers(ctx context.Context, of []*ent.AuditEntry) (map[ident.ID][]ident.ID, error) {
	all, err := c.DB.AuditReader.Query().Where(auditreader.EntryIDIn(vocab.Each(of, func(e *ent.AuditEntry) ident.ID { return e.ID })...)).
		Order(auditreader.ByReaderID()).All(ctx)
	byEntry := map[ident.ID][]ident.ID{}
	for _, r := range all {
		byEntry[r.EntryID] = append(byEntry[r.EntryID], r.ReaderID)
	}
	return byEntry, err
}

// wanted lists the hashes that signed checkpoints name, by entry.
func (c *Chain) wanted(ctx context.Context, v *Verdict, elsewhere []Checkpoint) (map[int64][]string, error) {
	keys, err := c.Keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[int64][]string{}
	add := func(token string, keys jose.Set, where string) {
		said, _, err := read(token, keys)
		if err != nil {
			v.fault("%s was not signed by its key", where)
			return
		}
		wanted[said.Sequence] = append(wanted[said.Sequence], said.Hash)
		v.Checkpoints++
	}
	for _, kept := range elsewhere {
		add(kept.Token, jose.Set{kept.Key}, fmt.Sprintf("the checkpoint of entry %d that was kept", kept.Sequence))
	}
	stored, err := c.DB.AuditCheckpoint.Query().Order(auditcheckpoint.BySequence(sql.OrderAsc())).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		add(s.Jwt, keys, fmt.Sprintf("the stored checkpoint of entry %d", s.Sequence))
	}
	return wanted, nil
}

func (v *Verdict) fault(format string, args ...any) {
	if len(v.Faults) < maxFaults {
		v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
	}
}
