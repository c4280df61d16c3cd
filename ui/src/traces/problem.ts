import { Failure } from '../api/failure.ts'
import { offsetOf } from './traceql/tokens.ts'

/** What the server says against the query itself, and where in it; null if it says nothing of that. */
export function problemOf(
  q: string | undefined,
  error: Error | null,
): { message: string; at: number | null } | null {
  if (q === undefined || !(error instanceof Failure) || error.kind !== 'refused' || error.position === null)
    return null
  const message = error.message.charAt(0).toUpperCase() + error.message.slice(1)
  return { message, at: offsetOf(q, error.position) }
}
