/** A bundle that serves its modules as a GOPROXY. */
export interface BundleSource {
  /** `file:///…` of the tree, as GOPROXY takes it. */
  readonly url: string
  /** The toolchain modules in it, such as `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`. */
  readonly toolchains: readonly string[]
  /** Whether it holds what the checksum database says of its modules. */
  readonly sumdb: boolean
}
