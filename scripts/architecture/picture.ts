/** Draws the imports of src for docs/architecture.md. */
import * as path from 'node:path'
import { files, importsOf, partOf } from './imports.ts'

/** The parts that most folders import, so that arrows to them would say nothing. */
export const common = ['platform', 'gofiles', 'text', 'errors.ts']
/** The files of src itself that are drawn: the two phases. */
const phaseFiles = ['main.ts', 'post.ts']
/** The folder whose subfolders are drawn one by one. */
const divided = 'cache'

/** The parts that each part imports at run time. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** Returns the node that a file belongs to: a folder of src, a part of `cache`, or a file of src itself. */
function nodeOf(file: string): string {
  const part = partOf(file)
  return part.startsWith(`${divided}/`) ? part : (part.split('/')[0] ?? part)
}

/** Returns which nodes import which, without types, which leave nothing at run time. */
export function importGraph(): Graph {
  const graph = new Map<string, Set<string>>()
  for (const file of files) {
    const node = nodeOf(file)
    const imported = graph.get(node) ?? new Set<string>()
    graph.set(node, imported)
    for (const { from, typesOnly } of importsOf(file)) {
      if (typesOnly || !from.startsWith('.') || from.includes('/node_modules/')) continue
      const other = nodeOf(path.posix.join(path.posix.dirname(file), from))
      if (other !== node) imported.add(other)
    }
  }
  return graph
}

/** Returns the graph of the nodes that get arrows: no common part, and of the files of src itself only the two phases. */
export function drawnGraph(graph: Graph): Graph {
  const isDrawn = (node: string) =>
    !common.includes(node) && (node.includes('/') || !node.endsWith('.ts') || phaseFiles.includes(node))
  return new Map(
    [...graph]
      .filter(([node]) => isDrawn(node))
      .map(([node, imported]) => [node, new Set([...imported].filter(isDrawn))]),
  )
}

/** Returns every node to which imports lead from a node, directly or through others. */
export function reachableFrom(graph: Graph, node: string): ReadonlySet<string> {
  const reached = new Set<string>()
  const visit = (one: string): void => {
    for (const next of graph.get(one) ?? []) {
      if (reached.has(next)) continue
      reached.add(next)
      visit(next)
    }
  }
  visit(node)
  return reached
}

/** Returns the smallest graph that leads from each node to the same nodes. The graph must have no cycle. */
export function reduced(graph: Graph): Graph {
  return new Map(
    [...graph].map(([node, imported]) => {
      const direct = [...imported].filter(
        (one) => ![...imported].some((other) => other !== one && reachableFrom(graph, other).has(one)),
      )
      return [node, new Set(direct)]
    }),
  )
}

/** Returns the picture as a fenced Mermaid flowchart. */
export function picture(): string {
  const graph = reduced(drawnGraph(importGraph()))
  const nodes = [...graph.keys()].sort(phasesThenNames)
  const isInDivided = (node: string) => node === divided || node.startsWith(`${divided}/`)
  const labelInDivided = (node: string) =>
    node === divided ? 'the other files' : node.slice(divided.length + 1)
  const arrows = nodes.flatMap((node) => {
    const targets = [...(graph.get(node) ?? [])].sort(phasesThenNames)
    return targets.length === 0 ? [] : [`  ${idOf(node)} --> ${targets.map(idOf).join(' & ')}`]
  })
  return [
    '```mermaid',
    'flowchart TD',
    ...nodes.filter((node) => !isInDivided(node)).map((node) => `  ${box(node, node)}`),
    `  subgraph ${divided}_all["${divided}"]`,
    ...nodes.filter(isInDivided).map((node) => `    ${box(node, labelInDivided(node))}`),
    '  end',
    '  subgraph common["most folders import these"]',
    ...common.map((node) => `    ${box(node, node)}`),
    '  end',
    ...arrows,
    '```',
  ].join('\n')
}

function phasesThenNames(a: string, b: string): number {
  const [first, second] = [phaseFiles.includes(a), phaseFiles.includes(b)]
  if (first !== second) return first ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

function box(node: string, label: string): string {
  return `${idOf(node)}["${label}"]`
}

/** Returns an identifier that Mermaid takes, and that is none of its words, such as `end`. */
function idOf(node: string): string {
  return `n_${node.replaceAll(/\W/g, '_')}`
}
