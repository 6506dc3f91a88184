// SPDX-License-Identifier: GPL-2.0-or-later

// Says what the API server of Kubernetes makes of objects. Each YAML document on standard input goes through what the
// server is made of: the strict decoder, the defaults, the strategy of the kind with its allocators. For each a line of
// JSON comes out: {"errors":[…]} or {"object":{…}}, and "warnings". With -keep, an object of a name that is there
// replaces it, or deletes it when it has the annotation "delete"; otherwise none knows of another.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/deprecation"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
)

type answer struct {
	Errors   []string        `json:"errors,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Object   json.RawMessage `json:"object,omitempty"`
}

func (a *answer) AddWarning(_, text string) { a.Warnings = append(a.Warnings, text) }

// One text for each field that is wrong.
func (a *answer) refuse(err error) {
	var status apierrors.APIStatus
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		for _, e := range strict.Errors() {
			a.Errors = append(a.Errors, "strict decoding error: "+e.Error())
		}
	} else if errors.As(err, &status) && apierrors.IsInvalid(err) {
		for _, cause := range status.Status().Details.Causes {
			a.Errors = append(a.Errors, cause.Field+": "+cause.Message)
		}
	} else {
		a.Errors = []string{err.Error()}
	}
}

// warnOfVersion is what the server's handlers say before they look at the object.
func (a *answer) warnOfVersion(kind *schema.GroupVersionKind) {
	obj, err := legacyscheme.Scheme.New(*kind)
	if err != nil {
		return
	}
	obj.GetObjectKind().SetGroupVersionKind(*kind)
	if deprecation.IsDeprecated(obj, 1, 36) {
		a.AddWarning("", deprecation.WarningMessage(obj))
	}
}

func (s *server) write(ctx context.Context, store *registry.Store, obj runtime.Object, about metav1.Object, keep bool) (
	out runtime.Object, err error) {
	name := about.GetName()
	if _, there := s.storage.objects[key(store.DefaultQualifiedResource.Resource, about.GetNamespace(), name)]; !there {
		out, err = store.Create(ctx, obj, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
		if err == nil && !keep {
			if store.AfterDelete != nil {
				store.AfterDelete(out.DeepCopyObject(), &metav1.DeleteOptions{})
			}
			clear(s.storage.objects)
		}
	} else if _, ok := about.GetAnnotations()["delete"]; ok {
		out, _, err = store.Delete(ctx, name, rest.ValidateAllObjectFunc, &metav1.DeleteOptions{})
	} else {
		out, _, err = store.Update(ctx, name, rest.DefaultUpdatedObjectInfo(obj), rest.ValidateAllObjectFunc,
			rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	}
	return out, err
}

func (s *server) answer(document []byte, keep bool) (a answer) {
	// The real server survives this too, and says nothing about the object.
	defer func() {
		if cause := recover(); cause != nil {
			a = answer{Errors: []string{fmt.Sprint("panic: ", cause)}}
		}
	}()
	text, err := yaml.ToJSON(document)
	if err != nil {
		return answer{Errors: []string{err.Error()}}
	}
	obj, kind, err := decoder.Decode(text, nil, nil)
	if err != nil {
		a.refuse(err)
		return a
	}
	store, about := s.stores[kind.GroupKind()], obj.(metav1.Object)
	ctx := warning.WithWarningRecorder(context.Background(), &a)
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{APIGroup: kind.Group, APIVersion: kind.Version})
	namespace := ""
	if store.CreateStrategy.NamespaceScoped() {
		if namespace = about.GetNamespace(); namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		about.SetNamespace(namespace)
	}
	ctx = request.WithNamespace(ctx, namespace)
	a.warnOfVersion(kind)
	if obj, err = s.write(ctx, store, obj, about, keep); err == nil {
		a.Object, err = runtime.Encode(codec, obj)
	}
	if err != nil {
		a.refuse(err)
	}
	return a
}

func main() {
	cidr := flag.String("cidr", "10.96.0.0/16", "the range of ClusterIPs, or two of different families, the main one first")
	keep := flag.Bool("keep", false, "keep objects")
	flag.Parse()
	log.SetFlags(0)
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	s, err := newServer(strings.Split(*cidr, ","))
	if err != nil {
		log.Fatal(err)
	}
	stdout := bufio.NewWriter(os.Stdout)
	defer stdout.Flush()
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(s.answer(document, *keep)); err != nil {
			log.Fatal(err)
		}
	}
}

var (
	format, _ = runtime.SerializerInfoForMediaType(legacyscheme.Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	decoder   = legacyscheme.Codecs.DecoderToVersion(format.StrictSerializer, runtime.InternalGroupVersioner)
	codec     = legacyscheme.Codecs.LegacyCodec(legacyscheme.Scheme.PrioritizedVersionsAllGroups()...)
)
