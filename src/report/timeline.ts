/** One thing that main did, and when. */
export interface Span {
  readonly what: string
  /** Seconds since main began. */
  readonly from: number
  readonly to: number
}
