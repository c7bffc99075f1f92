package vocab

import "testing"

// What looks alike has one skeleton, in whatever letters it is written.
func TestSkeletonsOfLookAlikes(t *testing.T) {
	for _, alike := range [][]string{
		{"Leibniz University Hannover", "LEIBNIZ UNIVERSITY HANNOVER", "Leibnız University Hannover", "Leibn1z University Hannover", "Leibniz-University  Hannover",
			"L\u0435ibniz University H\u0430nnover", "Leibniz University \u0397ANNOVER", "Leibniz\u200b University Hannover", "Ｌｅｉｂｎｉｚ University Hannover",
			"Leibniz University Hann\u03bfver", "Leibniz University Hanno\u0301ver", "leibniz.university.hannover"},
		{"uni-hannover.de", "UNI-HANNOVER.DE", "Uni Hannover DE", "uni-hann0ver.de", "xn--uni-hannver-ynj.de", "unl-hannover.de"},
		{"Universität Zürich", "Universitat Zurich", "UNIVERSITÄT ZÜRICH", "xn--universitt-zrich-3nb94b"},
		{"Харківський університет", "ХАРКІВСЬКИЙ УНІВЕРСИТЕТ"},
		{"University of Amsterdam", "University of Arnsterdam"},
		{"ETH", "\u0415\u0422\u041d"},
	} {
		for _, s := range alike {
			if got, want := Skeleton(s), Skeleton(alike[0]); got != want || got == "" {
				t.Errorf("%q has the skeleton %q, %q has %q", s, got, alike[0], want)
			}
		}
	}
}

// What people tell apart has skeletons of its own.
func TestSkeletonsOfOthers(t *testing.T) {
	seen := map[string]string{}
	for _, s := range []string{"Leibniz University Hannover", "Hannover Medical School", "University A", "University B", "uni-hannover.de", "mh-hannover.de",
		"Харківський університет", "Київський університет", "Πανεπιστήμιο Πατρών", "東京大学", "京都大学", "LUH", "LUT"} {
		if other := seen[Skeleton(s)]; other != "" {
			t.Errorf("%q and %q have one skeleton", s, other)
		}
		seen[Skeleton(s)] = s
	}
}
