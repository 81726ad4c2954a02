import { listItems, notationFault } from '../modules/list-notation.ts'
import type { Kind } from './kinds.ts'

/** Branches as names or globs. */
export const branches: Kind<readonly string[]> = {
  allowed: 'names or globs of branches, separated by line breaks or commas',
  hasRemarks: true,
  parse: (text) => (branchesFault(text) === undefined ? listItems(text) : undefined),
  fault: branchesFault,
}

function branchesFault(text: string): string | undefined {
  const notation = notationFault(text)
  if (notation !== undefined) return notation
  for (const [index, item] of listItems(text).entries()) {
    const fault = branchFault(item)
    if (fault !== undefined) return `element ${index + 1} ("${item}") ${fault}`
  }
  return undefined
}

/** Why no branch has such a name, or not the one that is meant (`git help check-ref-format`). */
function branchFault(item: string): string | undefined {
  const [, place, rest = ''] = /^(?:refs\/)?(heads|tags|pull|remotes)\/(.*)$/.exec(item) ?? []
  if (item.startsWith('refs/') || place === 'heads' || place === 'remotes') {
    if (place === 'tags') return 'is a tag: runs on a tag never save'
    if (place === 'pull')
      return 'is the merge of a pull request: such a run saves only where nothing was found'
    return `is a full name: write the branch alone, \`${place === 'remotes' ? rest.replace(/^[^/]*\//, '') : rest}\``
  }
  if (/^(?:origin|upstream)\//.test(item)) {
    return `names a branch of a clone: write \`${item.replace(/^[^/]*\//, '')}\``
  }
  if (/^\$/.test(item)) return 'is a placeholder: leave the input out for the default branch'
  if (/^(?:true|false)$/i.test(item)) {
    return 'is no branch: leave the input out for the default branch, or write `**` for all branches'
  }
  if (item.includes('://')) return 'is a URL: write the name of a branch'
  if (item.startsWith('!')) return 'begins with `!`: list the branches that save, and no others'
  if (/\s/.test(item)) return 'holds a blank: write one branch a line'
  const [strange] = /[[\]~^:\\]|\.\.|@\{/.exec(item) ?? []
  if (strange !== undefined)
    return `holds "${strange}", which is in no branch's name: \`*\`, \`**\` and \`?\` are what a glob can hold`
  if (item.endsWith('/'))
    return `ends with a slash: write \`${item}*\`, or \`${item}**\` for all that is below`
  if (/^\/|\/\/|^\.|\/\.|\.$|\.lock$/.test(item)) return 'is a name that no branch can have'
  return undefined
}
