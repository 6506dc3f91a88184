// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	_ "unsafe"

	v1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/endpointslice"
	"k8s.io/endpointslice/topologycache"
	endpointsliceutil "k8s.io/endpointslice/util"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/endpoint"
	"k8s.io/kubernetes/pkg/controller/endpointslicemirroring"

	"ipsvc/oracle/objects"
)

const (
	controllerName = "endpointslice-controller.k8s.io"
	maxEndpoints   = 100  // of a slice; the controller manager's default
	maxMirrored    = 1000 // of a subset; the same
)

// The controllers do this when their queues tell them to. Here nobody has to wait for a queue to be empty.
//
//go:linkname syncEndpoints k8s.io/kubernetes/pkg/controller/endpointslicemirroring.(*Controller).syncEndpoints
func syncEndpoints(c *endpointslicemirroring.Controller, ctx context.Context, key string) error

//go:linkname syncService k8s.io/kubernetes/pkg/controller/endpoint.(*Controller).syncService
func syncService(c *endpoint.Controller, ctx context.Context, key string) error

// server is as much of an API server as the controllers write to.
type server struct {
	kubernetes.Interface
	coreclient.CoreV1Interface
	discoveryclient.DiscoveryV1Interface
	slices    []*discovery.EndpointSlice
	endpoints []*v1.Endpoints
}

// RESTClient is in both interfaces, and asked by nobody; nothing happens that an event would tell.
func (s *server) RESTClient() rest.Interface              { return nil }
func (s *server) Events(string) coreclient.EventInterface { return nil }

func (s *server) CoreV1() coreclient.CoreV1Interface                { return s }
func (s *server) DiscoveryV1() discoveryclient.DiscoveryV1Interface { return s }

func (s *server) Endpoints(namespace string) coreclient.EndpointsInterface {
	return endpointsClient{server: s, namespace: namespace}
}

func (s *server) EndpointSlices(string) discoveryclient.EndpointSliceInterface {
	return slicesClient{server: s}
}

type endpointsClient struct {
	coreclient.EndpointsInterface
	server    *server
	namespace string
}

func (c endpointsClient) Create(_ context.Context, e *v1.Endpoints, _ metav1.CreateOptions) (*v1.Endpoints, error) {
	e.Namespace = c.namespace
	c.server.endpoints = append(c.server.endpoints, e)
	return e, nil
}

type slicesClient struct {
	discoveryclient.EndpointSliceInterface
	server *server
}

// Create numbers the names, where the API server puts random letters.
func (c slicesClient) Create(_ context.Context, slice *discovery.EndpointSlice, _ metav1.CreateOptions) (
	*discovery.EndpointSlice, error) {
	c.server.slices = append(c.server.slices, slice)
	slice.Name = fmt.Sprintf("%s%05d", slice.GenerateName, len(c.server.slices))
	return slice, nil
}

type world struct {
	services []*v1.Service
	pods     []*v1.Pod
	nodes    []*v1.Node
	api      *server
	known    informers.SharedInformerFactory
}

// indexer is where the controllers look for obj and its like.
func (w *world) indexer(obj any) cache.Indexer {
	switch obj := obj.(type) {
	case *v1.Service:
		w.services = append(w.services, obj)
		return w.known.Core().V1().Services().Informer().GetIndexer()
	case *v1.Pod:
		w.pods = append(w.pods, obj)
		return w.known.Core().V1().Pods().Informer().GetIndexer()
	case *v1.Node:
		w.nodes = append(w.nodes, obj)
		return w.known.Core().V1().Nodes().Informer().GetIndexer()
	case *v1.Endpoints:
		return w.known.Core().V1().Endpoints().Informer().GetIndexer()
	case *discovery.EndpointSlice:
		return w.known.Discovery().V1().EndpointSlices().Informer().GetIndexer()
	}
	return cache.NewIndexer(cache.MetaNamespaceKeyFunc, nil)
}

func (w *world) selected(service *v1.Service) (pods []*v1.Pod) {
	selector := labels.Set(service.Spec.Selector).AsSelectorPreValidated()
	for _, pod := range w.pods {
		if pod.Namespace == service.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			pods = append(pods, pod)
		}
	}
	return pods
}

// reconcile makes the slices of a Service with a selector. That a Pod's Node is not known is an error, which the
// controller tries again; the slices are there nevertheless.
func (w *world) reconcile(service *v1.Service) {
	topology := topologycache.NewTopologyCache()
	topology.SetNodes(klog.Background(), w.nodes)
	_ = endpointslice.NewReconciler(w.api, w.known.Core().V1().Nodes().Lister(), maxEndpoints,
		endpointsliceutil.NewEndpointSliceTracker(), topology, &record.FakeRecorder{}, controllerName,
		endpointslice.WithPreferSameTrafficDistributionEnabled(true),
	).Reconcile(klog.Background(), service, w.selected(service), nil, time.Time{})
}

func run(documents []json.RawMessage) (*server, error) {
	all, err := objects.Read(documents)
	if err != nil {
		return nil, err
	}
	api := &server{slices: []*discovery.EndpointSlice{}, endpoints: []*v1.Endpoints{}}
	w := &world{api: api, known: informers.NewSharedInformerFactory(api, 0)}
	core := w.known.Core().V1()
	ctx, stop := context.WithCancel(context.Background())
	mirroring := endpointslicemirroring.NewController(ctx, core.Endpoints(),
		w.known.Discovery().V1().EndpointSlices(), core.Services(), maxMirrored, api, 0)
	endpoints := endpoint.NewEndpointController(ctx, core.Pods(), core.Services(), core.Endpoints(), api, 0)
	for _, obj := range all {
		if err := w.indexer(obj).Add(obj); err != nil {
			return nil, err
		}
	}
	for _, service := range w.services {
		key := service.Namespace + "/" + service.Name
		if service.Spec.Type != v1.ServiceTypeExternalName && service.Spec.Selector != nil {
			w.reconcile(service)
		}
		if err := syncService(endpoints, ctx, key); err != nil {
			return nil, err
		}
		if err := syncEndpoints(mirroring, ctx, key); err != nil {
			return nil, err
		}
	}
	// With nothing left to wait for, they end what they have begun.
	stop()
	mirroring.Run(ctx, 0)
	endpoints.Run(ctx, 0)
	return api, nil
}
