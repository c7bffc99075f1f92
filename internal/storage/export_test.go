package storage

// Classify is for the test of its table.
var Classify = classify
