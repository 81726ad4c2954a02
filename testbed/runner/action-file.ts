import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The parts of an action.yml that matter for running a JavaScript action. */
export type ActionFile = {
  /** Each declared input with its default as written; undefined when it has none. */
  readonly inputs: ReadonlyMap<string, string | undefined>
  /** Paths relative to the top of the action's repository. */
  readonly main: string
  readonly post?: string
}

/** What the expressions in an input's default may refer to. */
export type ExpressionContext = {
  /** The job's matrix values; undefined for a job without a matrix. */
  readonly matrix: Readonly<Record<string, unknown>> | undefined
  /** How the job stands when the step begins: `success`, `failure` or `cancelled`. */
  readonly status: string
}

type Yaml = {
  readonly inputs?: Readonly<Record<string, { readonly default?: string } | null>>
  readonly runs: Readonly<Record<string, string | undefined>>
}

/**
 * Reads an action's declaration.
 * @param actionDirectory the top of the action's repository
 * @param folder the folder in it that holds action.yml; by default the top itself
 * @throws {Error} when it is not a node24 action that this runner can run
 */
export async function readActionFile(actionDirectory: string, folder = ''): Promise<ActionFile> {
  // With the failsafe schema `default: true` stays the text the runner hands on.
  const yaml = parse(await readFile(join(actionDirectory, folder, 'action.yml'), 'utf8'), {
    schema: 'failsafe',
  }) as Yaml
  const { using, main, post, 'post-if': postIf = 'always()' } = yaml.runs
  if (using !== 'node24' || main === undefined) throw new Error(`not a node24 action: using ${using}`)
  if (postIf !== 'always()') throw new Error(`post-if: ${postIf} is not supported here`)
  const inputs = Object.entries(yaml.inputs ?? {}).map(([name, input]) => [name, input?.default] as const)
  const placed = post === undefined ? {} : { post: join(folder, post) }
  return { inputs: new Map(inputs), main: join(folder, main), ...placed }
}

/**
 * The INPUT_* variables of one step, as Handler.AddInputsToEnvironment of actions/runner makes them: upper case,
 * spaces become underscores, hyphens stay. Defaults are evaluated at the start of each stage, so that `post` sees
 * the job's status of that moment.
 * @param given the step's `with:`
 * @returns the variables, and the names in `given` that the action does not declare
 * @throws {Error} for a default whose expression is not one of the two below
 */
export function inputVariables(
  action: ActionFile,
  given: Readonly<Record<string, string>>,
  context: ExpressionContext,
): { readonly variables: Record<string, string>; readonly unexpected: readonly string[] } {
  const variables: Record<string, string> = {}
  for (const [name, text] of action.inputs) variables[variableName(name)] = evaluate(text ?? '', context)
  const declared = new Set(Object.keys(variables))
  const unexpected: string[] = []
  for (const [name, value] of Object.entries(given)) {
    if (!declared.has(variableName(name))) unexpected.push(name)
    variables[variableName(name)] = value
  }
  return { variables, unexpected }
}

function variableName(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`
}

function evaluate(text: string, { matrix, status }: ExpressionContext): string {
  if (!text.includes('${{')) return text
  const expression = /^\$\{\{\s*(.*?)\s*\}\}$/.exec(text)?.[1]?.toLowerCase()
  // A job without a matrix has the context null, and toJSON writes it so.
  if (expression === 'tojson(matrix)') return JSON.stringify(matrix ?? null, null, 2)
  if (expression === 'job.status') return status
  throw new Error(`this runner cannot evaluate ${text}`)
}
