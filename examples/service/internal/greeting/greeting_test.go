package greeting

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table lies in testdata: the go command caches the result of a test that reads files.
func TestFor(t *testing.T) {
	file, err := os.Open("testdata/greetings.txt")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		tag, want, found := strings.Cut(lines.Text(), "\t")
		require.True(t, found, lines.Text())
		got, err := For(tag, "Ada")
		require.NoError(t, err)
		assert.Equal(t, want, got, tag)
	}
	require.NoError(t, lines.Err())
}

func TestForRefusesNonsense(t *testing.T) {
	_, err := For("!", "Ada")
	assert.ErrorContains(t, err, `language "!"`)
}
