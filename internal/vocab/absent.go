package vocab

// OrZero returns what p points to, or the zero value when it is absent.
func OrZero[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

// Each returns what a function makes of each.
func Each[T, V any](all []T, of func(T) V) []V {
	out := make([]V, len(all))
	for i, one := range all {
		out[i] = of(one)
	}
	return out
}

// Given returns nil for the zero value, which means that nothing is said.
func Given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
