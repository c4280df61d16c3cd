/** Nothing is chosen: the focus is on what is typed. */
const NONE = -1

/** The place of the next proposal, round over the field itself. */
export function stepped(active: number, step: number, count: number): number {
  const next = active + step
  if (next < NONE) return count - 1
  return next >= count ? NONE : next
}
