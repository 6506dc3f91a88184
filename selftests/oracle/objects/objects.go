// SPDX-License-Identifier: GPL-2.0-or-later

// Package objects reads Kubernetes' objects as a client of the API server would get them.
package objects

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
)

// Read goes through the internal version, which fills one field from another, and sets what is not given.
func Read(documents []json.RawMessage) (all []runtime.Object, err error) {
	versions := schema.GroupVersions(legacyscheme.Scheme.PrioritizedVersionsAllGroups())
	for _, document := range documents {
		obj, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), document)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, document)
		}
		if obj, err = legacyscheme.Scheme.ConvertToVersion(obj, versions); err != nil {
			return nil, err
		}
		all = append(all, obj)
	}
	return all, nil
}
