/** Leaves a mark in the browser's timeline, for who measures. Only the last of a name stays: pages are live for days. */
export function markOnce(name: string, detail?: unknown): void {
  performance.clearMarks(name)
  performance.mark(name, { detail })
}
