import { Check, Copy, X } from 'lucide-react'
import { useState } from 'react'
import { copyText } from './copy.ts'

type Outcome = 'none' | 'copied' | 'failed'

const SHOWN_MS = 1600
const ICONS = { copied: Check, failed: X } as const

interface Props {
  /** A function where the text is costly, or of the moment. */
  text: string | (() => string)
  /** What is copied: "trace id". */
  what: string
  /** Shown beside the icon; without it the button is the icon alone. */
  label?: string
  /** Tells several of them apart where they have room for an icon only. */
  icon?: typeof Copy
}

/** Copies a text and says so. */
export function CopyButton({ text, what, label, icon = Copy }: Props) {
  const [outcome, setOutcome] = useState<Outcome>('none')
  const copy = async () => {
    const done = await copyText(typeof text === 'string' ? text : text())
    setOutcome(done ? 'copied' : 'failed')
    setTimeout(() => setOutcome('none'), SHOWN_MS)
  }
  const Icon = outcome === 'none' ? icon : ICONS[outcome]
  const words = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Not copied' : (label ?? '')
  return (
    <button
      type="button"
      className={`button ${label === undefined ? 'button--plain button--icon' : ''}`}
      onClick={copy}
      title={`Copy ${what}`}
      aria-label={label === undefined ? `Copy ${what}` : undefined}
    >
      <Icon size={14} aria-hidden="true" />
      {label === undefined ? null : <span>{words}</span>}
      <span className="visually-hidden" aria-live="polite">
        {outcome === 'none' ? '' : words}
      </span>
    </button>
  )
}
