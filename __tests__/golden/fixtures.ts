import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type MadeModule, madeModule, sumLines } from './modules.ts'

/** A go.mod of the module that is built. */
export function goMod(...lines: readonly string[]): string {
  return ['module example.com/app', '', 'go 1.21', '', ...lines, ''].join('\n')
}

/** The module that most scenes need, and one more. */
export const lib = madeModule('example.com/lib', 'v1.0.0')
export const other = madeModule('example.com/other', 'v1.0.0')

/** A program that imports a package, with matching go.mod and go.sum. */
export function appWith(
  module: MadeModule = lib,
  sums: string = sumLines(module),
): Record<'main.go' | 'go.mod' | 'go.sum', string> {
  return {
    'main.go': `package main\n\nimport _ "${module.path}"\n\nfunc main() {}\n`,
    'go.mod': goMod(`require ${module.path} ${module.version}`),
    'go.sum': sums,
  }
}

/** A server on 127.0.0.1 with one answer, or one that hangs up; it ends with the test. */
export async function startAnswering(
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | 'hang up',
): Promise<string> {
  const server = createServer((request, response) => {
    if (answer === 'hang up') request.socket.destroy()
    else response.writeHead(answer.status, answer.headers).end('no\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
