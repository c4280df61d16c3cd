// The queries that were asked on this machine, the latest first.

const KEY = 'spanloom.trace-queries'
const KEPT_MAX = 10

export function readHistory(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter(query => typeof query === 'string').slice(0, KEPT_MAX) : []
  } catch {
    return []
  }
}

/** Called with a query that the server understood. */
export function keepQuery(query: string): void {
  const others = readHistory().filter(kept => kept !== query)
  try {
    localStorage.setItem(KEY, JSON.stringify([query, ...others].slice(0, KEPT_MAX)))
  } catch {
    // The browser keeps nothing: then there is no history.
  }
}
