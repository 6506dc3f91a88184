// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"errors"
	"reflect"
	"time"

	networking "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	api "k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/discovery"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"
	services "k8s.io/kubernetes/pkg/registry/core/service/storage"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	netutils "k8s.io/utils/net"
)

// server has a store for each kind, and all objects in one memory.
type server struct {
	stores  map[schema.GroupKind]*registry.Store
	storage *memory
}

type strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
	rest.RESTDeleteStrategy
}

// newServer has one range of ClusterIPs, or one of each family, and the usual one of node ports.
func newServer(cidrs []string) (*server, error) {
	addresses, err := newAllocators(cidrs)
	if err != nil {
		return nil, err
	}
	ports, err := portallocator.NewInMemory(*utilnet.ParsePortRangeOrDie("30000-32767"))
	if err != nil {
		return nil, err
	}
	s := &server{map[schema.GroupKind]*registry.Store{}, &memory{objects: map[string][]byte{}}}
	options := generic.RESTOptions{
		StorageConfig:  &storagebackend.ConfigForResource{Config: storagebackend.Config{Codec: codec}},
		ResourcePrefix: "objects",
		Decorator: func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error),
			func() runtime.Object, func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers) (
			storage.Interface, factory.DestroyFunc, error) {
			return s.storage, func() {}, nil
		},
	}
	for _, of := range []struct {
		obj      runtime.Object
		kind     schema.GroupKind
		resource schema.GroupResource
		strategy strategy
	}{
		{&api.Endpoints{}, api.Kind("Endpoints"), api.Resource("endpoints"), endpoint.Strategy},
		{&api.Namespace{}, api.Kind("Namespace"), api.Resource("namespaces"), namespace.Strategy},
		{&api.Node{}, api.Kind("Node"), api.Resource("nodes"), node.Strategy},
		{&api.Pod{}, api.Kind("Pod"), api.Resource("pods"), pod.Strategy},
		{&discovery.EndpointSlice{}, discovery.Kind("EndpointSlice"), discovery.Resource("endpointslices"),
			endpointslice.Strategy},
	} {
		if s.stores[of.kind], err = newStore(options, of.obj, of.resource, of.strategy); err != nil {
			return nil, err
		}
	}
	made, _, _, err := services.NewREST(options, familyOf(cidrs[0]), addresses, ports, s.stores[api.Kind("Endpoints")], s.stores[api.Kind("Pod")], nil)
	if err != nil {
		return nil, err
	}
	s.stores[api.Kind("Service")] = made.Store
	for _, store := range s.stores {
		prefix := store.DefaultQualifiedResource.Resource
		store.KeyRootFunc = func(context.Context) string { return prefix }
		store.KeyFunc = func(ctx context.Context, name string) (string, error) {
			return key(prefix, request.NamespaceValue(ctx), name), nil
		}
	}
	return s, nil
}

func key(plural, namespace, name string) string { return plural + "/" + namespace + "/" + name }

func newStore(options generic.RESTOptions, obj runtime.Object, resource schema.GroupResource, s strategy) (
	*registry.Store, error) {
	store := &registry.Store{
		NewFunc: obj.DeepCopyObject, NewListFunc: func() runtime.Object { return nil },
		DefaultQualifiedResource: resource, SingularQualifiedResource: resource,
		CreateStrategy: s, UpdateStrategy: s, DeleteStrategy: s,
		TableConvertor: rest.NewDefaultTableConvertor(resource),
	}
	return store, store.CompleteWithOptions(&generic.StoreOptions{RESTOptions: options})
}

// newAllocators are the server's own, which keep each address as an object of its own.
func newAllocators(cidrs []string) (map[api.IPFamily]ipallocator.Interface, error) {
	client := fake.NewClientset(&networking.ServiceCIDR{
		ObjectMeta: metav1.ObjectMeta{Name: "kubernetes"},
		Spec:       networking.ServiceCIDRSpec{CIDRs: cidrs},
		Status: networking.ServiceCIDRStatus{Conditions: []metav1.Condition{
			{Type: networking.ServiceCIDRConditionReady, Status: metav1.ConditionTrue}}},
	})
	factory := informers.NewSharedInformerFactory(client, 0)
	ranges, addresses := factory.Networking().V1().ServiceCIDRs(), factory.Networking().V1().IPAddresses()
	allocators := map[api.IPFamily]ipallocator.Interface{}
	for _, cidr := range cidrs {
		family := familyOf(cidr)
		allocator, err := ipallocator.NewMetaAllocator(client.NetworkingV1(), ranges, addresses,
			family == api.IPv6Protocol, nil)
		if err != nil {
			return nil, err
		}
		allocators[family] = allocator
	}
	never := context.Background().Done()
	factory.Start(never)
	cache.WaitForCacheSync(never, ranges.Informer().HasSynced, addresses.Informer().HasSynced)
	for _, allocator := range allocators {
		if err := waitFor(allocator); err != nil {
			return nil, err
		}
	}
	return allocators, nil
}

func waitFor(allocator ipallocator.Interface) (err error) {
	for range 10000 {
		if _, err = allocator.DryRun().AllocateNext(); err == nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return err
}

func familyOf(cidr string) api.IPFamily {
	if netutils.IsIPv6CIDRString(cidr) {
		return api.IPv6Protocol
	}
	return api.IPv4Protocol
}

// memory keeps objects encoded, as etcd does: what is read back has been defaulted once more.
type memory struct {
	storage.Interface
	storage.APIObjectVersioner
	objects  map[string][]byte
	revision uint64
}

func (m *memory) Versioner() storage.Versioner { return m.APIObjectVersioner }

func (m *memory) Get(_ context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	if data, ok := m.objects[key]; ok {
		return runtime.DecodeInto(codec, data, out)
	}
	if opts.IgnoreNotFound {
		return runtime.SetZeroValue(out)
	}
	return storage.NewKeyNotFoundError(key, 0)
}

func (m *memory) put(key string, obj, out runtime.Object) (err error) {
	m.revision++
	if err = m.UpdateObject(obj, m.revision); err != nil {
		return err
	}
	if m.objects[key], err = runtime.Encode(codec, obj); err != nil {
		return err
	}
	return runtime.DecodeInto(codec, m.objects[key], out)
}

func (m *memory) Create(_ context.Context, key string, obj, out runtime.Object, _ uint64) error {
	return m.put(key, obj, out)
}

func (m *memory) Delete(ctx context.Context, key string, out runtime.Object, pre *storage.Preconditions,
	validate storage.ValidateObjectFunc, _ runtime.Object, _ storage.DeleteOptions) error {
	err := m.Get(ctx, key, storage.GetOptions{}, out)
	if err == nil {
		err = errors.Join(pre.Check(key, out), validate(ctx, out))
	}
	if err == nil {
		delete(m.objects, key)
	}
	return err
}

func (m *memory) GuaranteedUpdate(ctx context.Context, key string, out runtime.Object, ignoreNotFound bool,
	pre *storage.Preconditions, update storage.UpdateFunc, _ runtime.Object) error {
	current := reflect.New(reflect.TypeOf(out).Elem()).Interface().(runtime.Object)
	if err := m.Get(ctx, key, storage.GetOptions{IgnoreNotFound: ignoreNotFound}, current); err != nil {
		return err
	}
	revision, err := m.ObjectResourceVersion(current)
	if err == nil {
		err = pre.Check(key, current)
	}
	if err != nil {
		return err
	}
	updated, _, err := update(current, storage.ResponseMeta{ResourceVersion: revision})
	if err != nil {
		return err
	}
	return m.put(key, updated, out)
}
