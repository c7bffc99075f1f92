package readmodel

import (
	"os"

	"golang.org/x/exp/mmap"
)

// spillFrom is how many bytes of payloads move to a file: those of a large part
// of the catalogue, which are most of its memory and of which a page shows few.
const spillFrom = 1 << 20

// payloads are the payloads of up to 65536 rows: in memory, or, when they are
// many, in a mapped file that has no name any more and ends with this process.
// Its pages are the operating system's to keep, not the garbage collector's.
type payloads struct {
	blob
	file *mmap.ReaderAt // nil: in memory. It is unmapped when nobody holds the segment any more
}

// at returns the payload of a row; none when the file cannot be read, which no
// caller takes for a payload.
func (p *payloads) at(row int) []byte {
	if p.file == nil {
		return p.blob.at(row)
	}
	start := uint32(0)
	if row > 0 {
		start = p.ends[row-1]
	}
	buf := make([]byte, p.ends[row]-start)
	if _, err := p.file.ReadAt(buf, int64(start)); err != nil {
		return nil
	}
	return buf
}

// spill moves many payloads to a file. Where none can be written they stay.
func (p *payloads) spill() {
	p.trim()
	if len(p.data) < spillFrom {
		return
	}
	if file := mapped(p.data); file != nil {
		p.file, p.data = file, nil
	}
}

func mapped(data []byte) *mmap.ReaderAt {
	file, err := os.CreateTemp("", "peregrine-*")
	if err != nil {
		return nil
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(data)
	if closed := file.Close(); err != nil || closed != nil {
		return nil
	}
	m, err := mmap.Open(file.Name())
	if err != nil {
		return nil
	}
	return m
}
