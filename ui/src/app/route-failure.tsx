import type { ErrorComponentProps } from '@tanstack/react-router'
import { FailureView } from './failure-view.tsx'

/** What a page becomes that threw. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  return <FailureView error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
}
