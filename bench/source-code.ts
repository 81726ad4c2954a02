// Writes the measured repository's own packages. Pure: the same sizes and edits always give the same text.

/** The size of the repository. */
export interface Sizes {
  /** Own packages that are not mains: `core`, the adapters, and as many parts as needed. */
  readonly packages: number
  /** Names of the adapters, which wrap real modules and are in the project's folder. */
  readonly adapters: readonly string[]
}

/** Name of the variable that makes each test sleep, in milliseconds. */
export const testTimeVariable = 'BENCH_TEST_MILLISECONDS'
const root = 'example.com/bench'
/** Parts form families: the others of a family import its first one. */
const family = 5

/** Number of parts: the packages that are neither `core` nor adapters. */
export function partsOf({ packages, adapters }: Sizes): number {
  return packages - adapters.length - 1
}

/** Number of packages whose tests read files: two for every ten packages, and at least two. */
export function readersOf(sizes: Sizes): number {
  return range(partsOf(sizes)).filter(readsFiles).length
}

/**
 * The files of every own package except the adapters, by path relative to the repository. Half of all packages
 * import `core`. Every other part has a test; two fifths of those read testdata.
 *
 * @param edits number of edited lines since the first commit
 */
export function ownSources(sizes: Sizes, edits: number): Readonly<Record<string, string>> {
  const parts = range(partsOf(sizes))
  return {
    ...Object.fromEntries(parts.flatMap((part) => partFiles(part, sizes))),
    'core/core.go': partText('core', 0, []),
    'cmd/all/main.go': mainText([...parts.map(partName), ...sizes.adapters]),
    'cmd/first/main.go': mainText(parts.filter((part) => importsCore(part, sizes)).map(partName)),
    'cmd/second/main.go': mainText(parts.filter((part) => !importsCore(part, sizes)).map(partName)),
    ...revisions(sizes, edits),
  }
}

/** From this edit on, every edit changes `core`, which half of all packages import. */
export const firstCoreEdit = 20

/**
 * The files that edits change, after this many of them: one line of one package each. The tenth changes `core`,
 * and the others change one part after the other, up to `firstCoreEdit`.
 */
export function revisions(sizes: Sizes, edits: number): Readonly<Record<string, string>> {
  const counts = new Map<string, number>()
  for (let edit = 1; edit <= edits; edit++) {
    const name = editedBy(edit, sizes)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const names = ['core', ...range(partsOf(sizes)).map(partName)]
  return Object.fromEntries(
    names.map((name) => [`${name}/revision.go`, revisionText(name, counts.get(name) ?? 0)]),
  )
}

function editedBy(edit: number, sizes: Sizes): string {
  // 7 and the numbers of parts in use have no common divisor, so all parts come once before one comes twice.
  return edit === 10 || edit >= firstCoreEdit ? 'core' : partName((edit * 7) % partsOf(sizes))
}

function partName(part: number): string {
  return `internal/part${String(part).padStart(2, '0')}`
}

function importsCore(part: number, sizes: Sizes): boolean {
  return part < sizes.packages / 2
}

function readsFiles(part: number): boolean {
  return part % 10 === 0 || part % 10 === 4
}

function partFiles(part: number, sizes: Sizes): readonly (readonly [string, string])[] {
  const name = partName(part)
  const first = part - (part % family)
  // Each adapter has a family in each half of the parts that uses it.
  const adapter =
    part % family === 3 ? sizes.adapters[Math.floor(part / family) % sizes.adapters.length] : undefined
  const imports = [
    ...(importsCore(part, sizes) ? ['core'] : []),
    ...(part === first ? [] : [partName(first)]),
    ...(adapter === undefined ? [] : [adapter]),
  ]
  const files: [string, string][] = [[`${name}/part.go`, partText(name, part, imports)]]
  if (part % 2 === 0 || part % 10 === 3) files.push([`${name}/part_test.go`, testText(name, part)])
  if (readsFiles(part)) {
    for (const file of range(5))
      files.push([
        `${name}/testdata/words${file}.txt`,
        `${range(40)
          .map((line) => `word${part}x${file}x${line}`)
          .join('\n')}\n`,
      ])
  }
  return files
}

function revisionText(name: string, count: number): string {
  return `package ${base(name)}\n\nfunc revision() int { return ${1000 + count} }\n`
}

/** Some hundred lines of typical package code. */
function partText(name: string, part: number, imports: readonly string[]): string {
  const calls = imports.map((one) => ` + ${callOf(one)}`).join('')
  return `// Package ${base(name)} was written to be compiled.
package ${base(name)}

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
${importLines(imports)})

// ErrEmpty says that there was nothing to count.
var ErrEmpty = errors.New("${base(name)}: nothing to count")

// Weight weighs values.
func Weight(values []int) int {
	total := revision() + ${part}
	for index, value := range values {
		total += value * (index + ${part + 3})
	}
	return total${calls}
}

${range(12)
  .map((index) => recordText(index, part))
  .join('\n')}`
}

function recordText(index: number, part: number): string {
  return `// Record${index} counts words.
type Record${index} struct {
	Name   string         \`json:"name"\`
	Counts map[string]int \`json:"counts"\`
	Order  []string       \`json:"order,omitempty"\`
}

// Count${index} counts the words of a text that are longer than a few letters.
func Count${index}(name, text string) (Record${index}, error) {
	record := Record${index}{Name: fmt.Sprintf("%s-${part}-%d", name, revision()), Counts: map[string]int{}}
	for _, word := range strings.Fields(text) {
		if len(word) > ${(index % 4) + 1} {
			record.Counts[strings.ToLower(word)]++
		}
	}
	if len(record.Counts) == 0 {
		return record, ErrEmpty
	}
	for word := range record.Counts {
		record.Order = append(record.Order, word)
	}
	sort.Slice(record.Order, func(i, j int) bool {
		left, right := record.Order[i], record.Order[j]
		if record.Counts[left] != record.Counts[right] {
			return record.Counts[left] > record.Counts[right]
		}
		return left < right
	})
	return record, nil
}

// Encode writes a record as JSON.
func (record Record${index}) Encode() (string, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return "", fmt.Errorf("record ${index}: %w", err)
	}
	return string(text), nil
}
`
}

function testText(name: string, part: number): string {
  const reads = readsFiles(part)
  const imports = reads ? ['os', 'strconv', 'testing', 'time'] : ['testing']
  return `package ${base(name)}

import (
${imports.map((one) => `\t"${one}"`).join('\n')}
)

func TestCount(t *testing.T) {
	record, err := Count0("test", "alpha beta alpha")
	if err != nil || len(record.Order) != 2 || record.Order[0] != "alpha" {
		t.Fatal(record, err)
	}
	if _, err := Count1("test", ""); err != ErrEmpty {
		t.Fatal(err)
	}
}
${reads ? readerText(part) : ''}`
}

function readerText(part: number): string {
  return `
func TestWords(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil || len(entries) != 5 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile("testdata/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		record, err := Count2("words", string(text))
		if err != nil || len(record.Order) != 40 || record.Order[0][:${`word${part}`.length}] != "word${part}" {
			t.Fatal(record, err)
		}
	}
	if milliseconds, err := strconv.Atoi(os.Getenv("${testTimeVariable}")); err == nil {
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	}
}
`
}

function mainText(imports: readonly string[]): string {
  return `package main

import (
	"fmt"
${importLines(imports)})

func main() {
	values := []int{1, 2, 3}
	total := 0
${imports.map((one) => `\ttotal += ${callOf(one)}`).join('\n')}
	fmt.Println(total)
}
`
}

function importLines(imports: readonly string[]): string {
  const lines = [...imports].sort().map((one) => `\t"${root}/${one}"\n`)
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

/** Adapters list what they offer; counting the list keeps the linker from dropping it. */
function callOf(name: string): string {
  return name.startsWith('adapters/') ? `len(${base(name)}.Offers)` : `${base(name)}.Weight(values)`
}

function base(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index)
}
