package config

import "strings"

// region is a place where the upstream runs: its key and the domain that its
// hosts share.
type region struct {
	key    string
	domain string
}

// apiURL is the base address of the region's API.
func (r region) apiURL() string { return "https://api." + r.domain }

// loginURL is the base address of the region's login host.
func (r region) loginURL() string { return "https://login." + r.domain }

// regions are the upstream's regions, the oldest first.
func regions() []region {
	return []region{
		{"us_east_1", "mypurecloud.com"},
		{"eu_west_1", "mypurecloud.ie"},
		{"ap_southeast_2", "mypurecloud.com.au"},
		{"ap_northeast_1", "mypurecloud.jp"},
		{"eu_central_1", "mypurecloud.de"},
		{"us_west_2", "usw2.pure.cloud"},
		{"ca_central_1", "cac1.pure.cloud"},
		{"ap_northeast_2", "apne2.pure.cloud"},
		{"eu_west_2", "euw2.pure.cloud"},
		{"ap_south_1", "aps1.pure.cloud"},
		{"us_east_2", "use2.us-gov-pure.cloud"},
		{"sa_east_1", "sae1.pure.cloud"},
		{"me_central_1", "mec1.pure.cloud"},
		{"ap_northeast_3", "apne3.pure.cloud"},
		{"eu_central_2", "euc2.pure.cloud"},
		{"mx_central_1", "mxc1.pure.cloud"},
		{"ap_southeast_1", "apse1.pure.cloud"},
		{"eusc_de_east_1", "edee1.eusc-pure.cloud"},
	}
}

// findRegion finds a region by its key, which may be written with dashes, or by
// its domain, in any case.
func findRegion(name string) (region, bool) {
	name = strings.ToLower(name)
	for _, r := range regions() {
		if name == r.domain || strings.ReplaceAll(name, "-", "_") == r.key {
			return r, true
		}
	}
	return region{}, false
}

// regionNames lists every name of every region: the keys, then the domains.
func regionNames() []string {
	var keys, domains []string
	for _, r := range regions() {
		keys, domains = append(keys, r.key), append(domains, r.domain)
	}
	return append(keys, domains...)
}
