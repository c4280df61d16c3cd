import { Download } from 'lucide-react'
import { useState } from 'react'
import { traceFile } from '../api/queries-trace.ts'
import { useTenant } from '../app/tenant.ts'

type Outcome = 'none' | 'loading' | 'failed'

const WORDS: Record<Outcome, string> = { none: 'JSON', loading: 'Loading', failed: 'Failed' }

/** Keeps the trace as a file. Asked for as the page asks, because a plain link would bring neither token nor tenant. */
export function DownloadButton({ traceId }: { traceId: string }) {
  const [outcome, setOutcome] = useState<Outcome>('none')
  const tenant = useTenant()
  const download = async () => {
    setOutcome('loading')
    try {
      keep(await traceFile(tenant, traceId), `trace-${traceId}.json`)
      setOutcome('none')
    } catch {
      setOutcome('failed')
    }
  }
  return (
    <button
      type="button"
      className="button"
      onClick={download}
      disabled={outcome === 'loading'}
      title="Download the trace as OTLP/JSON"
    >
      <Download size={14} aria-hidden="true" />
      <span aria-live="polite">{WORDS[outcome]}</span>
    </button>
  )
}

function keep(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
