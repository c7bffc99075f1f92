package problem

// german holds the German of every problem, by its English format. The test
// beside it reads all sources and fails on a problem that is missing here.
var german = map[string]string{}
