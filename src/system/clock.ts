/** Now, in milliseconds since 1970. */
export function now(): number {
  return Date.now()
}

/** Starts a clock; what it returns tells the seconds since. */
export function elapsed(): () => number {
  const start = performance.now()
  return () => (performance.now() - start) / 1000
}

/** Waits so many seconds. */
export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

/** A number from 0 up to 1 that nobody can tell before. */
export function chance(): number {
  return Math.random()
}
