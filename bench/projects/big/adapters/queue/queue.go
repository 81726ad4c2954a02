// Package queue sends messages to SQS.
package queue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{Connect, Send}

// Connect makes a client for a region.
func Connect(region string) *sqs.Client {
	return sqs.NewFromConfig(aws.Config{Region: region})
}

// Send sends a message.
func Send(ctx context.Context, client *sqs.Client, url, text string) error {
	_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(text)})
	return err
}
