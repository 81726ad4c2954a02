/** What tells this job from others of the repository. */
export interface Job {
  readonly workflow: string
  readonly id: string
  /** The values of the matrix leg as JSON; `null` outside a matrix. */
  readonly matrix: string
}

/**
 * Looks at the job's identity.
 *
 * GITHUB_WORKFLOW_REF names the file of the workflow; its part after `@` is the branch, which must not
 * count, or a new branch would start cold.
 *
 * @param environment the environment variables of the action
 * @param matrix the hidden input `matrix`
 */
export function lookAtJob(environment: Readonly<Record<string, string | undefined>>, matrix: string): Job {
  const file = (environment.GITHUB_WORKFLOW_REF ?? '').split('@')[0] ?? ''
  return {
    workflow: file === '' ? (environment.GITHUB_WORKFLOW ?? '') : file,
    id: environment.GITHUB_JOB ?? '',
    matrix: matrix === '' ? 'null' : matrix,
  }
}
