// What was just done to the drawing, and how to take it back. It goes by itself; the key works on.

import { useEffect, useState } from 'react'
import type { Failed, Step } from './use-arrangement.ts'

const SHOWN_MS = 10_000

interface Props {
  last: Step | null
  failed: Failed | null
  onUndo: () => void
  /** What is said of a file. */
  saved: string
}

export function Notice({ last, failed, onUndo, saved }: Props) {
  const step = useRecent(last)
  const file = useRecent(saved)
  const failure = useRecent(failed)
  return (
    <div className="graph__notice" role="status">
      {file === null || file === '' ? null : <span>{file}</span>}
      {failure === null ? null : <span>The nodes could not be laid out: {failure.error.message}.</span>}
      {step === null ? null : (
        <span>
          {step.words}.{' '}
          <button type="button" className="link-button" onClick={onUndo}>
            Undo
          </button>{' '}
          <span className="muted">(u)</span>
        </span>
      )}
    </div>
  )
}

/** A value for a while after it became another; null later. */
function useRecent<Value>(value: Value): Value | null {
  const [recent, setRecent] = useState<{ value: Value; isOver: boolean }>({ value, isOver: false })
  if (recent.value !== value) setRecent({ value, isOver: false })
  useEffect(() => {
    if (recent.isOver) return
    const timer = setTimeout(() => setRecent(now => ({ ...now, isOver: true })), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [recent])
  return recent.isOver ? null : recent.value
}
