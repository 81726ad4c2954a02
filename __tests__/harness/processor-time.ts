/** Starts a watch of the processor time of this process, in milliseconds: what else the machine does is not in it. */
export function processorTime(): () => number {
  const start = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
}
