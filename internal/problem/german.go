package problem

var german = map[string]string{}

var worded = map[string]bool{}

var germanWords = map[string]string{}
