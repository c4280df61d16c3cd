const LATEST_MS = 3000

/** Does something once the page has nothing else to do; returns how to do without. */
export function whenIdle(act: () => unknown): () => void {
  // Not every browser tells when it is idle.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(act, LATEST_MS)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(() => void act(), { timeout: LATEST_MS })
  return () => cancelIdleCallback(idle)
}
