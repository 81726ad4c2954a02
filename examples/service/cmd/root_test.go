package cmd

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGreet(t *testing.T) {
	output := &bytes.Buffer{}
	root := New()
	root.SetOut(output)
	root.SetArgs([]string{"greet", "Ada", "--language", "de"})
	require.NoError(t, root.Execute())
	assert.Equal(t, "Guten Tag, Ada!\n", output.String())
}

func TestGreetNeedsAName(t *testing.T) {
	root := New()
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	root.SetArgs([]string{"greet"})
	assert.Error(t, root.Execute())
}
