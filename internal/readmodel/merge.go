package readmodel

// merge joins the living rows of parts into one segment. moved tells per part
// the new row of each old one, or gone.
func merge(schema Schema, parts []part) (out *segment, moved [][]uint32) {
	out = &segment{facets: make([]lists, len(schema.Facets)), orders: make([]order, len(schema.Orders))}
	ids, moved := out.mergeRows(parts)
	out.ids = newIDs(ids)
	sources := make([]*lists, len(parts))
	for i, p := range parts {
		sources[i] = &p.terms
	}
	out.terms = mergeLists(sources, moved, bigTerms(len(ids)))
	for f := range out.facets {
		for i, p := range parts {
			sources[i] = &p.facets[f]
		}
		out.facets[f] = mergeLists(sources, moved, bigFacet)
	}
	columns := make([]*order, len(parts))
	for o := range out.orders {
		for i, p := range parts {
			columns[i] = &p.orders[o]
		}
		out.orders[o] = mergeOrders(columns, moved, len(ids))
	}
	out.windows = mergeWindows(parts, moved, len(ids))
	out.finish()
	return out, moved
}

// mergeRows puts the living rows into the order of their ids and takes over
// their payloads.
func (s *segment) mergeRows(parts []part) (ids []string, moved [][]uint32) {
	moved = make([][]uint32, len(parts))
	next := make([]uint32, len(parts))
	heads := make([]string, len(parts)) // the id of next, or "" at the end
	advance := func(i int) {
		p := parts[i]
		for ; int(next[i]) < p.size(); next[i]++ {
			if p.dead == nil || !p.dead.Contains(next[i]) {
				heads[i] = p.ids.at(next[i])
				return
			}
			moved[i][next[i]] = gone
		}
		heads[i] = ""
	}
	for i, p := range parts {
		moved[i] = make([]uint32, p.size())
		advance(i)
	}
	for {
		least := -1
		for i, id := range heads {
			if int(next[i]) < parts[i].size() && (least < 0 || id < heads[least]) {
				least = i
			}
		}
		if least < 0 {
			return ids, moved
		}
		row := next[least]
		moved[least][row] = uint32(len(ids))
		ids = append(ids, heads[least])
		s.addPayload(parts[least].payload(row))
		next[least]++
		advance(least)
	}
}
