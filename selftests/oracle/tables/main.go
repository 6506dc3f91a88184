// SPDX-License-Identifier: GPL-2.0-or-later

// Prints tables as kubectl get does, of what the API server's printers say. Each line of standard input is
//
//	{"objects":[…], "now":"2026-01-02T03:04:05Z", "wide":true, "all":true, "labels":true, "noHeaders":true}
//
// with objects in the order in which kubectl gets them, and "now" the time at which their ages are asked for. For each a
// line of JSON comes out: {"text":"NAME   …\n"}.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	cliprinters "k8s.io/cli-runtime/pkg/printers"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/printers"
	"k8s.io/kubernetes/pkg/printers/internalversion"

	"ipsvc/oracle/objects"
)

type question struct {
	Objects   []json.RawMessage `json:"objects"`
	Now       time.Time         `json:"now"`
	Wide      bool              `json:"wide"`
	All       bool              `json:"all"`
	Labels    bool              `json:"labels"`
	NoHeaders bool              `json:"noHeaders"`
}

type answer struct {
	Text string `json:"text"`
}

var generator = printers.NewTableGenerator().With(internalversion.AddHandlers)

// age moves t so that it is as old now as it was at q.Now; half a second for the time until it is printed.
func (q *question) age(t *metav1.Time) {
	if !t.IsZero() {
		t.Time = t.Add(time.Since(q.Now) - time.Second/2)
	}
}

func (q *question) ageContainers(statuses []v1.ContainerStatus) {
	for i := range statuses {
		if end := statuses[i].LastTerminationState.Terminated; end != nil {
			q.age(&end.FinishedAt)
		}
	}
}

func (q *question) ageObject(obj runtime.Object) error {
	about, err := meta.Accessor(obj)
	if err != nil {
		return err
	}
	created := about.GetCreationTimestamp()
	q.age(&created)
	about.SetCreationTimestamp(created)
	if pod, ok := obj.(*v1.Pod); ok {
		q.ageContainers(pod.Status.InitContainerStatuses)
		q.ageContainers(pod.Status.ContainerStatuses)
	}
	return nil
}

// The API server always fills in the wide columns too, and kubectl leaves them out.
func (q *question) table(obj runtime.Object) (*metav1.Table, error) {
	if err := q.ageObject(obj); err != nil {
		return nil, err
	}
	internal, err := legacyscheme.Scheme.ConvertToVersion(obj, runtime.InternalGroupVersioner)
	if err != nil {
		return nil, err
	}
	table, err := generator.GenerateTable(internal, printers.GenerateOptions{Wide: true})
	if err != nil {
		return nil, err
	}
	table.Rows[0].Object.Object = obj
	return table, nil
}

func kindOf(obj runtime.Object) (schema.GroupKind, error) {
	kinds, _, err := legacyscheme.Scheme.ObjectKinds(obj)
	if err != nil {
		return schema.GroupKind{}, err
	}
	return kinds[0].GroupKind(), nil
}

func severalKinds(all []runtime.Object) (bool, error) {
	first, err := kindOf(all[0])
	for _, obj := range all {
		kind, err := kindOf(obj)
		if err != nil || kind != first {
			return true, err
		}
	}
	return false, err
}

// get is the loop of kubectl get.
func (q *question) get() (string, error) {
	all, err := objects.Read(q.Objects)
	if err != nil {
		return "", err
	}
	withKind, err := severalKinds(all)
	if err != nil {
		return "", err
	}
	text := &strings.Builder{}
	tabs := cliprinters.GetNewTabWriter(text)
	var printer cliprinters.ResourcePrinter
	var last schema.GroupKind
	for _, obj := range all {
		kind, err := kindOf(obj)
		if err != nil {
			return "", err
		}
		if kind != last {
			tabs.Flush()
			tabs.SetRememberedWidths(nil)
			if printer != nil && !q.NoHeaders {
				text.WriteByte('\n')
			}
			printer = cliprinters.NewTablePrinter(cliprinters.PrintOptions{
				NoHeaders: q.NoHeaders, WithNamespace: q.All && kind.Kind != "Node" && kind.Kind != "Namespace",
				WithKind: withKind, Wide: q.Wide, ShowLabels: q.Labels, Kind: kind,
			})
			last = kind
		}
		table, err := q.table(obj)
		if err != nil {
			return "", err
		}
		if err := printer.PrintObj(table, tabs); err != nil {
			return "", err
		}
	}
	tabs.Flush()
	return text.String(), nil
}

func main() {
	log.SetFlags(0)
	stdout := bufio.NewWriter(os.Stdout)
	defer stdout.Flush()
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	in := json.NewDecoder(os.Stdin)
	for {
		var q question
		if err := in.Decode(&q); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		text, err := q.get()
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer{text}); err != nil {
			log.Fatal(err)
		}
	}
}
