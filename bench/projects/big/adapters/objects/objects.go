// Package objects stores objects in S3.
package objects

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{Connect, Count}

// Connect makes a client for a region.
func Connect(ctx context.Context, region string) (*s3.Client, error) {
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(settings), nil
}

// Count says how many objects a bucket has on its first page.
func Count(ctx context.Context, client *s3.Client, bucket string) (int, error) {
	page, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		return 0, err
	}
	return len(page.Contents), nil
}
