import type { Replacement } from '../../src/gofiles/directives.ts'
import type { GoMod } from '../../src/gofiles/go-mod.ts'
import type { GoWork } from '../../src/gofiles/go-work.ts'
import type { Item, Style } from './go-files.ts'

/** Prints items; `lineEnd` is LF or CRLF. */
export function printFile(items: readonly Item[], styles: readonly Style[], lineEnd: '\n' | '\r\n'): string {
  return items
    .map((item, index) => printItem(item, styles[index % styles.length] as Style))
    .join('')
    .replaceAll('\n', lineEnd)
}

function printItem(item: Item, style: Style): string {
  const { indent, before } = style
  if (item.verb === 'skipped') return `${before}${indent}${item.text}${style.after}\n`
  const { args, comment } = printArguments(item, style)
  if (!style.block || item.verb === 'go' || item.verb === 'toolchain') {
    return `${before}${indent}${item.verb} ${args}${comment}\n`
  }
  return `${before}${item.verb} (${style.after}\n${before}${indent}${args}${comment}\n${indent})\n`
}

function printArguments(
  item: Exclude<Item, { verb: 'skipped' }>,
  style: Style,
): { args: string; comment: string } {
  const word = (text: string) =>
    style.quote || !/^[\w./~+-]+$/.test(text) || text.includes('//') || text.endsWith('/')
      ? JSON.stringify(text)
      : text
  const pair = (m: { path: string; version?: string }) =>
    [m.path, m.version].flatMap((t) => (t === undefined ? [] : word(t)))
  switch (item.verb) {
    case 'go':
    case 'toolchain':
      return { args: item.value, comment: style.after }
    case 'require': {
      const comment = item.indirect ? (style.after === '' ? ' // indirect' : '//indirect; why') : style.after
      return { args: pair(item.module).join(' '), comment }
    }
    case 'exclude':
      return { args: pair(item.module).join('\t'), comment: style.after }
    case 'replace': {
      const { newPath, newVersion } = item.replacement
      const target = pair({ path: newPath, ...(newVersion === undefined ? {} : { version: newVersion }) })
      return { args: [...pair(item.replacement), '=>', ...target].join(' '), comment: style.after }
    }
    default:
      return { args: word(item.value), comment: style.after }
  }
}

/** The expected result of parseGoMod for the items. */
export function expectedGoMod(items: readonly Item[]): GoMod {
  return {
    module: values(items, 'module')[0] ?? '',
    ...header(items),
    require: items.flatMap((item) =>
      item.verb === 'require' ? { ...item.module, indirect: item.indirect } : [],
    ),
    replace: expectedReplacements(items),
    exclude: items.flatMap((item) => (item.verb === 'exclude' ? item.module : [])),
    tool: values(items, 'tool'),
  }
}

/** The expected result of parseGoWork for the items. */
export function expectedGoWork(items: readonly Item[]): GoWork {
  return { ...header(items), use: values(items, 'use'), replace: expectedReplacements(items) }
}

function header(items: readonly Item[]): { go?: string; toolchain?: string } {
  const [go] = values(items, 'go')
  const [toolchain] = values(items, 'toolchain')
  return { ...(go === undefined ? {} : { go }), ...(toolchain === undefined ? {} : { toolchain }) }
}

function values(items: readonly Item[], verb: string): string[] {
  return items.flatMap((item) => ('value' in item && item.verb === verb ? item.value : []))
}

function expectedReplacements(items: readonly Item[]): Replacement[] {
  const all = items.flatMap((item) => (item.verb === 'replace' ? item.replacement : []))
  return all.filter(
    (r, index) => !all.slice(index + 1).some((later) => later.path === r.path && later.version === r.version),
  )
}
