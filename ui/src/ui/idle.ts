// What can wait for the page that it is a part of.

const LATEST_MS = 3000

/** Does something behind the frame after the next, when the next has been shown; returns how to do without. */
export function whenShown(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(() => {
      timer = setTimeout(act)
    })
  })
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

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
