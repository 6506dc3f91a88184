// SPDX-License-Identifier: GPL-2.0-or-later

// Says what Kubernetes' controllers make of Services. Each JSON array on standard input is a world of its own: Services,
// Pods, Nodes, Endpoints and EndpointSlices, each with a namespace if it has one. For each a line of JSON comes out:
// {"slices":[…], "endpoints":[…]}, the EndpointSlices of Services with a selector and of Endpoints without, and the
// Endpoints of Services with a selector.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/klog/v2"
)

type answer struct {
	Slices    []*discovery.EndpointSlice `json:"slices"`
	Endpoints []*v1.Endpoints            `json:"endpoints"`
}

func main() {
	log.SetFlags(0)
	klog.SetLogger(logr.Discard())
	stdout := bufio.NewWriter(os.Stdout)
	defer stdout.Flush()
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	in := json.NewDecoder(os.Stdin)
	for {
		var documents []json.RawMessage
		if err := in.Decode(&documents); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		s, err := run(documents)
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer{s.slices, s.endpoints}); err != nil {
			log.Fatal(err)
		}
	}
}
