// Numbers with bars beside them, in a table.

import './share-bar.css'

interface Props {
  /** The number, as people read it. */
  words: string
  /** Length of the bar, 0 to 1. */
  share: number
  colour: string
  title?: string
}

export function ShareBar({ words, share, colour, title }: Props) {
  return (
    <span className="share-bar" title={title}>
      <span className="share-bar__words mono">{words}</span>
      <span className="share-bar__track">
        <span className="share-bar__bar" style={{ width: percent(share), background: colour }} />
      </span>
    </span>
  )
}

interface DifferenceProps {
  words: string
  /** To the right above 0, to the left below; −1 to 1. */
  share: number
}

/** What is more on one side, or on the other. */
export function DifferenceBar({ words, share }: DifferenceProps) {
  const side = share > 0 ? 'more' : 'less'
  return (
    <span className="share-bar">
      <span className="share-bar__words share-bar__words--signed mono">{words}</span>
      <span className="share-bar__track share-bar__track--signed">
        <span
          className="share-bar__bar"
          data-side={side}
          style={{ width: `calc(${percent(Math.abs(share))} / 2)` }}
        />
      </span>
    </span>
  )
}

const percent = (share: number) => `${Math.min(1, Math.max(0, share)) * 100}%`
