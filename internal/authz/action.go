package authz

// Action is something that a viewer may or may not do with one thing now.
type Action struct {
	Name string // of the mutation
	Err  error  // why not; nil when it is allowed
}

// Act is an action whose conditions are the errors: the first one that is not
// nil is why it is not allowed.
func Act(name string, conditions ...error) Action {
	for _, err := range conditions {
		if err != nil {
			return Action{Name: name, Err: err}
		}
	}
	return Action{Name: name}
}
