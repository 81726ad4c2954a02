/** A blob server for the contract suite. */
export interface BlobServer {
  /**
   * Signs the address of a blob.
   *
   * @param permission `cw` to create and write it, `r` to read it
   * @param expires in an hour if absent
   */
  url(blob: string, permission: 'cw' | 'r', expires?: Date): URL
  stop(): Promise<void>
}

/** An hour from now. */
export function inAnHour(): Date {
  return new Date(Date.now() + 60 * 60 * 1000)
}
