// Package cluster talks to Kubernetes.
package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{Connect, Pods}

// Connect makes a client from a kubeconfig file.
func Connect(file string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

// Pods counts the pods of a namespace.
func Pods(ctx context.Context, client kubernetes.Interface, namespace string) (int, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	return len(pods.Items), nil
}
